// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { FabricReceipt } from '@thingledger/protocol';
import { readBlock, readTransaction, verifyReceipt } from '@thingledger/receipts';
import { LedgerError } from '../port.js';
import { type ChainQueries, gatherReceipt } from './receipt.js';

/** Blocks as a peer of real Fabric gave them: two configurations, in blocks 0 and 13, and the transaction in block 15. */
const file = new URL('../../../receipts/src/testing/receipt.fabric.json', import.meta.url);
const kept = JSON.parse(readFileSync(file, 'utf8')) as FabricReceipt;
const { channel, txId } = kept;
const bytes = (text = ''): Uint8Array => Buffer.from(text, 'base64');
const blocks = new Map([
  ['0', kept.configuration[0]],
  ['13', kept.configuration[1]],
]);

/** A peer that knows these blocks; every other block was made, as the definition’s was, under the first configuration. */
function peer(over: Partial<ChainQueries> = {}): ChainQueries {
  return {
    ask: async (fn, _channel, argument = '') =>
      bytes(fn === 'GetBlockByTxID' ? kept.block : (blocks.get(argument) ?? kept.definition)),
    signed: async () => bytes(kept.attestation),
    ...over,
  };
}

const gather = (queries: ChainQueries): Promise<unknown> => gatherReceipt(channel, txId, 'bank', queries);
const away = new LedgerError('unavailable', 'a peer is away');

describe('X2 X9: gathering a receipt from a peer', () => {
  test('every configuration, the definition the endorsers read, and all members’ word', async () => {
    expect(await gather(peer())).toEqual(kept);
  });

  test('when a member’s peer is away, the endorsers’ word does, then the own peer’s, then nobody’s', async () => {
    const asked: string[][] = [];
    const answering = (from: number): Partial<ChainQueries> => ({
      signed: async (members) => {
        asked.push([...members].sort());
        if (asked.length < from) throw away;
        return bytes(kept.attestation);
      },
    });
    expect(await gather(peer(answering(3)))).toEqual(kept);
    expect(asked).toEqual([
      ['bank', 'carrier', 'customs', 'inspection', 'maker'],
      ['customs', 'maker'],
      ['bank'],
    ]);
    const { attestation: _, ...bare } = kept;
    const alone = await gather(peer({ signed: () => Promise.reject(away) }));
    expect(alone).toEqual(bare);
    expect((await verifyReceipt(alone)).ok).toBe(true);
  });

  test('what the peer does not know has none; a peer that does not answer is an error', async () => {
    const refused = new LedgerError('refused', 'no such transaction');
    expect(await gather(peer({ ask: () => Promise.reject(refused) }))).toBeUndefined();
    await expect(gather(peer({ ask: () => Promise.reject(away) }))).rejects.toBe(away);
  });

  test('a transaction of Fabric’s own has none', async () => {
    const { envelopes } = readBlock(bytes(kept.definition));
    const { txId: id, chaincode } = readTransaction(envelopes[0] ?? new Uint8Array());
    expect(chaincode).toBe('_lifecycle');
    const ask = async (): Promise<Uint8Array> => bytes(kept.definition);
    await expect(gatherReceipt(channel, id, 'bank', peer({ ask }))).rejects.toMatchObject({
      code: 'TL-RECEIPT-KIND',
    });
  });

  test('a block too large for a receipt is refused', async () => {
    const huge = new Uint8Array(20 * 1024 * 1024 + 1);
    await expect(gather(peer({ ask: async () => huge }))).rejects.toMatchObject({
      code: 'TL-INPUT-TOO-LARGE',
    });
  });
});
