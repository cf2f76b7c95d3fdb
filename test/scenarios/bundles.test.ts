// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '@thingledger/protocol';
import { Consortium } from '../support/consortium.js';
import { accepted, announce, freshThing, held, refusalOf } from '../support/custody.js';
import { failuresOf, verified } from '../support/verified.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const onFabric = consortium.identities.network === 'fabric';

async function registered(): Promise<string> {
  const quantity = { value: '1', unit: 'C62' };
  return (await consortium.as(farm).registerThing({ thing: freshThing(), kind: 'product', quantity })).txId;
}

describe('X2 X9: a bundle proves many transactions in one file', () => {
  let txIds: string[];
  let bundle: Bundle;

  beforeAll(async () => {
    const item = await held(consortium, farm);
    const recordId = await announce(consortium, item, farm, 'processor@maker');
    await accepted(consortium, farm, recordId);
    const { record, votes } = await consortium.as(farm).getMappingRecord({ recordId });
    txIds = [await registered(), record.txId, ...votes.map(({ txId }) => txId), await registered()];
    bundle = await consortium.as(farm).getBundle({ txIds: [...txIds, ...txIds] });
  });

  test('each transaction is proved, in the order of the ledger, once', async () => {
    const report = await verified('bundle', bundle);
    expect(failuresOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, kind: 'bundle', anchored: false });
    expect(report.transactions.map(({ txId }) => txId).sort()).toEqual([...txIds].sort());
    const asked = report.transactions.flatMap(
      ({ proved }) => proved?.operations.map(({ operation }) => operation) ?? [],
    );
    expect(asked).toContain('traceability:announceMappingRecord');
    expect((await verified('bundle', bundle, report.anchor)).ok).toBe(true);
    expect((await verified('bundle', bundle, 'f'.repeat(64))).checks.at(-1)).toMatchObject({
      check: 'anchor',
      ok: false,
    });
  });

  test('it is far smaller than the receipts by themselves', async () => {
    const receipts = await Promise.all(txIds.map((txId) => consortium.as(farm).getReceipt({ txId })));
    const apart = JSON.stringify(receipts).length;
    expect(JSON.stringify(bundle).length).toBeLessThan(apart / (onFabric ? 3 : 1.5));
  });

  test('what is left out, repeated, moved or changed is found', async () => {
    const [first, second, ...rest] = bundle.transactions as { txId: string; block: number }[];
    const reasons = async (transactions: unknown[]): Promise<string> => {
      const report = await verified('bundle', { ...bundle, transactions });
      expect(report.ok).toBe(false);
      return failuresOf(report).join('; ');
    };
    expect(await reasons([first, first, second, ...rest])).toContain(
      `order: transaction ${first?.txId ?? ''} comes twice`,
    );
    expect(await reasons([second, first, ...rest])).toContain('out of order');
    expect(await reasons([{ ...first, txId: '0'.repeat(64) }, second, ...rest])).toContain('transaction: ');
  });

  test('it says plainly what it does not prove', async () => {
    const { notProved, network } = await verified('bundle', bundle);
    expect(network).toBe(onFabric ? 'fabric' : 'embedded');
    const words = onFabric
      ? 'orderers sign the order only'
      : 'the embedded network has no orderers that sign';
    expect(notProved.join(' ')).toContain(words);
  });

  test('unknown transactions and too many are refused', async () => {
    const unknown = { txIds: ['0'.repeat(64)] };
    expect(await refusalOf(consortium.as(farm).getBundle(unknown))).toBe('TL-TRANSACTION-UNKNOWN');
    const many = { txIds: Array.from({ length: 1001 }, () => '0'.repeat(64)) };
    expect(await refusalOf(consortium.as(farm).getBundle(many))).toBe('TL-INPUT-INVALID');
    expect(await refusalOf(consortium.as(farm).getBundle({ txIds: [] }))).toBe('TL-INPUT-INVALID');
  });
});
