// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { operations, Refusal, type Outcome } from '@thingledger/protocol';
import { IdempotencyStore } from '../idempotency/store.js';
import type { Caller } from './caller.js';
import { whileCollecting } from '../testing/collect.js';
import { LedgerError } from './port.js';
import type { WriterLimits } from './submit/limits.js';
import { ScriptedLedger, type Script, type ScriptedCall } from './testing/scripted-ledger.js';
import { createWriter, type LedgerWriter } from './writer.js';

const target = { channel: 'traceability', chaincode: 'traceability' };
const callerNamed = (id: string): Caller => ({
  id,
  identity: { mspId: 'maker', certificatePem: id, privateKeyPem: '' },
});
const farm = callerNamed('farm@maker');
const shop = callerNamed('shop@maker');
/** A vote on the only record of a statement; each statement's votes have a key of their own. */
const vote = (statement: string): object => ({ recordId: `${statement}.0`, decision: 'accept', reasons: [] });
const recordOf = (call: ScriptedCall): string => (call.input as { recordId: string }).recordId.slice(0, -2);
const refused = (code: 'TL-VOTE-LATE' | 'TL-VOTE-TWICE'): Outcome => ({
  ok: false,
  refusal: { code, detail: code },
});
const unavailable = new LedgerError('unavailable', 'orderers away');

const fast: Partial<WriterLimits> = {
  differMs: 0,
  retryBaseMs: 1,
  retryMostMs: 5,
  outcomeMs: 150,
  commitMs: 60,
  commitAfterErrorMs: 20,
  reconcileBaseMs: 10,
  reconcileMostMs: 20,
};

