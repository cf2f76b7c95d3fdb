// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import fc from 'fast-check';
import { parseStrictJson } from './json.js';

function codeOf(text: string, depth = 32): string {
  try {
    parseStrictJson(text, depth);
    return 'taken';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
}

describe('strict JSON', () => {
  test('takes whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        const names = [...text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, name]) => name);
        fc.pre(!names.some((name) => /^(__proto__|constructor|prototype)$/.test(name ?? '')));
        fc.pre(!text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text));
        fc.pre(!/[0-9]{16}/.test(text));
        expect(parseStrictJson(text, 64)).toEqual(JSON.parse(text));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test.each<[string, string]>([
    ['broken off', '{"a":'],
    ['empty', ''],
    ['two values', '1 2'],
    ['a name twice', '{"a":1,"b":{"a":1},"a":2}'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['__proto__', '{"x":{"__proto__":{"admin":true}}}'],
    ['__proto__ escaped', '{"\\u005f_proto__":1}'],
    ['constructor', '{"constructor":{"prototype":{}}}'],
    ['U+0000 in a text', '{"a":"x\\u0000y"}'],
    ['U+0000 in a name', '{"\\u0000":1}'],
    ['an unpaired high surrogate', '["\\ud800"]'],
    ['an unpaired low surrogate', '["\\udc00x"]'],
    ['a number past the largest double', '[1e999]'],
    ['a whole number past what a double counts', '[12345678901234567890]'],
    ['a negative one', '{"a":-9007199254740993}'],
  ])('refuses %s', (_, text) => {
    expect(codeOf(text)).toBe('TL-INPUT-MALFORMED');
  });

  test.each<[string, string]>([
    ['the same name in different objects', '[{"a":1},{"a":2},{"b":{"a":3}}]'],
    ['names that only look like strings', '{"a":"b","b":"a"}'],
    ['a pair of surrogates', '["\\ud83d\\ude00"]'],
    ['escaped quotes and backslashes', '{"a\\\\":"\\"}{\\\\","b":"\\\\\\\\"}'],
    ['a forbidden name as a value', '{"a":"__proto__"}'],
    ['the largest whole number', '[9007199254740991,-9007199254740991,1.5e300]'],
    ['a long fraction', '[0.12345678901234567890]'],
  ])('takes %s', (_, text) => {
    expect(parseStrictJson(text, 32)).toEqual(JSON.parse(text));
  });

  test('depth is counted over objects and lists, at its very limit', () => {
    expect(codeOf('[[[{"a":1}]]]', 4)).toBe('taken');
    expect(codeOf('[[[{"a":[]}]]]', 4)).toBe('TL-INPUT-TOO-DEEP');
    expect(codeOf('['.repeat(200_000) + ']'.repeat(200_000))).toBe('TL-INPUT-TOO-DEEP');
  });

  test('does not quote the body', () => {
    expect(() => parseStrictJson('{"secret":tl_abc}', 4)).toThrow('The body is not well-formed JSON');
  });

  test('a megabyte is checked in far less than a second', () => {
    const text = JSON.stringify(
      Array.from({ length: 20_000 }, (_, at) => ({ name: `thing ${String(at)}`, size: at, ok: true })),
    );
    const began = performance.now();
    parseStrictJson(text, 32);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
