// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  disclose,
  documentHash,
  openDisclosure,
  Refusal,
  type Disclosure,
} from '@thingledger/protocol';
import fc from 'fast-check';

const name = fc
  .oneof(fc.stringMatching(/^[a-z]{1,3}$/), fc.string({ maxLength: 5 }), fc.constantFrom('~', '/', '', '~1'))
  .filter((text) => text !== '__proto__');
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
}));
const document = fc
  .tuple(fc.dictionary(name, value, { maxKeys: 6 }), fc.stringMatching(/^[A-Za-z0-9_-]{22}$/))
  .map(([members, salt]) => ({ ...members, salt }));

/** A document, and any of its members to be shown, with some that it does not have. */
const copies = document.chain((whole) => {
  const pointers = disclose(whole, 'all').disclosed.map(([, pointer]) => pointer);
  return fc.tuple(fc.constant(whole), fc.subarray(pointers), fc.boolean());
});

/** One change of what a copy says: of any text, number or list in it. */
function changed(copy: Disclosure, pick: number): unknown {
  const text = canonicalJson(copy);
  const at = pick % text.length;
  const other = String.fromCharCode(text.charCodeAt(at) === 0x30 ? 0x31 : 0x30);
  return text.slice(0, at) + other + text.slice(at + 1);
}

const verifies = (copy: unknown, hash: string): boolean => {
  try {
    openDisclosure(copy, hash);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return false;
  }
};

const parsed = (text: unknown): unknown => {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
};

describe('T7: of any document, any members can be shown', () => {
  test('the copy verifies against the hash, and shows exactly those', () => {
    fc.assert(
      fc.property(copies, ([whole, shown, all]) => {
        const hash = documentHash(whole);
        const copy = disclose(whole, all ? 'all' : shown);
        const { document: open, hidden } = openDisclosure(JSON.parse(canonicalJson(copy)), hash);
        const members = disclose(whole, 'all').disclosed;
        const expected = members.filter(([, pointer]) => all || shown.includes(pointer));
        expect(canonicalJson(disclose({ ...open, salt: whole.salt }, 'all').disclosed)).toBe(
          canonicalJson(expected),
        );
        expect(hidden).toBe(members.length - expected.length);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('any character of it changed is found', () => {
    fc.assert(
      fc.property(copies, fc.nat(), ([whole, shown], pick) => {
        const copy = disclose(whole, shown);
        const other = parsed(changed(copy, pick));
        // A change may leave the same value behind, such as another spelling of a character.
        fc.pre(other === undefined || canonicalJson(other) !== canonicalJson(copy));
        expect(verifies(other, documentHash(whole))).toBe(false);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
