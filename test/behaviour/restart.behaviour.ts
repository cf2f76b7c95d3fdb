// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Actor, eventually, type LedgerUnderTest } from './under-test.js';

/** What outlives the processes. */
export function describeRestart(network: () => LedgerUnderTest, patience: number): void {
  describe('restart', () => {
    test(
      'state, history, private values, events, outcomes and endorsed envelopes are still good',
      async () => {
        const [maker, run] = [new Actor(network(), 'maker'), `r-${randomUUID()}`];
        const { collection } = network();
        const before = await maker.write('put', run, 'kept');
        const event = await maker.write('emit', `${run}-1`, 'payload');
        await maker.writePrivately('hidden', 'putPrivate', collection, run);
        const open = await maker.endorse('put', `${run}-open`, 'later');
        const hidden = {
          ...maker.call('putPrivate', collection, `${run}-open`),
          transient: { value: Buffer.from('later') },
        };
        const openPrivate = await maker.ledger.endorse(hidden, maker.identity);

        await network().restart();

        await eventually(async () => expect(await maker.read('get', run)).toBe('kept'), patience);
        expect(JSON.parse(await maker.read('history', run))).toMatchObject([{ txId: before.txId }]);
        expect(await maker.read('getPrivate', collection, run)).toBe('hidden');
        expect(await maker.status(before.txId)).toEqual({ code: 'VALID', block: before.block });
        expect(await maker.eventNames({ block: event.block }, 1, run)).toEqual([`${run}-1`]);

        expect((await maker.commit(open)).code).toBe('VALID');
        expect(await maker.read('get', `${run}-open`)).toBe('later');
        expect((await maker.commit(openPrivate)).code).toBe('VALID');
        expect(await maker.read('getPrivate', collection, `${run}-open`)).toBe('later');
        expect((await maker.write('put', run, 'new')).code).toBe('VALID');
      },
      2 * patience,
    );
  });
}
