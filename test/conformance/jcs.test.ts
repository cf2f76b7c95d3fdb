// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol';
import { sayAbsent, vectors } from './vectors.js';

const { names, read } = vectors('jcs', '.input.json');

describe('RFC 8785 vectors', () => {
  if (names.length === 0) return sayAbsent('jcs');

  test.each(names)('%s', (name) => {
    const input: unknown = JSON.parse(read(`${name}.input.json`));
    const expected = read(`${name}.outhex.txt`).replace(/\s/g, '');
    expect(Buffer.from(canonicalJson(input), 'utf8').toString('hex')).toBe(expected);
  });
});
