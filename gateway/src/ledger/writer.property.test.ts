// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { operations, type Outcome } from '@thingledger/protocol';
import fc from 'fast-check';
import type { Caller } from './caller.js';
import { LedgerError, type Call, type Commit, type Endorsed, type Identity } from './port.js';
import type { Journal, OpenTransaction } from './submit/journal.js';
import {
  callsOf,
  ScriptedLedger,
  type Script,
  type ScriptedCall,
  type ScriptedTransaction,
} from './testing/scripted-ledger.js';
import { createWriter } from './writer.js';

const target = { channel: 'traceability', chaincode: 'traceability' };
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const callers = ['farm@maker', 'shop@maker', 'framer@maker'].map((id): Caller => ({
  id,
  identity: { mspId: 'maker', certificatePem: id, privateKeyPem },
}));

/** A small world of keys: registering writes a thing, announcing reads it and writes its trail, voting writes the votes of a statement. */
const thing = (n: number): string => `https://id.gs1.org/01/09506000134352/21/${n}`;
const makers: readonly ((n: number, tag: string) => { operation: string; input: object })[] = [
  (n, tag) => ({ operation: 'registerThing', input: { thing: thing(n), kind: tag } }),
  (n, tag) => ({
    operation: 'announceMappingRecord',
    input: {
      thing: thing(n),
      to: 'shop@maker',
      informationServer: 'https://a',
      tag,
    },
  }),
  (n, tag) => ({ operation: 'voteOnRecord', input: { recordId: `record-${n}.0`, tag } }),
  (_n, tag) => ({ operation: 'enactProposal', input: { proposalId: 'p', tag } }),
];

interface Planned {
  readonly client: number;
  readonly caller: number;
  readonly maker: number;
  readonly key: number;
}

const planned = fc.record<Planned>({
  client: fc.nat(11),
  caller: fc.nat(callers.length - 1),
  maker: fc.oneof({ weight: 6, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constant(3) }),
  key: fc.nat(4),
});

/** Faults in the order in which they are drawn. */
const fault = fc.oneof(
  { weight: 6, arbitrary: fc.constant('none' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'mismatch',
      'away',
      'crash',
      'lost',
      'late',
      'silent',
      'mvcc',
      'policy' as const,
    ),
  },
);

/** Watches from outside that no two transactions in flight share a written key, nor one reads what another writes. */
class WatchedLedger extends ScriptedLedger {
  readonly overlaps: string[] = [];
  readonly #flying = new Map<object, { reads: Set<string>; writes: Set<string> }>();
  readonly #handles = new Map<string, object>();

  override async endorse(call: Call, as: Identity, signal?: AbortSignal): Promise<Endorsed> {
    const calls = callsOf(call);
    const keys = keysOf(calls, as.certificatePem);
    for (const other of this.#flying.values()) {
      for (const key of keys.writes)
        if (other.writes.has(key) || other.reads.has(key)) this.overlaps.push(key);
      for (const key of keys.reads) if (other.writes.has(key)) this.overlaps.push(key);
    }
    const handle = {};
    this.#flying.set(handle, keys);
    try {
      const endorsed = await super.endorse(call, as, signal);
      this.#handles.set(endorsed.txId, handle);
      if (calls.every((one) => this.script.answer?.(one).ok === false)) this.#flying.delete(handle);
      return endorsed;
    } catch (error) {
      this.#flying.delete(handle);
      throw error;
    }
  }

  override async commitStatus(
    channel: string,
    txId: string,
    as: Identity,
    signal?: AbortSignal,
  ): Promise<Commit> {
    const commit = await super.commitStatus(channel, txId, as, signal);
    this.landed(txId);
    return commit;
  }

  landed(txId: string): void {
    this.#flying.delete(this.#handles.get(txId) ?? {});
  }
}

function keysOf(calls: readonly ScriptedCall[], caller: string): { reads: Set<string>; writes: Set<string> } {
  const touched = calls.map(({ operation, input }) => {
    const { touches } = operations[operation.split(':')[1] as 'voteOnRecord'];
    return touches?.(input as never, caller) ?? { reads: [], writes: [] };
  });
  return {
    reads: new Set(touched.flatMap(({ reads }) => reads)),
    writes: new Set(touched.flatMap(({ writes }) => writes)),
  };
}

const tagsOf = ({ calls }: ScriptedTransaction): string[] =>
  calls.map(({ input }) => (input as { tag: string }).tag);

/** Whether an answer fits how many valid transactions carry the write. */
function isTrue({ outcome }: { outcome: Outcome }, times: number): boolean {
  if (outcome.ok) return times === 1;
  if (outcome.refusal.code === 'TL-OUTCOME-UNKNOWN') return times <= 1;
  // A refused operation may stand in a valid transaction, next to others that were not.
  return outcome.refusal.code === 'TL-VOTE-TWICE' || times === 0;
}

