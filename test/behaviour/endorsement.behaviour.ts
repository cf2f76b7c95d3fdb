// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Actor, failureOf, type LedgerUnderTest, members } from './under-test.js';

/** Who endorses, and how a no reaches the client. */
export function describeEndorsement(network: () => LedgerUnderTest): void {
  describe('endorsement', () => {
    const as = (member: string): Actor => new Actor(network(), member);
    const fresh = (): string => `k-${randomUUID()}`;

    test('every member’s client can write, whether its own peer counts for the policy or not', async () => {
      for (const member of members) {
        expect((await as(member).write('create', fresh(), member)).code).toBe('VALID');
      }
    });

    test('the chaincode’s result comes with the endorsement', async () => {
      const key = fresh();
      expect((await as('maker').write('increment', key)).result).toBe('1');
      expect((await as('maker').write('increment', key)).result).toBe('2');
    });

    test('a refusal keeps its text and says whose peer refused', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.write('create', key, 'one');
      const failure = await failureOf(maker.endorse('create', key, 'two'));
      expect(failure).toMatchObject({ name: 'LedgerError', kind: 'refused' });
      expect(failure.peers.length).toBeGreaterThan(0);
      for (const { address, mspId, message } of failure.peers) {
        expect(message).toContain(`${key} exists`);
        expect(members).toContain(mspId);
        expect(address).toMatch(/:\d+$/);
      }
    });

    test('a refusal of a read keeps its text as well', async () => {
      const why = `no: "${randomUUID()}", {not} \\ even é`;
      const failure = await failureOf(as('carrier').read('refuse', why));
      expect(failure).toMatchObject({ name: 'LedgerError', kind: 'refused' });
      expect(failure.peers.map(({ message }) => message).join()).toContain(why);
    });

    test('nothing of a refused transaction remains', async () => {
      await failureOf(as('maker').endorse('refuse', 'anything'));
      expect(await as('maker').read('get', 'refused')).toBe('');
    });

    test('an unknown function is refused', async () => {
      expect((await failureOf(as('maker').endorse('neverWritten'))).kind).toBe('refused');
      expect((await failureOf(as('maker').read('neverWritten'))).kind).toBe('refused');
    });

    test('a wrong number of arguments is refused', async () => {
      expect((await failureOf(as('maker').endorse('put', 'key only'))).kind).toBe('refused');
    });

    test('an unknown chaincode is no refusal', async () => {
      const maker = as('maker');
      const call = { ...maker.call('get', 'x'), chaincode: 'nowhere' };
      expect((await failureOf(maker.ledger.endorse(call, maker.identity))).kind).toBe('unavailable');
      expect((await failureOf(maker.ledger.evaluate(call, maker.identity))).kind).toBe('unavailable');
    });

    test('endorsers that differ make no transaction', async () => {
      const failure = await failureOf(as('maker').endorse('differ'));
      expect(failure).toMatchObject({ name: 'LedgerError', kind: 'mismatch' });
      expect(failure.peers.map(({ mspId }) => mspId).sort()).toEqual(['customs', 'inspection']);
    });

    test('an identity of another authority is denied', async () => {
      const [maker, impostor] = [as('maker'), network().impostor()];
      expect((await failureOf(maker.ledger.evaluate(maker.call('get', 'x'), impostor))).kind).toBe('denied');
      expect((await failureOf(maker.ledger.endorse(maker.call('put', 'x', 'y'), impostor))).kind).toBe(
        'denied',
      );
    });

    test('a certificate without its key is denied', async () => {
      const [maker, carrier] = [as('maker'), as('carrier')];
      const mixed = { ...maker.identity, privateKeyPem: carrier.identity.privateKeyPem };
      expect((await failureOf(maker.ledger.evaluate(maker.call('get', 'x'), mixed))).kind).toBe('denied');
      expect((await failureOf(maker.ledger.endorse(maker.call('put', 'x', 'y'), mixed))).kind).toBe('denied');
    });
  });
}
