// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenTransaction, WriteOutcome } from '../ledger/index.js';
import { IdempotencyStore, type StoredAnswer } from './store.js';

const created: StoredAnswer = { status: 201, headers: { location: '/things/1' }, body: '{"thing":"1"}' };
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

function transactionOf(txId: string, ...requestIds: string[]): OpenTransaction {
  return {
    txId,
    channel: 'traceability',
    envelope: bytes(`envelope of ${txId}`),
    result: bytes('{"outcomes":[]}'),
    writes: requestIds.map((requestId, index) => ({
      parts: [{ call: index }],
      list: false,
      request: { requestId, index },
    })),
  };
}

const done = (result: string, txId = 'tx-1'): WriteOutcome => ({
  outcome: { ok: true, result },
  txId,
  block: 7n,
});

describe('the idempotency store', () => {
  let dir: string;
  let store: IdempotencyStore;
  const reopened: IdempotencyStore[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'idempotency-'));
    store = await IdempotencyStore.open(join(dir, 'store'));
  });
  afterEach(async () => {
    await store.shut();
    for (const one of reopened.splice(0)) await one.shut();
    rmSync(dir, { recursive: true });
  });

  async function begun(key = 'key', fingerprint = 'f1', at = store): Promise<string> {
    const result = await at.begin('farm@maker', key, fingerprint);
    if (result.kind !== 'new') throw new Error('expected a new request');
    return result.requestId;
  }
  const stored = async (key = 'key', at = store): Promise<StoredAnswer | undefined> => {
    const result = await at.begin('farm@maker', key, 'f1');
    return result.kind === 'stored' ? result.answer : undefined;
  };
  /** What a kill -9 leaves: the files as they are at this moment. */
  async function killed(): Promise<IdempotencyStore> {
    cpSync(join(dir, 'store'), join(dir, 'after'), {
      recursive: true,
      filter: (file) => !file.endsWith('LOCK'),
    });
    const after = await IdempotencyStore.open(join(dir, 'after'));
    reopened.push(after);
    return after;
  }

  it('gives a stored answer again, to the byte', async () => {
    await store.complete(await begun(), created);
    expect(await stored()).toEqual(created);
    expect(await stored('key', await killed())).toEqual(created);
  });

  it('keeps refusals, too', async () => {
    const refused = { status: 409, headers: {}, body: '{"code":"TL-VOTE-TWICE"}' };
    await store.complete(await begun(), refused);
    expect(await stored()).toEqual(refused);
  });

  it.each([500, 503, 429])('does not keep an answer of status %d', async (status) => {
    await store.complete(await begun(), { ...created, status });
    expect(await begun()).toContain('.f1');
  });

  it('refuses the same key while the request runs, and another request at any time', async () => {
    const requestId = await begun();
    await expect(begun()).rejects.toMatchObject({ code: 'TL-IDEMPOTENCY-RUNNING' });
    await expect(begun('key', 'f2')).rejects.toMatchObject({ code: 'TL-IDEMPOTENCY-MISMATCH' });
    await store.complete(requestId, created);
    await expect(begun('key', 'f2')).rejects.toMatchObject({ code: 'TL-IDEMPOTENCY-MISMATCH' });
  });

  it('lets only one of two begin at the same moment', async () => {
    const both = await Promise.allSettled([begun(), begun()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('keeps the keys of callers apart', async () => {
    await store.complete(await begun(), created);
    expect(await store.begin('shop@maker', 'key', 'f1')).toMatchObject({ kind: 'new' });
  });

  it('forgets a key that was begun without a transaction', async () => {
    await begun();
    expect(await begun('key', 'f2', await killed())).toContain('.f2');
  });

  it('after a kill, holds a key as running while its transaction is open, and then knows its outcomes', async () => {
    const requestId = await begun();
    await store.open(transactionOf('tx-1', requestId, requestId));
    const after = await killed();
    await expect(begun('key', 'f1', after)).rejects.toMatchObject({ code: 'TL-IDEMPOTENCY-RUNNING' });
    await expect(begun('key', 'f2', after)).rejects.toMatchObject({ code: 'TL-IDEMPOTENCY-MISMATCH' });

    const open: OpenTransaction[] = [];
    for await (const transaction of after.openTransactions()) open.push(transaction);
    expect(open).toMatchObject([{ txId: 'tx-1', channel: 'traceability' }]);
    expect(Buffer.from(open[0]!.envelope).toString()).toBe('envelope of tx-1');

    await after.close(open[0]!, [
      { requestId, index: 0, answer: done('a') },
      { requestId, index: 1, answer: done('b') },
    ]);
    const again = await begun('key', 'f1', after);
    const answers = await after.answersTo(again);
    expect([...answers]).toEqual([
      [0, done('a')],
      [1, done('b')],
    ]);
    await after.complete(again, created);
    expect(await stored('key', after)).toEqual(created);
    expect((await after.answersTo(again)).size).toBe(0);
  });

  it('does a request anew whose transaction was not valid', async () => {
    const requestId = await begun();
    const transaction = transactionOf('tx-1', requestId);
    await store.open(transaction);
    const after = await killed();
    await after.close(transaction, []);
    expect((await after.answersTo(await begun('key', 'f1', after))).size).toBe(0);
  });

  it('forgets what has expired, but never what is open', async () => {
    await store.complete(await begun('old'), created);
    await store.open(transactionOf('tx-1', await begun('open')));
    const tomorrow = Date.now() + 25 * 3_600_000;
    expect(await store.sweep()).toBe(0);
    expect(await store.sweep(tomorrow)).toBe(1);
    expect(await begun('old', 'f2')).toContain('.f2');
    await expect(begun('open')).rejects.toMatchObject({ code: 'TL-IDEMPOTENCY-RUNNING' });
  });

  it('takes an expired key for a new request before it is swept', async () => {
    const brief = await IdempotencyStore.open(join(dir, 'brief'), { expiryHours: 0 });
    reopened.push(brief);
    const requestId = await begun('key', 'f1', brief);
    const transaction = transactionOf('tx-1', requestId);
    await brief.open(transaction);
    await brief.close(transaction, [{ requestId, index: 0, answer: done('a') }]);
    brief.release(requestId);
    const again = await begun('key', 'f1', brief);
    expect((await brief.answersTo(again)).size).toBe(0);
  });

  it('is probed by writing and reading, of which no request hears', async () => {
    await store.probe();
    await store.probe();
    expect(await begun()).toContain('.f1');
    expect(await store.sweep(Date.now() + 25 * 3_600_000)).toBe(0);
  });

  it('fails its probe when the database is closed', async () => {
    await store.shut();
    await expect(store.probe()).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' });
  });

  it('fails its probe when its folder is gone, though open files take what is written', async () => {
    renameSync(join(dir, 'store'), join(dir, 'away'));
    await expect(store.probe()).rejects.toMatchObject({ code: 'ENOENT' });
    renameSync(join(dir, 'away'), join(dir, 'store'));
    await expect(store.probe()).resolves.toBeUndefined();
  });

  it('is for one process at a time', async () => {
    await expect(IdempotencyStore.open(join(dir, 'store'))).rejects.toThrow();
  });
});
