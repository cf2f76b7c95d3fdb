// SPDX-License-Identifier: Apache-2.0
import { Consortium } from '../support/consortium.js';
import { accepted, announce, decision, registered } from '../support/custody.js';
import { until } from '../support/until.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
/** For the agent to hear that its vote is on the ledger, in milliseconds. */
const PATIENCE_MS = 30_000;

/** The verifier's numbers in a member's metrics, by name and decision. */
async function verifierOf(member: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${consortium.member(member).gateway}/metrics`)).text();
  const samples = text.matchAll(/^thingledger_verifier_(\w+)\{(?:decision="(\w+)")?[^}]*\} (\S+)$/gm);
  return Object.fromEntries(
    [...samples].map(([, name = '', label, value]) => [label ?? name, Number(value)] as const),
  );
}

describe('what operators see', () => {
  test('every gateway is ready, with the ledger and each of its stores', async () => {
    for (const { gateway } of Object.values(consortium.identities.members)) {
      const response = await fetch(`${gateway}/ready`);
      expect([response.status, await response.json()]).toMatchObject([
        200,
        {
          ready: true,
          checks: {
            ledger: { ready: true },
            store: { ready: true },
            requests: { ready: true },
            vault: { ready: true },
          },
        },
      ]);
    }
  });

  test('a regulator’s metrics count its agent’s votes; a member without an agent has none', async () => {
    const before = await verifierOf('customs');
    const right = await registered(consortium, farm);
    await accepted(consortium, farm, await announce(consortium, right, undefined, farm));
    const wrong = await registered(consortium, farm);
    const lie = { document: { quantity: { value: '9', unit: 'C62' } } };
    const { status } = await decision(
      consortium,
      farm,
      await announce(consortium, wrong, undefined, farm, lie),
    );
    expect(status).toBe('rejected');
    const grown = (now: Readonly<Record<string, number>>, name: string): boolean =>
      (now[name] ?? NaN) > (before[name] ?? NaN);
    // By then the others have decided the record; this agent's own vote may still be on its way.
    const after = await until(
      'both votes in the metrics of customs',
      async () => {
        const now = await verifierOf('customs');
        return grown(now, 'accept') && grown(now, 'reject') && now;
      },
      PATIENCE_MS,
    );
    const names = ['accept', 'examining', 'failed_total', 'postponed_total', 'reject', 'voting'];
    expect(Object.keys(after).sort()).toEqual(names);
    expect(await verifierOf('maker')).toEqual({});
  });
});
