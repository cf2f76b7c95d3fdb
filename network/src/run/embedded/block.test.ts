// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type Block, blockHash, codeName, decodeBlock, encodeBlock } from './block.js';

const block: Block = {
  number: 300,
  previousHash: Buffer.alloc(32, 7),
  envelopes: [Buffer.from('one'), Buffer.from('two')],
  codes: Uint8Array.of(0, 11),
};

describe('block', () => {
  test('is read as it was written', () => {
    const read = decodeBlock(encodeBlock(block));
    expect(read.number).toBe(300);
    expect(read.envelopes.map((envelope) => Buffer.from(envelope).toString())).toEqual(['one', 'two']);
    expect([...read.codes].map(codeName)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
    expect(blockHash(read)).toEqual(blockHash(block));
  });

  test('has the hash of its header in ASN.1, as Fabric computes it', () => {
    const data = createHash('sha256').update('onetwo').digest('hex');
    const header = `30480202012c0420${'07'.repeat(32)}0420${data}`;
    expect(blockHash(block).toString('hex')).toBe(createHash('sha256').update(header, 'hex').digest('hex'));
  });

  test.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [65_536, '0203010000'],
  ])('number %i is a positive integer of the fewest bytes', (number, encoded) => {
    const data = createHash('sha256').update('').digest('hex');
    const body = `${encoded}04000420${data}`;
    const header = `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
    const hash = blockHash({ number, previousHash: new Uint8Array(), envelopes: [] });
    expect(hash.toString('hex')).toBe(createHash('sha256').update(header, 'hex').digest('hex'));
  });

  test('does not decode with other data than its header says', () => {
    const bytes = encodeBlock(block);
    bytes.write('six', bytes.indexOf('two'));
    expect(() => decodeBlock(bytes)).toThrow('block data do not match');
  });

  test('depends on every part but the codes', () => {
    const hash = blockHash(block);
    expect(blockHash({ ...block, number: 301 })).not.toEqual(hash);
    expect(blockHash({ ...block, previousHash: Buffer.alloc(32, 8) })).not.toEqual(hash);
    expect(blockHash({ ...block, envelopes: [Buffer.from('one')] })).not.toEqual(hash);
  });
});
