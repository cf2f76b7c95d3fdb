// SPDX-License-Identifier: Apache-2.0
import type { Receipt } from '@thingledger/protocol';
import { verifyReceipt } from '@thingledger/receipts';
import { Consortium } from '../support/consortium.js';
import { freshThing } from '../support/custody.js';

type EmbeddedReceipt = Extract<Receipt, { network: 'embedded' }>;

const consortium = Consortium.open();

describe('X2: a receipt of the embedded network, changed', () => {
  let receipt: EmbeddedReceipt;
  let anchor: string;

  beforeAll(async () => {
    const farm = consortium.as('farm@maker');
    const quantity = { value: '1', unit: 'C62' };
    const { txId } = await farm.registerThing({ thing: freshThing(), kind: 'product', quantity });
    receipt = (await farm.getReceipt({ txId })) as EmbeddedReceipt;
    anchor = (await verifyReceipt(receipt)).anchor ?? '';
  });

  const failureOf = async (changed: Partial<EmbeddedReceipt>, known?: string): Promise<string> => {
    const report = await verifyReceipt(
      { ...receipt, ...changed },
      known === undefined ? {} : { anchor: known },
    );
    const failed = report.checks.find(({ ok }) => !ok);
    return failed ? `${failed.check}: ${failed.detail}` : 'none';
  };

  test('unchanged it holds against its anchor', async () => {
    expect(await failureOf({}, anchor)).toBe('none');
  });

  test('authorities of others do not vouch for its people', async () => {
    const { maker = [], carrier = [] } = receipt.authorities;
    const authorities = { ...receipt.authorities, maker: carrier, carrier: maker };
    expect(await failureOf({ authorities })).toContain('caller: no authority of maker issued');
    expect(await failureOf({ authorities }, anchor)).toContain('anchor: the receipt is of the network');
  });

  test('a member left out is none', async () => {
    const { maker: _, ...authorities } = receipt.authorities;
    expect(await failureOf({ authorities })).toBe('caller: maker is no member of channel traceability');
  });

  test('another channel, chaincode or id is not that of the envelope', async () => {
    expect(await failureOf({ channel: 'other' })).toContain('transaction: the transaction is of channel');
    expect(await failureOf({ chaincode: 'other' })).toContain('transaction: the transaction is of chaincode');
    expect(await failureOf({ txId: '0'.repeat(64) })).toContain('transaction: the envelope holds another');
  });

  test.each([0.2, 0.5, 0.8, 0.99])('a bit changed at %d of the envelope', async (place) => {
    const envelope = Buffer.from(receipt.envelope, 'base64');
    const at = Math.floor(envelope.length * place);
    envelope[at] = (envelope[at] ?? 0) ^ 1;
    expect(await failureOf({ envelope: envelope.toString('base64') })).not.toBe('none');
  });
});
