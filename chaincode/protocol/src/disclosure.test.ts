// SPDX-License-Identifier: Apache-2.0
import { hashOfDigests, memberDigest, type Disclosed, type Disclosure } from './disclosure';
import { disclose, documentHash, openDisclosure, type SaltedDocument } from './document';
import { sha256 } from './hash';
import { Refusal } from './refusal';

const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
const document: SaltedDocument = {
  thing: 'urn:x:1',
  origin: { country: 'ES', 'a/b~c': 1, soil: {} },
  readings: [{ mean: 22.6 }],
  note: null,
  salt,
};
const { salt: _, ...open } = document;
const hash = documentHash(document);

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

/** A disclosure of these members and its own right hash: what an owner could commit to who writes no documents. */
function committed(members: readonly [pointer: string, value: unknown][]): [Disclosure, string] {
  const disclosed = members.map(([pointer, value]): Disclosed => [salt, pointer, value]);
  const digests = disclosed.map((member) => memberDigest(member, sha256));
  return [
    { type: 'ThingLedgerDisclosure', version: 1, disclosed, hidden: [] },
    hashOfDigests(digests, sha256),
  ];
}

describe('T7 T3: a document is shown by its members', () => {
  test('all of it opens to the document without its salt', () => {
    expect(openDisclosure(disclose(document, 'all'), hash)).toEqual({ hash, document: open, hidden: 0 });
  });

  test('members are JSON Pointers; arrays and empty objects are one', () => {
    const { disclosed } = disclose(document, 'all');
    expect(disclosed.map(([, pointer]) => pointer)).toEqual([
      '/note',
      '/origin/a~1b~0c',
      '/origin/country',
      '/origin/soil',
      '/readings',
      '/thing',
    ]);
  });

  test('what is hidden shows neither value nor name, and the copy still verifies', () => {
    const copy = disclose(document, ['/origin', '/nothing']);
    expect(openDisclosure(copy, hash)).toEqual({ hash, document: { origin: open['origin'] }, hidden: 3 });
    expect(JSON.stringify(copy)).not.toMatch(/thing"|note|readings|22\.6/);
  });

  test('a field covers what lies beneath it, not what only begins alike', () => {
    const copy = disclose({ a: { b: 1 }, ab: 2, salt }, ['/a']);
    expect(openDisclosure(copy).document).toEqual({ a: { b: 1 } });
  });

  test('no value can be guessed from its digest by who has another’s salt', () => {
    const salts = disclose(document, 'all').disclosed.map(([own]) => own);
    expect(new Set(salts).size).toBe(salts.length);
    expect(documentHash({ ...document, salt: 'B'.repeat(22) })).not.toBe(hash);
  });

  test.each<[string, SaltedDocument]>([
    ['too many members', { ...Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [n, n])), salt }],
    ['too long a name', { ['x'.repeat(256)]: 1, salt }],
    ['a forbidden name', JSON.parse(`{"__proto__":{"a":1},"salt":"${salt}"}`) as SaltedDocument],
    [
      'too long names in all',
      { ['y'.repeat(240)]: Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [n, n])), salt },
    ],
    ['too deep an array', { a: JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown, salt }],
    ['too deep an object', JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as SaltedDocument],
  ])('%s can not be committed to', (_what, wrong) => {
    expect(codeOf(() => documentHash(wrong))).toBe('TL-DATA-MEMBERS');
  });

  test.each<[string, (copy: Disclosure) => unknown]>([
    ['nothing', () => undefined],
    ['another kind of file', () => ({ not: 'the data' })],
    ['a member more', (copy) => ({ ...copy, more: 1 })],
    ['another version', (copy) => ({ ...copy, version: 2 })],
    ['no value', (copy) => ({ ...copy, disclosed: [copy.disclosed[0]?.slice(0, 2)] })],
    ['a changed value', (copy) => JSON.parse(JSON.stringify(copy).replace('22.6', '22.5')) as unknown],
    ['a changed name', (copy) => JSON.parse(JSON.stringify(copy).replace('country', 'county')) as unknown],
    ['a hidden one left out', (copy) => ({ ...copy, hidden: copy.hidden.slice(1) })],
    ['a hidden one twice', (copy) => ({ ...copy, hidden: [copy.hidden[0], ...copy.hidden] })],
    ['an open one as hidden too', ({ disclosed, ...copy }) => withDigestOf(disclosed[0]!, disclosed, copy)],
    ['hidden ones out of order', (copy) => ({ ...copy, hidden: [...copy.hidden].reverse() })],
    ['open ones out of order', (copy) => ({ ...copy, disclosed: [...copy.disclosed].reverse() })],
    ['an open one twice', (copy) => ({ ...copy, disclosed: [copy.disclosed[0], ...copy.disclosed] })],
  ])('%s is found', (_what, change) => {
    const copy = disclose(document, ['/origin', '/readings']);
    expect(codeOf(() => openDisclosure(change(copy), hash))).toBe('TL-VERIFY-HASH');
  });

  test.each<[string, readonly [string, unknown][]]>([
    [
      'a member beneath another’s value',
      [
        ['/a', 1],
        ['/a/b', 2],
      ],
    ],
    [
      'a member beneath an object that is a value',
      [
        ['/a', {}],
        ['/a-', 1],
        ['/a/b', 2],
      ],
    ],
    ['a prototype', [['/__proto__/polluted', 1]]],
    ['the whole document as a member', [['', { a: 1 }]]],
    ['no pointer', [['a', 1]]],
    ['a wrong escape', [['/a~2', 1]]],
    ['too deep a value', [['/a', JSON.parse('['.repeat(40) + ']'.repeat(40))]]],
  ])('%s, committed to by its owner, is no document', (_what, members) => {
    const [copy, own] = committed(members);
    expect(codeOf(() => openDisclosure(copy, own))).toBe('TL-VERIFY-DOCUMENT');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('a number that no document can hold is refused, not choked on', () => {
    const served = JSON.parse(`{"a":1e400}`) as { a: number };
    const copy = { ...disclose(document, []), disclosed: [[salt, '/a', served.a]] };
    expect(codeOf(() => openDisclosure(copy, hash))).toBe('TL-VERIFY-DOCUMENT');
  });

  test('names that objects inherit are names like others', () => {
    const odd = { constructor: { toString: 1 }, hasOwnProperty: 2, salt };
    expect(openDisclosure(disclose(odd, 'all'), documentHash(odd)).document).toEqual({
      constructor: { toString: 1 },
      hasOwnProperty: 2,
    });
  });
});

function withDigestOf(
  member: Disclosed,
  disclosed: readonly Disclosed[],
  copy: Omit<Disclosure, 'disclosed'>,
): object {
  return { ...copy, disclosed, hidden: [...copy.hidden, memberDigest(member, sha256)].sort() };
}