describe('the writer', () => {
  let dir: string;
  let store: IdempotencyStore;
  let ledger: ScriptedLedger;
  let writer: LedgerWriter;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'writer-'));
    store = await IdempotencyStore.open(dir);
  });
  afterEach(async () => {
    await writer.close();
    await store.shut();
    rmSync(dir, { recursive: true });
  });

  function start(script: Script, limits: Partial<WriterLimits> = {}): void {
    ledger = new ScriptedLedger(script);
    writer = createWriter({
      ledger,
      journal: store,
      route: () => target,
      member: farm.identity,
      limits: { ...fast, ...limits },
    });
  }
  const write = (record: string, as = farm, requestId?: string): ReturnType<LedgerWriter['submit']> =>
    writer.submit(operations.voteOnRecord, vote(record), as, { requestId });
  const sizes = (): number[] => ledger.transactions.map(({ calls }) => calls.length);

  describe('groups', () => {
    it('sends a lone write at once, and gives its result, transaction and block', async () => {
      start({ orderMs: () => 10 });
      const { outcome, txId, block } = await write('record-1');
      expect(outcome).toEqual({ ok: true, result: vote('record-1') });
      expect(txId).toBe(ledger.transactions[0]?.txId);
      expect(block).toBe(1n);
    });

    it('merges what arrives while a transaction is in flight into the next', async () => {
      start({ orderMs: () => 30 });
      const first = write('record-0');
      await sleep(5);
      const rest = Array.from({ length: 20 }, (_, n) => write(`record-${n + 1}`));
      await Promise.all([first, ...rest]);
      expect(sizes()).toEqual([1, 20]);
    });

    it('waits a moment for callers that have just been answered, so that they go together again', async () => {
      start({ orderMs: () => 20 }, { gatherMs: 50 });
      const client = async (name: string): Promise<void> => {
        for (let round = 0; round < 4; round += 1) {
          await write(`record-${name}-${round}`);
          await sleep(Math.random() * 5);
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, n) => client(String(n))));
      expect(sizes()).toEqual([8, 8, 8, 8]);
    });

    it('keeps to the bounds of a batch and answers a bulk in order', async () => {
      start({}, { batchOperations: 40 });
      const inputs = Array.from({ length: 100 }, (_, n) => vote(`record-${n}`));
      const outcomes = await writer.submitAll(operations.voteOnRecord, inputs, farm);
      expect(outcomes.map(({ outcome }) => outcome.ok && outcome.result)).toEqual(inputs);
      expect(Math.max(...sizes())).toBe(40);
    });

    it('keeps the operations of a batch that the caller made in one transaction', async () => {
      start({}, { batchOperations: 2 });
      const calls = ['a', 'b', 'c'].map((name) => ({
        operation: 'traceability:voteOnRecord',
        input: vote(`record-${name}`),
      }));
      const { outcome } = await writer.submit(operations.runBatch, { operations: calls }, farm);
      expect(outcome).toEqual({
        ok: true,
        result: { outcomes: calls.map(({ input }) => ({ ok: true, result: input })) },
      });
      expect(sizes()).toEqual([3]);
    });

    it('never mixes callers', async () => {
      start({ orderMs: () => 5 });
      await Promise.all(Array.from({ length: 30 }, (_, n) => write(`record-${n}`, n % 2 ? farm : shop)));
      for (const { caller, calls } of ledger.transactions) {
        const mine = (call: ScriptedCall): boolean =>
          (Number(recordOf(call).slice(7)) % 2 ? farm : shop).id === caller;
        expect(calls.every(mine)).toBe(true);
      }
    });

    it('serves another caller while one has a long queue', async () => {
      start({ orderMs: () => 10 }, { batchOperations: 10, transactions: 2, depth: 2 });
      const bulk = writer.submitAll(
        operations.voteOnRecord,
        Array.from({ length: 300 }, (_, n) => vote(`record-${n}`)),
        farm,
      );
      await sleep(15);
      const { block } = await write('record-shop', shop);
      await bulk;
      expect(Number(block)).toBeLessThan(10);
    });
  });

  describe('keys', () => {
    it('does not run two transactions that write the same key, and keeps their order', async () => {
      start({ orderMs: () => 20 }, { pipelineAt: 1 });
      const writes = [
        write('record-1'),
        sleep(5).then(() => write('record-1')),
        sleep(6).then(() => write('record-2')),
      ];
      const blocks = (await Promise.all(writes)).map(({ block }) => block);
      expect(blocks).toEqual([1n, 3n, 2n]);
    });

    it('runs an operation that writes what others read with nothing beside it', async () => {
      start({ orderMs: () => 10 }, { pipelineAt: 1, overtakenMs: 5 });
      const admin = callerNamed('admin@maker');
      const change = { proposalId: 'proposal-1' };
      let done = 0;
      const votes = Array.from({ length: 20 }, async (_, n) => {
        await sleep(n);
        await write(`record-${n}`, n % 2 ? farm : shop);
        done += 1;
      });
      await sleep(3);
      const enact = await writer.submit(operations.enactProposal, change, admin);
      expect(enact.outcome.ok).toBe(true);
      expect(done).toBeLessThan(20);
      await Promise.all(votes);
    });
  });

  describe('sheds', () => {
    it('what goes over its limits, whole requests only', async () => {
      start({ orderMs: () => 20 }, { waiting: 10, batchOperations: 5, depth: 1 });
      const inputs = (count: number): object[] =>
        Array.from({ length: count }, (_, n) => vote(`record-${count}-${n}`));
      const taken = writer.submitAll(operations.voteOnRecord, inputs(10), farm);
      await expect(writer.submitAll(operations.voteOnRecord, inputs(6), shop)).rejects.toMatchObject({
        code: 'TL-OVERLOADED',
      });
      expect((await taken).every(({ outcome }) => outcome.ok)).toBe(true);
    });

    it('everything when it drains, after settling what it took', async () => {
      start({ orderMs: () => 20 });
      const taken = write('record-1');
      await sleep(2);
      const drained = writer.drain();
      await expect(write('record-2')).rejects.toMatchObject({ code: 'TL-DRAINING' });
      await drained;
      expect((await taken).outcome.ok).toBe(true);
      expect(writer.stats()).toMatchObject({ waiting: 0, inFlight: 0, unresolved: 0 });
    });
  });

  describe('refusals', () => {
    const late = (call: ScriptedCall): Outcome =>
      recordOf(call).includes('late') ? refused('TL-VOTE-LATE') : { ok: true, result: 1 };

    it('of one write leave the others in its transaction alone', async () => {
      start({ answer: late });
      const outcomes = await writer.submitAll(
        operations.voteOnRecord,
        [vote('record-1'), vote('late-1')],
        farm,
      );
      expect(outcomes.map(({ outcome }) => outcome.ok)).toEqual([true, false]);
      expect(ledger.valid).toHaveLength(1);
    });

    it('of all writes order nothing and are not retried', async () => {
      start({ answer: late });
      const { outcome, txId } = await write('late-1');
      expect(outcome).toMatchObject({ ok: false, refusal: { code: 'TL-VOTE-LATE' } });
      expect(txId).toBeUndefined();
      expect(ledger.transactions.map(({ submits }) => submits)).toEqual([0]);
    });

    it('of one write undo those that are done with it or not at all, and leave the rest of the batch alone', async () => {
      start({ answer: late, orderMs: () => 20 });
      const first = write('record-0');
      await sleep(5);
      const [spoilt, sound, single] = await Promise.all([
        writer.submitAll(operations.voteOnRecord, [vote('record-1'), vote('late-1')], farm, { whole: true }),
        writer.submitAll(operations.voteOnRecord, [vote('record-2'), vote('record-3')], farm, {
          whole: true,
        }),
        write('record-4'),
        first,
      ]);
      expect(spoilt.map(({ outcome, txId }) => [!outcome.ok && outcome.refusal.code, txId])).toEqual([
        ['TL-ROLLED-BACK', undefined],
        ['TL-VOTE-LATE', undefined],
      ]);
      expect([...sound, single].map(({ outcome }) => outcome.ok)).toEqual([true, true, true]);
      expect(new Set([...sound, single].map(({ txId }) => txId)).size).toBe(1);
      expect(ledger.valid.flatMap(({ calls }) => calls.map(recordOf))).toEqual([
        'record-0',
        'record-2',
        'record-3',
        'record-4',
      ]);
    });

    it('meet a list that is to be done whole and fits no statement, before anything is sent', async () => {
      start({}, { batchItems: 3 });
      const announced = (thing: string): object => ({
        thing,
        to: 'farm@maker',
        informationServer: 'https://x.example',
      });
      const codesOf = async (inputs: readonly object[]): Promise<unknown[]> => {
        const announce = operations.announceMappingRecord;
        const outcomes = await writer.submitAll(announce, inputs, farm, { whole: true });
        return outcomes.map(({ outcome }) => !outcome.ok && outcome.refusal.code);
      };
      expect(await codesOf(['a', 'b', 'c', 'd'].map(announced))).toEqual(Array(4).fill('TL-INPUT-TOO-LARGE'));
      const long = `urn:x:${'1'.repeat(1_100_000)}`;
      expect(await codesOf([long, `${long}2`].map(announced))).toEqual(Array(2).fill('TL-INPUT-TOO-LARGE'));
      expect(ledger.transactions).toEqual([]);
    });

    it('of the way to the ledger are given to each write of those that are done together', async () => {
      start({ endorse: () => unavailable });
      const inputs = [vote('record-1'), vote('record-2')];
      const outcomes = await writer.submitAll(operations.voteOnRecord, inputs, farm, { whole: true });
      expect(outcomes.map(({ outcome }) => !outcome.ok && outcome.refusal.code)).toEqual(
        Array(2).fill('TL-LEDGER-UNAVAILABLE'),
      );
    });

    it('of the whole batch are given to each of its writes', async () => {
      const message = `chaincode response 500, TL-REFUSAL {"code":"TL-CALLER-SUSPENDED","detail":"no"}`;
      start({
        endorse: () =>
          new LedgerError('refused', 'x', { peers: [{ address: 'p', mspId: 'maker', message }] }),
      });
      const outcomes = await writer.submitAll(
        operations.voteOnRecord,
        [vote('record-1'), vote('record-2')],
        farm,
      );
      expect(outcomes.map(({ outcome }) => !outcome.ok && outcome.refusal.code)).toEqual(
        Array(2).fill('TL-CALLER-SUSPENDED'),
      );
    });

    it('without a code are narrowed down to the write that earns them', async () => {
      const crash = new LedgerError('refused', 'chaincode crashed');
      start({
        endorse: (calls) => (calls.some((call) => recordOf(call) === 'record-7') ? crash : undefined),
      });
      const inputs = Array.from({ length: 10 }, (_, n) => vote(`record-${n}`));
      const outcomes = await writer.submitAll(operations.voteOnRecord, inputs, farm);
      expect(outcomes.map(({ outcome }) => outcome.ok)).toEqual(inputs.map((_, n) => n !== 7));
      expect(outcomes[7]?.outcome).toMatchObject({ refusal: { code: 'TL-LEDGER-REFUSED' } });
    });
  });

  describe('retries', () => {
    it.each(['MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT'])('the whole batch after %s', async (code) => {
      start({ validate: () => (ledger.transactions.length < 3 ? code : 'VALID') });
      const outcomes = await writer.submitAll(
        operations.voteOnRecord,
        [vote('record-1'), vote('record-2')],
        farm,
      );
      expect(outcomes.every(({ outcome }) => outcome.ok)).toBe(true);
      expect(sizes()).toEqual([2, 2, 2]);
    });

    it('a few times only, then halves the batch to save the rest', async () => {
      const hot = ({ calls }: { calls: readonly ScriptedCall[] }): boolean =>
        calls.some((call) => recordOf(call) === 'record-hot');
      start({ validate: (transaction) => (hot(transaction) ? 'MVCC_READ_CONFLICT' : 'VALID') });
      const inputs = ['record-1', 'record-hot', 'record-2', 'record-3'].map(vote);
      const outcomes = await writer.submitAll(operations.voteOnRecord, inputs, farm);
      expect(outcomes.map(({ outcome }) => outcome.ok)).toEqual([true, false, true, true]);
      expect(outcomes[1]?.outcome).toMatchObject({ refusal: { code: 'TL-LEDGER-CONFLICT' } });
    });

    it('endorsers that differ', async () => {
      const differ = new LedgerError('mismatch', 'ProposalResponsePayloads do not match');
      start({ endorse: (_calls, attempt) => (attempt < 3 ? differ : undefined) });
      expect((await write('record-1')).outcome.ok).toBe(true);
      expect(writer.stats().mismatches).toBe(3);
    });

    it('endorsers that differ for as long as one of them may lag, with all its writes together', async () => {
      const caughtUp = performance.now() + 300;
      const differ = new LedgerError('mismatch', 'ProposalResponsePayloads do not match');
      start({ endorse: () => (performance.now() < caughtUp ? differ : undefined) }, { differMs: 10_000 });
      const written = await Promise.all(['record-1', 'record-2', 'record-3'].map((record) => write(record)));
      expect(written.map(({ outcome }) => outcome.ok)).toEqual([true, true, true]);
      expect(writer.stats().mismatches).toBeGreaterThan(10);
      expect(sizes()).toEqual([3]);
    });

    it('endorsers that differ longer at most five times more', async () => {
      let attempts = 0;
      start({ endorse: () => (attempts++, new LedgerError('mismatch', 'they differ')) });
      expect((await write('record-1')).outcome).toMatchObject({ refusal: { code: 'TL-LEDGER-MISMATCH' } });
      expect(attempts).toBe(6);
    });

    it('a policy failure once', async () => {
      start({ validate: () => 'ENDORSEMENT_POLICY_FAILURE' });
      expect((await write('record-1')).outcome).toMatchObject({ refusal: { code: 'TL-LEDGER-REFUSED' } });
      expect(ledger.transactions).toHaveLength(2);
    });

    it.each(['unavailable', 'deadline', 'denied'] as const)('nothing when a peer is %s', async (kind) => {
      start({ endorse: () => new LedgerError(kind, 'no') });
      const { outcome } = await write('record-1');
      const code = kind === 'denied' ? 'TL-LEDGER-REFUSED' : 'TL-LEDGER-UNAVAILABLE';
      expect(outcome).toMatchObject({ ok: false, refusal: { code } });
      expect(ledger.transactions).toHaveLength(0);
    });
  });

  describe('outcomes', () => {
    it('are valid when the orderers took what submit called an error', async () => {
      start({ submit: () => ({ error: unavailable, lost: false }) });
      expect((await write('record-1')).outcome.ok).toBe(true);
      expect(ledger.transactions).toHaveLength(1);
    });

    it('come from the same envelope, sent again, when the orderers did not take it', async () => {
      start({ submit: ({ submits }) => (submits < 3 ? { error: unavailable, lost: true } : undefined) });
      expect((await write('record-1')).outcome.ok).toBe(true);
      expect(ledger.transactions.map(({ submits }) => submits)).toEqual([3]);
      expect(writer.stats().resends).toBe(2);
    });

    it('come late when the peer does not tell at first', async () => {
      start({ status: (_transaction, asked) => (asked < 3 ? unavailable : undefined) });
      expect((await write('record-1')).outcome.ok).toBe(true);
    });

    it('of an envelope that was ordered twice are those of the first copy', async () => {
      start({ status: () => undefined });
      const told = ledger.commitStatus.bind(ledger);
      let asked = 0;
      ledger.commitStatus = async (...args) =>
        asked++ === 0 ? { code: 'DUPLICATE_TXID', block: 9n } : await told(...args);
      expect(await write('record-1')).toMatchObject({ outcome: { ok: true }, block: 1n });
    });

    it('are unknown in the end, with the transaction id, and found in the background', async () => {
      let away = true;
      start({
        status: () => (away ? unavailable : undefined),
        submit: () => (away ? { error: unavailable, lost: true } : undefined),
      });
      const begun = await store.begin(farm.id, 'key', 'fingerprint');
      if (begun.kind !== 'new') throw new Error('the key is new');
      const { outcome } = await write('record-1', farm, begun.requestId);
      expect(outcome).toMatchObject({
        refusal: { code: 'TL-OUTCOME-UNKNOWN', fields: { txId: ledger.transactions[0]?.txId } },
      });
      store.release(begun.requestId);
      await expect(store.begin(farm.id, 'key', 'fingerprint')).rejects.toMatchObject({
        code: 'TL-IDEMPOTENCY-RUNNING',
      });
      away = false;
      while (writer.stats().unresolved > 0) await sleep(10);
      const again = await store.begin(farm.id, 'key', 'fingerprint');
      if (again.kind !== 'new') throw new Error('there is no stored answer');
      expect((await write('record-1', farm, again.requestId)).outcome.ok).toBe(true);
      expect(ledger.transactions).toHaveLength(1);
    });

    it('are asked for again in time, though memory is collected while nothing comes', async () => {
      let sent = 0;
      start(
        { submit: () => (sent++ === 0 ? { error: unavailable, lost: true } : undefined) },
        { outcomeMs: 15_000, commitAfterErrorMs: 100, commitMs: 2_000 },
      );
      expect(await whileCollecting(write('record-1'))).toMatchObject({ outcome: { ok: true } });
      expect(sent).toBeGreaterThan(1);
    });

    it('are faults of the gateway when the journal can not be written, and nothing is submitted', async () => {
      const faults: unknown[] = [];
      ledger = new ScriptedLedger();
      const journal = { ...stub(), open: () => Promise.reject(new Error('disk full')) };
      writer = createWriter({
        ledger,
        journal,
        route: () => target,
        member: farm.identity,
        onFault: (error) => faults.push(error),
      });
      expect((await write('record-1')).outcome).toMatchObject({ refusal: { code: 'TL-INTERNAL' } });
      expect(ledger.transactions.map(({ submits }) => submits)).toEqual([0]);
      expect(faults).toHaveLength(1);
    });

    it('are noted later when the journal can not be written for a while', async () => {
      let failures = 0;
      ledger = new ScriptedLedger();
      const close: IdempotencyStore['close'] = (...noted) =>
        failures++ < 2 ? Promise.reject(new Error('disk full')) : store.close(...noted);
      const journal = { ...stub(), close };
      const member = farm.identity;
      writer = createWriter({ ledger, journal, route: () => target, member, limits: fast });
      const begun = await store.begin(farm.id, 'key', 'fingerprint');
      if (begun.kind !== 'new') throw new Error('the key is new');
      expect((await write('record-1', farm, begun.requestId)).outcome.ok).toBe(true);
      store.release(begun.requestId);
      await expect(store.begin(farm.id, 'key', 'fingerprint')).rejects.toMatchObject({
        code: 'TL-IDEMPOTENCY-RUNNING',
      });
      while (writer.stats().unresolved > 0) await sleep(10);
      expect((await store.begin(farm.id, 'key', 'fingerprint')).kind).toBe('new');
      expect(ledger.transactions).toHaveLength(1);
    });

    it('are settled when the gateway is stopped at once', async () => {
      start({ orderMs: () => 1_000 }, { outcomeMs: 5_000, commitMs: 5_000 });
      const pending = write('record-1');
      await sleep(20);
      await writer.close();
      expect((await pending).outcome).toMatchObject({ refusal: { code: 'TL-OUTCOME-UNKNOWN' } });
    });
  });

  it('passes on a refusal thrown before anything was done', async () => {
    start({});
    writer = createWriter({
      ledger,
      journal: store,
      route: () => {
        throw new Refusal('TL-OPERATION-UNKNOWN');
      },
      member: farm.identity,
    });
    await expect(write('record-1')).rejects.toMatchObject({ code: 'TL-OPERATION-UNKNOWN' });
  });

  function stub(): Pick<IdempotencyStore, 'open' | 'close' | 'answersTo' | 'openTransactions'> {
    return {
      open: (transaction) => store.open(transaction),
      close: (transaction, answers) => store.close(transaction, answers),
      answersTo: (requestId) => store.answersTo(requestId),
      openTransactions: () => store.openTransactions(),
    };
  }
});
