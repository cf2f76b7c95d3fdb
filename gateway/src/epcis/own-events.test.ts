// SPDX-License-Identifier: Apache-2.0
import { captureOf, Refusal } from '@thingledger/protocol';
import { MasterDataIndex, parseEpcisEvent, parseEpcisQuery } from '@thingledger/protocol/epcis';
import fc from 'fast-check';
import { OwnEvents, type ReadEvent } from './own-events.js';
import { bareEventOf } from './testing/events.js';

const vault = { get: () => Promise.reject(new Refusal('TL-DATA-UNKNOWN')) };

function seenAt(second: number, n: number): ReadEvent {
  const document = bareEventOf(n, { eventTime: new Date(second * 1000).toISOString() });
  const { eventHash } = captureOf(document);
  const known = { eventHash, dataHash: '0'.repeat(64), recordId: `r-0.${String(n)}`, by: 'farm@maker' };
  return { ...known, ...parseEpcisEvent(document) };
}

describe("a member's own events", () => {
  it('are in order of time, both ways, however they came in', async () => {
    const second = fc.integer({ min: 0, max: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(second, { maxLength: 8 }), { maxLength: 6 }), async (batches) => {
        const own = new OwnEvents(vault, new MasterDataIndex([]));
        let n = 0;
        for (const batch of batches)
          own.take(
            batch.map((at) => seenAt(at, (n += 1))),
            own.nextRecordTime(),
          );
        const all = batches.flat();
        const times = async (parameters: string): Promise<string[]> => {
          const found = await own.select(parseEpcisQuery(parameters), 1000);
          return found.map(({ event }) => event.eventTime);
        };
        const ascending = all.toSorted((a, b) => a - b).map((at) => new Date(at * 1000).toISOString());
        expect(await times('orderBy=eventTime&orderDirection=ASC')).toEqual(ascending);
        expect(await times('orderBy=eventTime&orderDirection=DESC')).toEqual(ascending.toReversed());
        const recorded = await times('orderBy=recordTime&orderDirection=ASC');
        let from = 0;
        for (const batch of batches) {
          const came = recorded.slice(from, (from += batch.length));
          expect(came.toSorted()).toEqual(batch.map((at) => new Date(at * 1000).toISOString()).toSorted());
        }
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});
