// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { LedgerEvent } from '@thingledger/gateway';
import { Actor, type LedgerUnderTest, text } from './under-test.js';

/** Chaincode events: replay, live, and none lost between. */
export function describeEvents(network: () => LedgerUnderTest): void {
  describe('events', () => {
    const as = (member: string): Actor => new Actor(network(), member);
    const fresh = (): string => `e-${randomUUID()}`;

    test('an event carries its name, payload, transaction and block', async () => {
      const [maker, name] = [as('maker'), fresh()];
      const { block, txId } = await maker.write('emit', name, '{"n":1}');
      const found = await first(maker.events({ block }, AbortSignal.timeout(20_000)), name);
      expect({ ...found, payload: text(found.payload) }).toEqual({ block, txId, name, payload: '{"n":1}' });
    });

    test('of several events of a transaction the last one counts', async () => {
      const [maker, name] = [as('maker'), fresh()];
      const { block } = await maker.write('emitTwice', `${name}-first`, `${name}-second`);
      await maker.write('emit', `${name}-third`, '');
      expect(await maker.eventNames({ block }, 2, name)).toEqual([`${name}-second`, `${name}-third`]);
    });

    test('replay begins with a block, or after a transaction of it', async () => {
      const [maker, run] = [as('maker'), fresh()];
      const written = [];
      for (const n of [1, 2, 3]) written.push(await maker.write('emit', `${run}-${n}`, ''));
      const [one, two] = written;
      expect(await maker.eventNames({ block: one!.block }, 3, run)).toEqual(
        [1, 2, 3].map((n) => `${run}-${n}`),
      );
      expect(await maker.eventNames({ block: two!.block, afterTxId: two!.txId }, 1, run)).toEqual([
        `${run}-3`,
      ]);
    });

    test('every member sees the same events in the same order', async () => {
      const [maker, run] = [as('maker'), fresh()];
      const names = Array.from({ length: 12 }, (_, i) => `${run}-${i}`);
      const { block } = await maker.write('emit', `${run}-begin`, '');
      await Promise.all(names.map((name) => maker.write('emit', name, '')));
      const seen = await maker.eventNames({ block }, 13, run);
      expect([...seen].sort()).toEqual([...names, `${run}-begin`].sort());
      expect(await as('customs').eventNames({ block }, 13, run)).toEqual(seen);
    });

    test('a follower that starts now misses nothing that comes', async () => {
      const [maker, run] = [as('maker'), fresh()];
      const stop = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const { name } of maker.events('now', stop.signal)) {
          if (name.startsWith(`${run}-live`)) seen.push(name);
          if (seen.length === 20) break;
        }
      })();
      // Until the stream is there: its beginning is decided by the peer.
      await settled(maker, run, seen);
      const names = Array.from({ length: 20 - seen.length }, (_, i) => `${run}-live-${i}`);
      await Promise.all(names.map((name) => maker.write('emit', name, '')));
      await following;
      stop.abort();
      expect(seen).toEqual(expect.arrayContaining(names));
    });

    test('a stream ends when its signal says so', async () => {
      const maker = as('maker');
      const stop = new AbortController();
      const seen: LedgerEvent[] = [];
      const ended = (async () => {
        for await (const event of maker.events('now', stop.signal)) seen.push(event);
      })();
      setTimeout(() => stop.abort(), 200);
      await expect(ended).resolves.toBeUndefined();
    });
  });
}

async function first(events: AsyncIterable<LedgerEvent>, name: string): Promise<LedgerEvent> {
  for await (const event of events) if (event.name === name) return event;
  throw new Error(`event ${name} did not come`);
}

/** Emits until the follower has seen one. */
async function settled(actor: Actor, run: string, seen: readonly string[]): Promise<void> {
  for (let n = 0; seen.length === 0 && n < 15; n += 1) {
    await actor.write('emit', `${run}-live-early-${n}`, '');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
