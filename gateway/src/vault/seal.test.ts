// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { seal, unseal, type ObjectFacts } from './seal.js';

const masterKey = randomBytes(32);
const facts: ObjectFacts = {
  hash: 'a'.repeat(64),
  kind: 'bytes',
  thing: 'https://id.gs1.org/01/09506000134352/21/1',
  owner: 'farm@maker',
  storedAt: '2026-11-20T08:00:00.000Z',
};

describe('a sealed object', () => {
  it.each([0, 1, 15, 16, 17, 100_000])('of %d bytes is what it was', (length) => {
    const bytes = randomBytes(length);
    expect(unseal(seal(bytes, facts, masterKey), masterKey)).toEqual({ facts, bytes });
  });

  it('has a key and a nonce that no other has, however many are sealed', () => {
    const bytes = Buffer.from('the same bytes');
    const sealed = Array.from({ length: 1000 }, () => seal(bytes, facts, masterKey));
    const headers = sealed.map(
      (object) => JSON.parse(object.toString('utf8').split('\n')[0] ?? '') as object,
    );
    for (const member of ['wrappedKey', 'nonce', 'tag'])
      expect(new Set(headers.map((header) => header[member as keyof typeof header])).size).toBe(1000);
    for (const object of sealed) expect(unseal(object, masterKey)).toEqual({ facts, bytes });
    expect(unseal(sealed[0]!, randomBytes(32))).toBeUndefined();
  });
});
