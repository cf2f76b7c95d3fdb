// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Refusal } from '@thingledger/protocol';
import { verifyReceipt } from '@thingledger/receipts';
import { verified } from '../support/verified.js';
import { Actor, type LedgerUnderTest } from './under-test.js';

/** What proves a transaction without the network. */
export function describeReceipts(network: () => LedgerUnderTest): void {
  describe('receipts', () => {
    const maker = (): Actor => new Actor(network(), 'maker');
    const fresh = (): string => `k-${randomUUID()}`;

    test('what was committed has a receipt that holds, whoever takes it', async () => {
      const key = fresh();
      const { txId } = await maker().write('put', key, 'x');
      for (const member of ['maker', 'customs']) {
        const actor = new Actor(network(), member);
        await actor.status(txId);
        const receipt = await actor.ledger.receipt(network().channel, txId, actor.identity);
        const report = await verifyReceipt(receipt);
        expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
        expect(report.proved).toMatchObject({
          txId,
          caller: { member: 'maker' },
          operations: [{ operation: 'behaviour:put', input: key }],
        });
        const endorsers = report.proved?.endorsers.map((peer) => peer.member) ?? [];
        expect(endorsers.some((one) => ['inspection', 'customs'].includes(one))).toBe(true);
      }
    });

    test('what was committed as invalid has none', async () => {
      const key = fresh();
      const both = [await maker().endorse('create', key, 'a'), await maker().endorse('create', key, 'b')];
      const commits = await Promise.all(both.map((endorsed) => maker().commit(endorsed)));
      const loser = both[commits.findIndex(({ code }) => code !== 'VALID')];
      await expect(
        maker().ledger.receipt(network().channel, loser?.txId ?? '', maker().identity),
      ).rejects.toMatchObject({
        code: 'TL-TRANSACTION-INVALID',
        fields: { validation: 'MVCC_READ_CONFLICT' },
      } satisfies Partial<Refusal>);
    });

    test('a bundle proves what took effect and what was turned down', async () => {
      const key = fresh();
      const both = [await maker().endorse('create', key, 'a'), await maker().endorse('create', key, 'b')];
      await Promise.all(both.map((endorsed) => maker().commit(endorsed)));
      const { ledger, identity } = maker();
      const transactions = both.map(({ txId }) => txId);
      const file = await ledger.bundle(network().channel, { transactions }, identity);
      const report = await verified('bundle', file);
      expect(report.ok).toBe(true);
      const proved = report.transactions.map((entry) => entry.proved);
      expect(proved.map((one) => one?.txId).sort()).toEqual([...transactions].sort());
      // The embedded network proves the outcome of none.
      const onFabric = report.network === 'fabric';
      expect(proved.map((one) => one?.validation).sort()).toEqual(
        onFabric ? ['MVCC_READ_CONFLICT', 'VALID'] : [undefined, undefined],
      );
      expect(proved.every((one) => (one?.effect?.attestedBy.length ?? 0) > 1)).toBe(onFabric);
    });

    test('what was never committed has none', async () => {
      const { txId } = await maker().endorse('put', fresh(), 'x');
      expect(await maker().ledger.receipt(network().channel, txId, maker().identity)).toBeUndefined();
    });

    test('nobody who is no client of a member gets one', async () => {
      const { txId } = await maker().write('put', fresh(), 'x');
      await expect(
        maker().ledger.receipt(network().channel, txId, network().impostor()),
      ).rejects.toMatchObject({ name: 'LedgerError', kind: 'denied' });
    });
  });
}
