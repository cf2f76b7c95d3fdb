// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { FabricReceipt } from '@thingledger/protocol';
import { Parts, readBlock, readTransaction, verifyFile, verifyReceipt } from '@thingledger/receipts';
import { LedgerError } from '../port.js';
import { Sharing } from '../sharing.js';
import { gatherBundle } from './bundle.js';
import type { ChainQueries } from './evidence.js';
import { gatherReceipt } from './receipt.js';

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

describe('X2 X9: gathering a bundle from a peer', () => {
  const { number, envelopes } = readBlock(bytes(kept.block));
  const ids = envelopes.map((envelope) => readTransaction(envelope).txId);
  // Every block that is no configuration: the transactions’ own, and the definition’s.
  const chain = (over: Partial<ChainQueries> = {}): ChainQueries =>
    peer({
      ask: async (fn, _channel, argument = '') =>
        bytes(
          fn === 'GetBlockByTxID' || argument === String(number)
            ? kept.block
            : (blocks.get(argument) ?? kept.definition),
        ),
      ...over,
    });
  const bundled = (transactions: readonly (string | { block: number; index: number })[]): Promise<unknown> =>
    gatherBundle(channel, { transactions }, 'bank', chain({ signed: () => Promise.reject(away) }));

  test('each once, in the order of the ledger, by id or by place', async () => {
    const byPlace = ids.map((_, index) => ({ block: number, index }));
    const bundle = await bundled([...ids, ...byPlace].reverse());
    expect(await verifyFile(bundle)).toMatchObject({
      ok: true,
      transactions: ids.map((id) => ({ txId: id })),
    });
    expect(JSON.stringify(bundle).length).toBeLessThan(0.8 * JSON.stringify(kept).length);
  });

  test('with members’ word, and every block of a range', async () => {
    const request = { transactions: [txId], complete: { from: number, to: number } };
    const bundle = await gatherBundle(channel, request, 'bank', chain());
    const report = await verifyFile(bundle);
    expect(report).toMatchObject({ ok: true, complete: request.complete });
    expect(report).toMatchObject({ transactions: [{ proved: { effect: { enough: true } } }] });
  });

  test('what is not there, what has no receipt, and what is too much is refused', async () => {
    await expect(bundled([{ block: number, index: 9 }])).rejects.toMatchObject({
      code: 'TL-TRANSACTION-UNKNOWN',
    });
    const { number: at } = readBlock(bytes(kept.definition));
    await expect(bundled([{ block: at, index: 0 }])).rejects.toMatchObject({ code: 'TL-RECEIPT-KIND' });
    const many = Array.from({ length: 1001 }, () => txId);
    await expect(bundled(many)).rejects.toMatchObject({ code: 'TL-PROOF-TOO-LARGE' });
    const range = { transactions: [], complete: { from: 0, to: 5000 } };
    await expect(gatherBundle(channel, range, 'bank', chain())).rejects.toMatchObject({
      code: 'TL-PROOF-TOO-LARGE',
      fields: { unit: 'blocks' },
    });
  });

  test('pieces come to the same bytes again', () => {
    const sharing = new Sharing();
    const [envelope = new Uint8Array()] = envelopes;
    const part = { bytes: envelope, part: sharing.share(envelope) };
    const cut = [kept.block, kept.definition, ...kept.configuration].map((one) =>
      sharing.cut(bytes(one), [part]),
    );
    expect(cut[0]).toContain(part.part);
    const parts = new Parts(sharing.parts);
    const joined = cut.map((pieces) => Buffer.from(parts.join(pieces)).toString('base64'));
    expect(joined).toEqual([kept.block, kept.definition, ...kept.configuration]);
  });
});
