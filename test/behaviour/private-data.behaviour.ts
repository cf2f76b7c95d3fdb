// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Actor, eventually, failureOf, type LedgerUnderTest, members } from './under-test.js';

/** Private collections: values for their members, hashes for everybody. */
export function describePrivateData(network: () => LedgerUnderTest): void {
  describe('private data', () => {
    const as = (member: string): Actor => new Actor(network(), member);
    const fresh = (): string => `p-${randomUUID()}`;
    const collection = (): string => network().collection;

    test('members read the value; the others are refused', async () => {
      const key = fresh();
      expect((await as('maker').writePrivately('12.50', 'putPrivate', collection(), key)).code).toBe('VALID');
      for (const member of ['maker', 'customs']) {
        await eventually(async () =>
          expect(await as(member).read('getPrivate', collection(), key)).toBe('12.50'),
        );
      }
      for (const member of ['carrier', 'bank', 'inspection']) {
        const failure = await failureOf(as(member).read('getPrivate', collection(), key));
        expect(failure.kind).toBe('refused');
        expect(failure.peers[0]?.message).toContain('does not have read access permission');
      }
    });

    test('everybody reads the hash', async () => {
      const key = fresh();
      await as('maker').writePrivately('secret', 'putPrivate', collection(), key);
      const hash = createHash('sha256').update('secret').digest('hex');
      for (const member of members) {
        await eventually(async () =>
          expect(await as(member).read('privateHash', collection(), key)).toBe(hash),
        );
      }
      expect(await as('bank').read('privateHash', collection(), `${key}-never`)).toBe('');
    });

    test('the value is not in the transaction', async () => {
      const [maker, value] = [as('maker'), randomUUID()];
      const call = {
        ...maker.call('putPrivate', collection(), fresh()),
        transient: { value: Buffer.from(value) },
      };
      const { envelope } = await maker.ledger.endorse(call, maker.identity);
      expect(Buffer.from(envelope).includes(value)).toBe(false);
    });

    test('a client of no member of the collection can not write to it', async () => {
      const failure = await failureOf(as('carrier').writePrivately('x', 'putPrivate', collection(), fresh()));
      expect(failure.kind).toBe('refused');
      expect(failure.peers[0]?.message).toContain('does not have write access permission');
    });

    test('a deleted value is gone for all', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.writePrivately('x', 'putPrivate', collection(), key);
      expect((await maker.write('delPrivate', collection(), key)).code).toBe('VALID');
      expect(await maker.read('getPrivate', collection(), key)).toBe('');
      expect(await maker.read('privateHash', collection(), key)).toBe('');
    });

    test('an unknown collection is refused', async () => {
      const failure = await failureOf(as('maker').writePrivately('x', 'putPrivate', 'nowhere', fresh()));
      expect(failure.kind).toBe('refused');
    });
  });
}
