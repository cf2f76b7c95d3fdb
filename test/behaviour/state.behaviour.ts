// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Actor, type LedgerUnderTest } from './under-test.js';

/** Reading and writing: keys, ranges, composite keys, history, time and caller. */
export function describeState(network: () => LedgerUnderTest): void {
  describe('state', () => {
    const as = (member: string): Actor => new Actor(network(), member);
    const fresh = (): string => `k-${randomUUID()}`;

    test('a committed value is there for every member', async () => {
      const key = fresh();
      expect((await as('maker').write('create', key, 'timber')).code).toBe('VALID');
      expect(await as('maker').read('get', key)).toBe('timber');
      for (const member of ['carrier', 'bank', 'inspection', 'customs']) {
        expect(await as(member).read('get', key)).toBe('timber');
      }
    });

    test('a deleted key is gone and can be made again', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.write('create', key, 'one');
      await maker.write('del', key);
      expect(await maker.read('get', key)).toBe('');
      expect((await maker.write('create', key, 'two')).code).toBe('VALID');
      expect(await maker.read('get', key)).toBe('two');
    });

    test('an empty value deletes', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.write('put', key, 'one');
      await maker.write('put', key, '');
      expect(await maker.read('history', key)).toMatch(/"deleted":true.*"deleted":false/);
    });

    test('reads do not see writes of their own transaction', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.write('put', key, 'before');
      expect((await maker.write('putThenGet', key, 'after')).result).toBe('before');
      expect(await maker.read('get', key)).toBe('after');
    });

    test('evaluate writes nothing', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.read('put', key, 'value');
      expect(await maker.read('get', key)).toBe('');
    });

    test('a range is in byte order of UTF-8, without its end', async () => {
      const [maker, run] = [as('maker'), fresh()];
      // In UTF-16 order the emoji would come before U+FB01.
      const tails = ['B', 'a', 'z', '~', 'é', '\u{fb01}', '\u{1f600}'];
      await Promise.all([...tails].reverse().map((tail) => maker.write('put', `${run}${tail}`, tail)));
      const all = JSON.parse(await maker.read('range', run, `${run}\u{10ffff}`)) as [string, string][];
      expect(all.map(([, value]) => value)).toEqual(tails);
      const some = JSON.parse(await maker.read('range', `${run}a`, `${run}é`)) as [string, string][];
      expect(some.map(([key]) => key)).toEqual(['a', 'z', '~'].map((tail) => run + tail));
    });

    test('a range of more rows than fit one message is whole, and pages divide it', async () => {
      const [maker, run] = [as('maker'), fresh()];
      const keys = Array.from({ length: 205 }, (_, i) => `${run}-${String(i).padStart(3, '0')}`);
      // Orderers turn away what is too much at once; the port, unlike the writer above it, sends once.
      for (let from = 0; from < keys.length; from += 50)
        await Promise.all(keys.slice(from, from + 50).map((key) => maker.write('put', key, 'x')));
      const whole = JSON.parse(await maker.read('range', run, `${run}~`)) as [string, string][];
      expect(whole.map(([key]) => key)).toEqual(keys);

      const pages: number[] = [];
      const found: string[] = [];
      for (let bookmark = '', more = true; more; more = bookmark !== '') {
        const page = JSON.parse(await maker.read('page', run, `${run}~`, '80', bookmark)) as Page;
        pages.push(page.rows.length);
        found.push(...page.rows.map(([key]) => key));
        bookmark = page.bookmark;
      }
      expect(pages).toEqual([80, 80, 45]);
      expect(found).toEqual(keys);
    });

    test('composite keys are found by their beginning, and not by plain ranges', async () => {
      const [maker, run] = [as('maker'), fresh()];
      for (const attributes of [
        [run, 'b'],
        [run, 'a'],
        [run, 'a', 'x'],
        [`${run}-other`, 'a'],
      ]) {
        await maker.write('putComposite', 'thing', JSON.stringify(attributes), attributes.join('/'));
      }
      const found = JSON.parse(await maker.read('rangeComposite', 'thing', JSON.stringify([run]))) as unknown;
      expect(found).toEqual([
        [[run, 'a'], `${run}/a`],
        [[run, 'a', 'x'], `${run}/a/x`],
        [[run, 'b'], `${run}/b`],
      ]);
      expect(await maker.read('range', '', '')).not.toContain(`${run}/a`);
    });

    test('history is every committed change, newest first', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const first = await maker.write('put', key, 'one');
      const second = await maker.write('put', key, 'two');
      const third = await maker.write('del', key);
      expect(JSON.parse(await maker.read('history', key))).toEqual([
        { txId: third.txId, value: '', deleted: true },
        { txId: second.txId, value: 'two', deleted: false },
        { txId: first.txId, value: 'one', deleted: false },
      ]);
      expect(await maker.read('history', `${key}-never`)).toBe('[]');
    });

    test('a megabyte goes in and comes back', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const big = await maker.read('big', '1000000');
      expect(big).toHaveLength(1_000_000);
      expect((await maker.write('put', key, big)).code).toBe('VALID');
      expect(await maker.read('get', key)).toBe(big);
    });

    test('the time is the proposal’s', async () => {
      const before = Date.now();
      const time = Date.parse((await as('maker').write('time')).result);
      expect(time).toBeGreaterThanOrEqual(before - 1);
      expect(time).toBeLessThanOrEqual(Date.now() + 1);
    });

    test('the chaincode knows who calls', async () => {
      const who = JSON.parse(await as('bank').read('whoAmI')) as { mspId: string; id: string };
      expect(who.mspId).toBe('bank');
      expect(who.id).toMatch(/^x509::.*CN=.+::.*CN=ca\.bank/s);
    });
  });
}

interface Page {
  readonly rows: [string, string][];
  readonly bookmark: string;
}
