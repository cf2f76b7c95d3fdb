// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Actor, type LedgerUnderTest } from './under-test.js';

/** Transactions whose reads no longer hold when they are committed. */
export function describeConflicts(network: () => LedgerUnderTest): void {
  describe('conflicts', () => {
    const maker = (): Actor => new Actor(network(), 'maker');
    const fresh = (): string => `k-${randomUUID()}`;

    test('of two that changed the same value one is committed', async () => {
      const key = fresh();
      await maker().write('increment', key);
      const both = [await maker().endorse('increment', key), await maker().endorse('increment', key)];
      const commits = await Promise.all(both.map((endorsed) => maker().commit(endorsed)));
      expect(commits.map(({ code }) => code).sort()).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
      expect(await maker().read('get', key)).toBe('2');
    });

    test('of two that made the same key one is committed', async () => {
      const key = fresh();
      const both = [await maker().endorse('create', key, 'a'), await maker().endorse('create', key, 'b')];
      const commits = await Promise.all(both.map((endorsed) => maker().commit(endorsed)));
      expect(commits.map(({ code }) => code).sort()).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
      expect(JSON.parse(await maker().read('history', key))).toHaveLength(1);
    });

    test('a read of a key that was deleted since conflicts', async () => {
      const key = fresh();
      await maker().write('increment', key);
      const early = await maker().endorse('increment', key);
      await maker().write('del', key);
      expect((await maker().commit(early)).code).toBe('MVCC_READ_CONFLICT');
      expect(await maker().read('get', key)).toBe('');
    });

    test('writers that read nothing do not conflict', async () => {
      const key = fresh();
      const both = [await maker().endorse('put', key, 'a'), await maker().endorse('put', key, 'b')];
      const commits = await Promise.all(both.map((endorsed) => maker().commit(endorsed)));
      expect(commits.map(({ code }) => code)).toEqual(['VALID', 'VALID']);
      expect(JSON.parse(await maker().read('history', key))).toHaveLength(2);
    });

    test.each([
      ['appears', (run: string) => maker().write('put', `${run}-b`, 'x')],
      ['disappears', (run: string) => maker().write('del', `${run}-a`)],
      ['changes', (run: string) => maker().write('put', `${run}-a`, 'y')],
    ])('a row that %s in a range that was read is a phantom', async (_what, change) => {
      const run = fresh();
      await maker().write('put', `${run}-a`, 'x');
      const early = await maker().endorse('rangePut', run, `${run}-~`, `${run}~sum`, 'sum');
      await change(run);
      expect((await maker().commit(early)).code).toBe('PHANTOM_READ_CONFLICT');
      expect(await maker().read('get', `${run}~sum`)).toBe('');
    });

    test('a row outside a range that was read is none', async () => {
      const run = fresh();
      await maker().write('put', `${run}-a`, 'x');
      const early = await maker().endorse('rangePut', run, `${run}-b`, `${run}~sum`, 'sum');
      // The end is not part of the range.
      await maker().write('put', `${run}-b`, 'x');
      expect((await maker().commit(early)).code).toBe('VALID');
    });

    test('a row that was ordered first, even in the same block, is a phantom', async () => {
      const run = fresh();
      const all = [
        await maker().endorse('put', `${run}-a`, 'x'),
        await maker().endorse('rangePut', run, `${run}-~`, `${run}~sum`, 'sum'),
      ];
      const [put, range] = await Promise.all(all.map((endorsed) => maker().commit(endorsed)));
      expect(put!.code).toBe('VALID');
      const after =
        range!.block > put!.block ? ['PHANTOM_READ_CONFLICT'] : ['VALID', 'PHANTOM_READ_CONFLICT'];
      expect(range!.block < put!.block ? ['VALID'] : after).toContain(range!.code);
      expect(await maker().read('get', `${run}~sum`)).toBe(range!.code === 'VALID' ? 'sum' : '');
    });

    test('a range read to its end in a large state is checked to its end', async () => {
      const run = fresh();
      const rows = Array.from({ length: 150 }, (_, i) => `${run}-${String(i).padStart(3, '0')}`);
      await Promise.all(rows.map((key) => maker().write('put', key, 'x')));
      const early = await maker().endorse('rangePut', run, `${run}-~`, `${run}~sum`, 'sum');
      expect(Buffer.from(early.result).toString()).toBe('150');
      const late = await maker().endorse('rangePut', run, `${run}-~`, `${run}~again`, 'sum');
      expect((await maker().commit(early)).code).toBe('VALID');
      await maker().write('put', `${run}-999`, 'x');
      expect((await maker().commit(late)).code).toBe('PHANTOM_READ_CONFLICT');
    });
  });
}
