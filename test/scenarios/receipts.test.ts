// SPDX-License-Identifier: Apache-2.0
import { verifyReceipt } from '@thingledger/receipts';
import { Consortium } from '../support/consortium.js';
import { announce, decision, freshThing, held, refusalOf } from '../support/custody.js';
import { until } from '../support/until.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const auditor = 'auditor@inspection';
const onFabric = consortium.identities.network === 'fabric';

async function registered(): Promise<{ thing: string; txId: string }> {
  const quantity = { value: '1', unit: 'C62' };
  return consortium.as(farm).registerThing({ thing: freshThing(), kind: 'product', quantity });
}

describe('X2 X9: a receipt proves a transaction without the network', () => {
  test('an auditor takes it at its own gateway, and anybody verifies it offline', async () => {
    const { thing, txId } = await registered();
    const own = await verifyReceipt(await consortium.as(farm).getReceipt({ txId }));
    expect(own.checks.filter(({ ok }) => !ok)).toEqual([]);
    const { anchor = '' } = own;
    expect(anchor).toMatch(/^[0-9a-f]{64}$/);

    // The auditor's peer may be a moment behind.
    const taken = await until('the receipt', () => consortium.as(auditor).getReceipt({ txId }), 10_000);
    const report = await verifyReceipt(JSON.parse(JSON.stringify(taken)), { anchor });
    expect(report).toMatchObject({ ok: true, anchored: true });
    expect(report.proved).toMatchObject({
      caller: { name: 'farm', member: 'maker' },
      operations: [
        {
          operation: 'traceability:registerThing',
          input: { thing },
          outcome: { ok: true, result: { thing } },
        },
      ],
    });
    expect(report.proved?.orderers.length).toBe(onFabric ? 3 : 0);
  });

  test('a transfer: the signed statement can be read in the receipt', async () => {
    const item = await held(consortium, farm);
    const recordId = await announce(consortium, item, farm, 'trucker@carrier');
    const { record } = await decision(consortium, farm, recordId);
    const report = await verifyReceipt(await consortium.as(farm).getReceipt({ txId: record.txId }));
    expect(report.ok).toBe(true);
    expect(JSON.stringify(report.proved?.operations)).toContain('trucker@carrier');
  });

  test('what was changed on the way does not hold', async () => {
    const { txId } = await registered();
    const receipt = await consortium.as(farm).getReceipt({ txId });
    const other = await consortium.as(farm).getReceipt({ txId: (await registered()).txId });
    const forged =
      receipt.network === 'fabric' && other.network === 'fabric'
        ? { ...receipt, block: other.block }
        : { ...receipt, ...('envelope' in other && { envelope: other.envelope }) };
    const report = await verifyReceipt(forged);
    expect(report.ok).toBe(false);
    expect(report.checks.at(-1)).toMatchObject({ check: 'transaction', ok: false });
  });

  test('there is none of what never was, and an id has its form', async () => {
    expect(await refusalOf(consortium.as(farm).getReceipt({ txId: '0'.repeat(64) }))).toBe(
      'TL-TRANSACTION-UNKNOWN',
    );
    expect(await refusalOf(consortium.as(farm).getReceipt({ txId: 'x' }))).toBe('TL-INPUT-INVALID');
  });

  test('it says plainly what it does not prove', async () => {
    const { txId } = await registered();
    const { notProved, network } = await verifyReceipt(await consortium.as(farm).getReceipt({ txId }));
    expect(network).toBe(onFabric ? 'fabric' : 'embedded');
    const words = onFabric
      ? 'orderers sign the order only'
      : 'the embedded network has no orderers that sign';
    expect(notProved.join(' ')).toContain(words);
  });
});
