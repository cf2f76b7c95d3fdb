// SPDX-License-Identifier: Apache-2.0
import { Metrics, type MetricSources } from './metrics.js';

const sources: MetricSources = {
  admission: () => ({ requests: 0, bytes: 0, shed: 0 }),
  eventStreams: () => 0,
  writer: () => ({}),
};

/** The samples of the verifier's metrics, without the label every one has. */
const verifierLines = async (metrics: Metrics): Promise<string[]> =>
  (await metrics.registry.metrics())
    .split('\n')
    .filter((line) => line.startsWith('thingledger_verifier_'))
    .map((line) => line.replace(/,?member="customs"/, '').replace('{}', ''));

describe('the verifier’s metrics', () => {
  test('are the agent’s numbers at the moment of the scrape', async () => {
    let stats = { accepted: 5, rejected: 2, postponed: 3, failed: 1, examining: 4, voting: 6 };
    const metrics = new Metrics('customs', { ...sources, verifier: () => stats }, false);
    expect(await verifierLines(metrics)).toEqual([
      'thingledger_verifier_votes_total{decision="accept"} 5',
      'thingledger_verifier_votes_total{decision="reject"} 2',
      'thingledger_verifier_postponed_total 3',
      'thingledger_verifier_failed_total 1',
      'thingledger_verifier_examining 4',
      'thingledger_verifier_voting 6',
    ]);
    stats = { ...stats, accepted: 9, examining: 0 };
    const lines = await verifierLines(metrics);
    expect(lines[0]).toBe('thingledger_verifier_votes_total{decision="accept"} 9');
    expect(lines[4]).toBe('thingledger_verifier_examining 0');
  });

  test('say which are counters, so that rates survive a restart', async () => {
    const stats = { accepted: 0, rejected: 0, postponed: 0, failed: 0, examining: 0, voting: 0 };
    const metrics = new Metrics('customs', { ...sources, verifier: () => stats }, false);
    const text = await metrics.registry.metrics();
    for (const name of ['votes_total', 'postponed_total', 'failed_total'])
      expect(text).toContain(`# TYPE thingledger_verifier_${name} counter`);
    for (const name of ['examining', 'voting'])
      expect(text).toContain(`# TYPE thingledger_verifier_${name} gauge`);
  });

  test('are not there where the member has no agent', async () => {
    expect(await verifierLines(new Metrics('maker', sources, false))).toEqual([]);
  });
});

test('the metrics of subscriptions are their numbers at the moment of the scrape', async () => {
  const epcis = {
    ...{ active: 3, failing: 1, suspended: 2, delivered: 40, failed: 5 },
    ...{ oldestFailureSeconds: 60, sockets: 7 },
  };
  const text = await new Metrics('maker', { ...sources, epcis: () => epcis }, false).registry.metrics();
  expect(text.split('\n').filter((line) => line.startsWith('thingledger_epcis_'))).toEqual([
    'thingledger_epcis_subscriptions{state="active",member="maker"} 3',
    'thingledger_epcis_subscriptions{state="failing",member="maker"} 1',
    'thingledger_epcis_subscriptions{state="suspended",member="maker"} 2',
    'thingledger_epcis_deliveries_total{outcome="delivered",member="maker"} 40',
    'thingledger_epcis_deliveries_total{outcome="failed",member="maker"} 5',
    'thingledger_epcis_oldest_failure_seconds{member="maker"} 60',
    'thingledger_epcis_sockets{member="maker"} 7',
  ]);
});
