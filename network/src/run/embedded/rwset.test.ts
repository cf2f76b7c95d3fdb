// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { ReadWriteSet } from './read-write-set.js';
import {
  decodePrivateWrites,
  decodeReadWriteSet,
  encodePrivateWrites,
  encodeReadWriteSet,
  privateHash,
} from './rwset.js';

const version = { block: 3, tx: 1 };

function filled(order: readonly string[]): ReadWriteSet {
  const set = new ReadWriteSet('goods');
  for (const key of order) {
    set.read(key, key === 'a' ? version : undefined);
    set.write(key, key === 'b' ? undefined : Buffer.from(`${key} é`));
    set.privateWrite('secret', key, Buffer.from(key));
  }
  set.privateRead('secret', 'p', version);
  set.range(() => ({ start: 'a', end: 'z', exhausted: true, reads: [{ key: 'a', version }] }));
  return set;
}

describe('read and write set', () => {
  test('is read as it was written', () => {
    const [set] = decodeReadWriteSet(encodeReadWriteSet(filled(['a', 'b', 'c']).sets()));
    expect(set).toMatchObject({
      namespace: 'goods',
      reads: [
        { key: 'a', version },
        { key: 'b', version: undefined },
        { key: 'c', version: undefined },
      ],
      ranges: [{ start: 'a', end: 'z', exhausted: true, reads: [{ key: 'a', version }] }],
    });
    expect(set!.writes.map(({ key, value }) => [key, value && Buffer.from(value).toString()])).toEqual([
      ['a', 'a é'],
      ['b', undefined],
      ['c', 'c é'],
    ]);
    expect(set!.collections[0]?.writes.map(({ keyHash }) => Buffer.from(keyHash))).toEqual(
      ['a', 'b', 'c'].map(privateHash),
    );
  });

  test('has the same bytes in whatever order the chaincode worked', () => {
    expect(encodeReadWriteSet(filled(['c', 'a', 'b']).sets())).toEqual(
      encodeReadWriteSet(filled(['a', 'b', 'c']).sets()),
    );
  });

  test('keeps the first read and the last write', () => {
    const set = new ReadWriteSet('goods');
    set.read('k', version);
    set.read('k', undefined);
    set.write('k', Buffer.from('one'));
    set.write('k', Buffer.from('two'));
    expect(set.sets()).toMatchObject([{ reads: [{ version }], writes: [{ value: Buffer.from('two') }] }]);
    set.write('k', Buffer.alloc(0));
    expect(set.sets()[0]?.writes).toEqual([{ key: 'k', value: undefined }]);
  });

  test('holds private values by hash only; the values go their own way', () => {
    const set = filled(['a']);
    expect(Buffer.from(encodeReadWriteSet(set.sets())).includes('secret')).toBe(true);
    const read = decodePrivateWrites(encodePrivateWrites('goods', set.privateWrites()));
    expect(read.map(({ collection, writes }) => [collection, writes.map(({ key }) => key)])).toEqual([
      ['secret', ['a']],
    ]);
    expect(set.sets()[0]?.collections[0]?.writes[0]?.valueHash).toEqual(privateHash('a'));
  });

  test('of nothing is empty', () => {
    expect(new ReadWriteSet('goods').sets()).toEqual([]);
  });
});
