// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { fingerprintOf, parseIdempotencyKey } from './key.js';

describe('the Idempotency-Key header', () => {
  it.each([
    ['a quoted string', '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['a bare key', '8e03978e-40d5', '8e03978e-40d5'],
    ['escapes', '"a\\"b\\\\c"', 'a"b\\c'],
    ['surrounding space', '  key-1 ', 'key-1'],
    ['the longest', 'k'.repeat(255), 'k'.repeat(255)],
  ])('takes %s', (_name, header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  it.each([
    ['nothing', ''],
    ['an empty string', '""'],
    ['too much', 'k'.repeat(256)],
    ['a space inside', 'two words'],
    ['an open quote', '"open'],
    ['a stray quote in a string', '"a"b"'],
    ['other characters', 'schlüssel'],
    ['control characters', 'a\u0007b'],
  ])('refuses %s', (_name, header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(new Refusal('TL-IDEMPOTENCY-MALFORMED'));
  });
});

describe('the fingerprint', () => {
  it('does not hang on the order of members', () => {
    expect(fingerprintOf('post', '/things', { a: 1, b: 2 })).toBe(
      fingerprintOf('POST', '/things', { b: 2, a: 1 }),
    );
  });

  it('hangs on method, route and body', () => {
    const prints = [
      fingerprintOf('POST', '/things', { a: 1 }),
      fingerprintOf('PUT', '/things', { a: 1 }),
      fingerprintOf('POST', '/things/1', { a: 1 }),
      fingerprintOf('POST', '/things', { a: 2 }),
      fingerprintOf('POST', '/things', undefined),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });
});