function journalInMemory(): Journal {
  const open = new Map<string, OpenTransaction>();
  return {
    open: async (transaction) => void open.set(transaction.txId, transaction),
    close: async ({ txId }) => void open.delete(txId),
    answersTo: async () => new Map(),
    async *openTransactions() {
      yield* open.values();
    },
  };
}

function scriptOf(faults: readonly string[]): Script {
  let drawn = 0;
  const plan = new Map<string, string>();
  const draw = (): string => faults[drawn++ % faults.length] ?? 'none';
  const of = (txId: string): string => {
    const known = plan.get(txId) ?? draw();
    plan.set(txId, known);
    return known;
  };
  const away = new LedgerError('unavailable', 'away');
  return {
    endorseMs: (calls) => (calls.length * 7 + drawn) % 4,
    orderMs: () => (drawn * 5) % 6,
    endorse: () => {
      const next = draw();
      if (next === 'mismatch') return new LedgerError('mismatch', 'differ');
      if (next === 'away') return away;
      return next === 'crash' ? new LedgerError('refused', 'crash') : undefined;
    },
    submit: ({ txId, submits }) => {
      if (of(txId) === 'lost' && submits < 3) return { error: away, lost: true };
      return of(txId) === 'late' ? { error: away, lost: false } : undefined;
    },
    status: ({ txId }, asked) => (of(txId) === 'silent' && asked < 40 ? away : undefined),
    validate: ({ txId }) => {
      if (of(txId) === 'mvcc') return 'MVCC_READ_CONFLICT';
      return of(txId) === 'policy' ? 'ENDORSEMENT_POLICY_FAILURE' : 'VALID';
    },
    answer: ({ input }): Outcome =>
      (input as { tag?: string }).tag?.endsWith('3') === true
        ? { ok: false, refusal: { code: 'TL-VOTE-TWICE', detail: 'no' } }
        : { ok: true, result: (input as { tag?: string }).tag ?? null },
  };
}

describe('whatever the interleaving and the faults', () => {
  it('each write gets one answer that is true, and no two transactions in flight share a written key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(planned, { minLength: 1, maxLength: 60 }),
        fc.array(fault, { minLength: 5, maxLength: 25 }),
        fc.record({
          depth: fc.integer({ min: 1, max: 4 }),
          batch: fc.integer({ min: 1, max: 12 }),
          pipelineAt: fc.integer({ min: 1, max: 4 }),
        }),
        async (plan, faults, { depth, batch, pipelineAt }) => {
          const ledger = new WatchedLedger(scriptOf(faults));
          const writer = createWriter({
            ledger,
            journal: journalInMemory(),
            route: () => target,
            member: { mspId: 'maker', certificatePem: 'admin', privateKeyPem: '' },
            limits: {
              batchOperations: batch,
              batchItems: batch,
              depth,
              pipelineAt,
              transactions: 5,
              gatherMs: 2,
              overtakenMs: 5,
              retryBaseMs: 1,
              retryMostMs: 2,
              differMs: 0,
              outcomeMs: 30,
              commitMs: 20,
              commitAfterErrorMs: 4,
              reconcileBaseMs: 1,
              reconcileMostMs: 3,
            },
          });
          const answers = new Map<string, { outcome: Outcome; txId?: string }>();
          const client = async (own: readonly (readonly [Planned, number])[]): Promise<void> => {
            for (const [{ caller, maker, key }, n] of own) {
              const tag = `tag-${n}`;
              const { operation, input } = makers[maker]!(key, tag);
              const named = { ...input, tag };
              const answer = await writer.submit(
                operations[operation as 'voteOnRecord'],
                named,
                callers[caller]!,
              );
              if (answers.has(tag)) throw new Error(`${tag} was answered twice`);
              answers.set(tag, answer);
              const { outcome } = answer;
              if (!outcome.ok && outcome.refusal.code === 'TL-OUTCOME-UNKNOWN') {
                ledger.landed(String(outcome.refusal.fields?.['txId']));
              }
            }
          };
          const byClient = new Map<number, [Planned, number][]>();
          plan.forEach((one, n) => byClient.set(one.client, [...(byClient.get(one.client) ?? []), [one, n]]));
          await Promise.all([...byClient.values()].map(client));
          while (writer.stats().unresolved > 0) await sleep(2);
          await writer.drain();

          expect(answers.size).toBe(plan.length);
          expect(ledger.overlaps).toEqual([]);
          const times = (tag: string): number =>
            ledger.valid.filter((one) => tagsOf(one).includes(tag)).length;
          expect([...answers].filter(([tag, answer]) => !isTrue(answer, times(tag)))).toEqual([]);
          const carried = ([tag, { txId }]: [string, { txId?: string }]): boolean =>
            txId === undefined || ledger.valid.some((one) => one.txId === txId && tagsOf(one).includes(tag));
          expect([...answers].filter((answer) => !carried(answer))).toEqual([]);
        },
      ),
      { seed: 20_261_120, numRuns: 60 },
    );
  }, 120_000);
});
