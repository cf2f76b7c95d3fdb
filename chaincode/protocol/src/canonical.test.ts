// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { canonicalJson } from './canonical';

describe('canonical JSON (RFC 8785)', () => {
  test('does not depend on the order in which members were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // Negative zero is written as zero (RFC 8785, 3.2.2.3).
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test.each([NaN, Infinity])('refuses %p', (value) => {
    expect(() => canonicalJson({ value })).toThrow();
  });
});
