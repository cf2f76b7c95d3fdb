// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { captureOf, normaliseIdentifier, placesIn } from '@thingledger/protocol';
import type { Consortium } from '../support/consortium.js';
import { registered } from '../support/custody.js';
import { endedJob, EPCIS_CONTEXT, epcisDocument, epcisRequest } from '../support/epcis.js';
import { until } from '../support/until.js';
import { report, seconds, type Network } from './under-test.js';

const CAPTURER = 'farm@maker';
const DOCUMENTS = 10;
const EVENTS = 1000;
const PATIENCE_MS = 120_000;

/** A thousand things seen. */
function events(): Record<string, unknown>[] {
  const seen = (): Record<string, unknown> => ({
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: new Date(Date.now() - 1000).toISOString(),
    eventTimeZoneOffset: '+01:00',
    epcList: [`urn:uuid:${randomUUID()}`],
    bizStep: 'inspecting',
  });
  return Array.from({ length: EVENTS }, seen);
}

/** How many events the ledger says were captured, from the first block to now, as another member's gateway replays it. */
async function capturedOnLedger(consortium: Consortium): Promise<number> {
  const { thing } = await registered(consortium, CAPTURER);
  const end = normaliseIdentifier(thing);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let found = 0;
  for await (const { events } of consortium.as('shop@bank').events({ from: 0, signal })) {
    for (const event of events) {
      if (event.type === 'EventsCaptured') found += placesIn(event.records).length;
      if (event.type === 'ThingRegistered' && event.thing === end) return found;
    }
  }
  throw new Error('the replay did not come to its end');
}

/** A member's gateway dies in the middle of capturing events. */
export function describeCapture(network: Network): void {
  test('ten thousand EPCIS events, the gateway killed in the middle: none lost, none twice, the jobs tell the truth', async () => {
    const { consortium, killGateway, startGateway } = network();
    const jobs: string[] = [];
    const capture = (body: unknown): Promise<string> =>
      until(
        'a capture to be taken',
        async () => {
          const answer = await epcisRequest(consortium, CAPTURER, 'POST', '/epcis/capture', body);
          return answer.status === 202 && (answer.headers.get('Location') ?? undefined);
        },
        PATIENCE_MS,
      );
    const killed = (async () => {
      await until('some jobs to be taken', () => jobs.length >= 3, PATIENCE_MS);
      const at = Date.now();
      await killGateway('maker');
      await startGateway('maker');
      return at;
    })();
    const sent = Array.from({ length: DOCUMENTS }, events);
    for (const list of sent) jobs.push(await capture(epcisDocument(list)));
    const at = await killed;
    const finished = await Promise.all(jobs.map((job) => endedJob(consortium, CAPTURER, job, PATIENCE_MS)));
    report(
      `gateway of maker killed with ${String(DOCUMENTS * EVENTS)} events coming in: all captured after ${seconds(Date.now() - at)}`,
    );
    expect(finished.map(({ success }) => success)).toEqual(jobs.map(() => true));
    const hashes = new Set(finished.flatMap(({ captured }) => captured.map(({ eventHash }) => eventHash)));
    expect(hashes.size).toBe(DOCUMENTS * EVENTS);
    // A document whose answer was cut off was sent again: its events are on the ledger once, whichever job brought them.
    expect(await capturedOnLedger(consortium)).toBe(hashes.size);
    const { eventHash, eventTime } = captureOf({ '@context': EPCIS_CONTEXT, ...sent[0]?.[0] });
    expect(hashes).toContain(eventHash);
    const known = await consortium.as('shop@bank').getCapturedEvent({ eventHash, eventTime });
    expect(known).toMatchObject({ by: CAPTURER });
  }, 240_000);
}
