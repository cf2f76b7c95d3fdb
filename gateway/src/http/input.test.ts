// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { mergeInput, queryMembers } from './input.js';

const refusal = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

describe('one input out of path, query and body', () => {
  test('members of all three', () => {
    expect({ ...mergeInput({ recordId: 'record-1' }, '/x?limit=5', { decision: 'accept' }) }).toEqual({
      recordId: 'record-1',
      limit: '5',
      decision: 'accept',
    });
  });

  test('the same value twice is one value, two values are refused', () => {
    expect(refusal(() => mergeInput({ a: '1' }, '', { a: '1' }))).toBe('taken');
    expect(refusal(() => mergeInput({ a: '1' }, '', { a: '2' }))).toBe('TL-INPUT-INVALID');
    expect(refusal(() => mergeInput({ a: '1' }, '/x?a=2', undefined))).toBe('TL-INPUT-INVALID');
  });

  test.each<[string, unknown]>([
    ['a list', []],
    ['null', null],
    ['a text', 'x'],
    ['a number', 1],
  ])('a body that is %s is refused', (_, body) => {
    expect(refusal(() => mergeInput({}, '', body))).toBe('TL-INPUT-INVALID');
  });

  test('has no prototype to pollute', () => {
    expect(Object.getPrototypeOf(mergeInput({}, '', { a: 1 }))).toBeNull();
  });

  test('U+0000 in the path is refused', () => {
    expect(refusal(() => mergeInput({ thing: 'a\0b' }, '', undefined))).toBe('TL-INPUT-MALFORMED');
  });
});

describe('the query', () => {
  test('is decoded as forms write it', () => {
    expect(queryMembers('/x?thing=https%3A%2F%2Fid.gs1.org%2F01&note=a+b&empty=&bare')).toEqual([
      ['thing', 'https://id.gs1.org/01'],
      ['note', 'a b'],
      ['empty', ''],
      ['bare', ''],
    ]);
    expect(queryMembers('/x')).toEqual([]);
    expect(queryMembers('/x?')).toEqual([]);
  });

  test.each<[string, string, string]>([
    ['a parameter twice', '/x?a=1&a=1', 'TL-INPUT-INVALID'],
    ['broken percent-encoding', '/x?a=%zz', 'TL-INPUT-MALFORMED'],
    ['percent-encoding that is not UTF-8', '/x?a=%ff', 'TL-INPUT-MALFORMED'],
    ['a forbidden name', '/x?__proto__=1', 'TL-INPUT-MALFORMED'],
  ])('%s is refused', (_, url, code) => {
    expect(refusal(() => queryMembers(url))).toBe(code);
  });
});
