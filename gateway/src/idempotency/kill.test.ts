// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { operations } from '@thingledger/protocol';
import fc from 'fast-check';
import { createWriter, type Caller, type Ledger, type LedgerWriter } from '../ledger/index.js';
import { ScriptedLedger } from '../ledger/testing/scripted-ledger.js';
import { IdempotencyStore } from './store.js';

const farm: Caller = {
  id: 'farm@maker',
  identity: { mspId: 'maker', certificatePem: 'farm', privateKeyPem: '' },
};
const silence = new Promise<never>(() => undefined);

/** The way to the ledger of a process that can be killed: from then on nothing that it does has an effect. */
function severable(ledger: Ledger): { ledger: Ledger; sever(): void } {
  let alive = true;
  const reached = <T>(call: () => Promise<T>): Promise<T> =>
    alive ? call().then((value) => (alive ? value : silence)) : silence;
  return {
    sever: () => void (alive = false),
    ledger: {
      evaluate: (...args) => reached(() => ledger.evaluate(...args)),
      endorse: (...args) => reached(() => ledger.endorse(...args)),
      submit: (...args) => reached(() => ledger.submit(...args)),
      commitStatus: (...args) => reached(() => ledger.commitStatus(...args)),
      events: (...args) => ledger.events(...args),
      receipt: (...args) => reached(() => ledger.receipt(...args)),
      signedAnswer: (...args) => reached(() => ledger.signedAnswer(...args)),
      bundle: (...args) => reached(() => ledger.bundle(...args)),
      blocks: (...args) => ledger.blocks(...args),
      height: (...args) => ledger.height(...args),
      ready: () => ledger.ready(),
      close: () => ledger.close(),
    },
  };
}

/** Does requests as the gateway does: begin, write, complete. */
async function request(
  store: IdempotencyStore,
  writer: LedgerWriter,
  name: string,
  items: number,
): Promise<string> {
  const begun = await store.begin(farm.id, name, 'f');
  if (begun.kind === 'stored') return begun.answer.body;
  const inputs = Array.from({ length: items }, (_, n) => ({
    recordId: `${name}-${n}`,
    decision: 'accept',
    reasons: [],
  }));
  const outcomes = await writer.submitAll(operations.voteOnRecord, inputs, farm, {
    requestId: begun.requestId,
  });
  const body = outcomes.map(({ outcome, txId }) => (outcome.ok ? txId : outcome.refusal.code)).join();
  await store.complete(begun.requestId, { status: 200, headers: {}, body });
  return body;
}

async function patiently(
  store: IdempotencyStore,
  writer: LedgerWriter,
  name: string,
  items: number,
): Promise<string> {
  for (;;) {
    try {
      return await request(store, writer, name, items);
    } catch (error) {
      if ((error as { code?: string }).code !== 'TL-IDEMPOTENCY-RUNNING') throw error;
      await sleep(2);
    }
  }
}

describe('a gateway killed at any moment', () => {
  it('neither loses an answered write nor does one twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 25 }),
        fc.integer({ min: 0, max: 25 }),
        fc.boolean(),
        async (requests, killAfterMs, ordersSlowly) => {
          const dir = mkdtempSync(join(tmpdir(), 'killed-'));
          const ledger = new ScriptedLedger({ endorseMs: () => 2, orderMs: () => (ordersSlowly ? 20 : 3) });
          const start = async (
            at: string,
            way: Ledger,
          ): Promise<{ store: IdempotencyStore; writer: LedgerWriter }> => {
            const store = await IdempotencyStore.open(join(dir, at));
            const limits = { batchOperations: 10, commitAfterErrorMs: 10, reconcileBaseMs: 2 };
            const route = (): { channel: string; chaincode: string } => ({ channel: 'c', chaincode: 'c' });
            return {
              store,
              writer: createWriter({ ledger: way, journal: store, route, member: farm.identity, limits }),
            };
          };

          const way = severable(ledger);
          const first = await start('first', way.ledger);
          const answered = new Map<string, string>();
          requests.forEach((items, n) => {
            const name = `request-${n}`;
            void (async () => {
              await sleep(n);
              const body = await request(first.store, first.writer, name, items);
              if (!severed) answered.set(name, body);
            })();
          });
          let severed = false;
          await sleep(killAfterMs);
          way.sever();
          severed = true;
          cpSync(join(dir, 'first'), join(dir, 'second'), {
            recursive: true,
            filter: (file) => !file.endsWith('LOCK'),
          });

          const second = await start('second', ledger);
          await second.writer.recover();
          for (const [n, items] of requests.entries()) {
            const name = `request-${n}`;
            const body = await patiently(second.store, second.writer, name, items);
            expect(answered.get(name) ?? body).toBe(body);
          }
          await second.writer.drain();
          const written = ledger.valid.flatMap(({ calls }) =>
            calls.map(({ input }) => (input as { recordId: string }).recordId),
          );
          const wanted = requests.flatMap((items, n) =>
            Array.from({ length: items }, (_, index) => `request-${n}-${index}`),
          );
          expect(written.sort()).toEqual(wanted.sort());

          await first.store.shut();
          await second.store.shut();
          rmSync(dir, { recursive: true });
        },
      ),
      { seed: 20_261_120, numRuns: 40 },
    );
  }, 120_000);
});
