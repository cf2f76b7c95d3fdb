// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { KeyedRow, RowScan } from './copy.js';
import { RangeQuery } from './iterators.js';

function rows(count: number): KeyedRow[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `k${String(i).padStart(4, '0')}`,
    version: { block: 1, tx: i },
    value: Buffer.from(String(i)),
  }));
}

function scanOf(all: KeyedRow[]): RowScan & { closed: boolean } {
  const rest = [...all];
  const scan = {
    closed: false,
    next: (size: number) => Promise.resolve(rest.splice(0, size)),
    close: () => {
      scan.closed = true;
      return Promise.resolve();
    },
  };
  return scan;
}

async function take(query: RangeQuery, count: number): Promise<string[]> {
  const iterator = query.iterator();
  const keys: string[] = [];
  for (let next = await iterator.next(); !next.done && keys.length < count; next = await iterator.next()) {
    keys.push(next.value.key);
  }
  return keys;
}

describe('range query', () => {
  test.each([0, 1, 99, 100, 101, 200, 201, 350])(
    'hands out all of %i rows and knows that it is at the end',
    async (count) => {
      const query = await RangeQuery.open(scanOf(rows(count)), 'a', 'z');
      expect(await take(query, Infinity)).toEqual(rows(count).map(({ key }) => key));
      expect(query.extent()).toMatchObject({ start: 'a', end: 'z', exhausted: true });
      expect(query.extent().reads).toHaveLength(count);
    },
  );

  test('records what the peer read ahead when the chaincode stops early', async () => {
    const query = await RangeQuery.open(scanOf(rows(350)), 'a', 'z');
    expect(await take(query, 3)).toHaveLength(3);
    expect(query.extent()).toMatchObject({ end: 'k0100', exhausted: false });
    expect(query.extent().reads).toHaveLength(101);
  });

  test.each([
    [5, 80, 5, ''],
    [80, 80, 80, ''],
    [81, 80, 80, 'k0080'],
    [400, 250, 250, 'k0250'],
  ])('of %i rows a page of %i has %i and then %s', async (count, size, found, bookmark) => {
    const scan = scanOf(rows(count));
    const page = await (await RangeQuery.open(scan, 'a', 'z', size)).page();
    expect(page.rows).toHaveLength(found);
    expect(page.bookmark).toBe(bookmark);
    expect(scan.closed).toBe(true);
  });
});
