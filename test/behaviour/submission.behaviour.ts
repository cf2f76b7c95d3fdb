// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Actor, failureOf, type LedgerUnderTest } from './under-test.js';

/** From an envelope to its commit. */
export function describeSubmission(network: () => LedgerUnderTest): void {
  describe('submission', () => {
    const as = (member: string): Actor => new Actor(network(), member);
    const fresh = (): string => `k-${randomUUID()}`;

    test('an endorsed transaction changes nothing until it is submitted', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const endorsed = await maker.endorse('put', key, 'x');
      expect(await maker.read('get', key)).toBe('');
      const late = await failureOf(maker.status(endorsed.txId, AbortSignal.timeout(200)));
      expect(late).toMatchObject({ name: 'LedgerError', kind: 'deadline' });
      expect((await maker.commit(endorsed)).code).toBe('VALID');
    });

    test('the same envelope again is harmless', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const endorsed = await maker.endorse('increment', key);
      await Promise.allSettled([1, 2, 3].map(() => maker.ledger.submit(endorsed, maker.identity)));
      const first = await maker.status(endorsed.txId);
      expect(first.code).toBe('VALID');
      // Fabric's orderers may say that they know it already; the outcome stays.
      await Promise.allSettled([maker.ledger.submit(endorsed, maker.identity)]);
      await maker.write('put', `${key}-after`, 'x');
      expect(await maker.status(endorsed.txId)).toEqual(first);
      expect(await maker.read('get', key)).toBe('1');
    });

    test('another member can ask what became of it', async () => {
      const endorsed = await as('maker').endorse('put', fresh(), 'x');
      const commit = await as('maker').commit(endorsed);
      expect(await as('customs').status(endorsed.txId)).toEqual(commit);
    });

    test('whoever waits already is told', async () => {
      const maker = as('maker');
      const endorsed = await maker.endorse('put', fresh(), 'x');
      const waiting = [maker.status(endorsed.txId), as('bank').status(endorsed.txId)];
      await maker.ledger.submit(endorsed, maker.identity);
      expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual(['VALID', 'VALID']);
    });

    test('many at once are all committed, each once', async () => {
      const [maker, run] = [as('maker'), fresh()];
      const keys = Array.from({ length: 60 }, (_, i) => `${run}-${i}`);
      const commits = await Promise.all(keys.map((key) => maker.write('create', key, 'x')));
      expect(new Set(commits.map(({ code }) => code))).toEqual(new Set(['VALID']));
      expect(new Set(commits.map(({ txId }) => txId)).size).toBe(60);
      expect(JSON.parse(await maker.read('range', run, `${run}~`))).toHaveLength(60);
    });

    test('an altered envelope is not accepted', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const endorsed = await maker.endorse('put', key, 'honest');
      const altered = Buffer.from(endorsed.envelope);
      altered.write('crooks', altered.lastIndexOf('honest'));
      const failure = await failureOf(
        maker.ledger.submit({ ...endorsed, envelope: altered }, maker.identity),
      );
      expect(failure.name).toBe('LedgerError');
      expect((await maker.commit(endorsed)).code).toBe('VALID');
      expect(await maker.read('get', key)).toBe('honest');
    });
  });
}
