// SPDX-License-Identifier: Apache-2.0
import {
  BUNDLE_BLOCKS,
  BUNDLE_BYTES,
  BUNDLE_TRANSACTIONS,
  Refusal,
  type Bundle,
  type FabricBundle,
} from '@thingledger/protocol';
import { definitionRead, LIFECYCLE, readTransaction, type Transaction } from '@thingledger/receipts';
import { common, peer } from '@hyperledger/fabric-protos';
import PQueue from 'p-queue';
import type { BundleRequest, Wanted } from '../port.js';
import { Sharing } from '../sharing.js';
import { type ChainQueries, ChainReader, type Fetched } from './evidence.js';

/** Questions to peers under way at once. */
const AT_ONCE = 8;

interface Found {
  readonly transaction: Transaction;
  readonly envelope: Uint8Array;
  readonly block: number;
  readonly index: number;
  readonly valid: boolean;
}

/**
 * Gathers what proves many transactions: their blocks and those of the definitions their endorsers read, each once, the
 * configurations, and what members’ peers sign about each.
 *
 * @throws Refusal `TL-TRANSACTION-UNKNOWN`, `TL-RECEIPT-KIND`, `TL-PROOF-TOO-LARGE`
 */
export async function gatherBundle(
  channel: string,
  { transactions, skip = false, complete, beside }: BundleRequest,
  ownMember: string,
  queries: ChainQueries,
): Promise<Bundle> {
  atMost(transactions.length, BUNDLE_TRANSACTIONS, 'transactions');
  const chain = new ChainReader(channel, ownMember, queries);
  const queue = new PQueue({ concurrency: AT_ONCE });
  const looked = await queue.addAll(transactions.map((wanted) => () => find(chain, wanted, skip)));
  const found = inOrder(looked.flatMap((one) => one ?? []));
  const numbers = new Set(found.map(({ block }) => block));
  for (const { transaction, valid } of found) {
    if (valid) numbers.add(definitionRead(transaction).block);
  }
  if (beside) numbers.add(definitionRead(readTransaction(beside)).block);
  if (complete) {
    atMost(complete.to - complete.from + 1, BUNDLE_BLOCKS, 'blocks');
    for (let number = complete.from; number <= complete.to; number += 1) numbers.add(number);
  }
  atMost(numbers.size, BUNDLE_BLOCKS, 'blocks');
  const ascending = [...numbers].sort((a, b) => a - b);
  const blocks = await queue.addAll(ascending.map((number) => () => chain.block(number)));
  const tip = beside ? [await chain.block(await lastNumber(channel, queries))] : [];
  const last = Math.max(0, ...[...blocks, ...tip].map(({ block }) => block.lastConfiguration));
  const configuration = await chain.configurationsTo(last);
  const members = await chain.block(last);
  const attestations = await queue.addAll(
    found.map(
      ({ transaction, block }) =>
        async () =>
          chain.attest(transaction, await chain.block((await chain.block(block)).block.lastConfiguration)),
    ),
  );
  const bytes = [...blocks, ...configuration, members].reduce((sum, one) => sum + one.bytes.length, 0);
  // The verifier counts shared parts again wherever they are put in.
  atMost(3 * bytes, BUNDLE_BYTES, 'bytes');
  return written(channel, { found, blocks, configuration, attestations, complete });
}

/** The file, with what its parts have in common in it once. */
function written(
  channel: string,
  {
    found,
    blocks,
    configuration,
    attestations,
    complete,
  }: {
    readonly found: readonly Found[];
    readonly blocks: readonly Fetched[];
    readonly configuration: readonly Fetched[];
    readonly attestations: readonly (Uint8Array | undefined)[];
    readonly complete: BundleRequest['complete'];
  },
): FabricBundle {
  const sharing = new Sharing();
  const shared = found.map(({ envelope, block }) => ({
    bytes: envelope,
    part: sharing.share(envelope),
    block,
  }));
  const isConfiguration = new Set(configuration.map(({ block }) => block.number));
  return {
    type: 'ThingLedgerBundle',
    version: 1,
    network: 'fabric',
    channel,
    configuration: configuration.map(({ bytes }) => sharing.cut(bytes)),
    blocks: blocks
      .filter(({ block }) => !isConfiguration.has(block.number))
      .map(({ bytes, block }) =>
        sharing.cut(
          bytes,
          shared.filter((one) => one.block === block.number),
        ),
      ),
    ...(complete && { complete }),
    transactions: found.map(({ transaction: { txId }, block }, at) => {
      const [attestation, own] = [attestations[at], shared[at]];
      return {
        txId,
        block,
        ...(attestation && { attestation: sharing.cut(attestation, own ? [own] : []) }),
      };
    }),
    parts: sharing.parts,
  };
}

/** Undefined for what has no receipt, where that is to be skipped. */
async function find(chain: ChainReader, wanted: Wanted, skip: boolean): Promise<Found | undefined> {
  const byId = typeof wanted === 'string';
  const fetched = byId ? await chain.blockOf(wanted) : await chain.block(wanted.block);
  const unknown = (): never => {
    throw new Refusal('TL-TRANSACTION-UNKNOWN', byId ? { txId: wanted } : { ...wanted });
  };
  if (!fetched) return unknown();
  const { envelopes, codes, number } = fetched.block;
  const read = chain.transactionsOf(fetched.block);
  const index = byId ? read.findIndex((one) => one?.txId === wanted) : wanted.index;
  const [transaction, envelope] = [read[index], envelopes[index]];
  if (!envelope) return unknown();
  const code = codes[index];
  // A duplicate has the id of another transaction: what peers say of the id is about that one.
  if (!transaction || transaction.chaincode === LIFECYCLE || code === peer.TxValidationCode.DUPLICATE_TXID) {
    if (skip) return undefined;
    throw new Refusal('TL-RECEIPT-KIND', byId ? { txId: wanted } : { ...wanted });
  }
  return { transaction, envelope, block: number, index, valid: code === peer.TxValidationCode.VALID };
}

/** In the order of the ledger, each once. */
function inOrder(found: readonly Found[]): Found[] {
  const byPlace = new Map(found.map((one) => [`${String(one.block)}.${String(one.index)}`, one]));
  return [...byPlace.values()].sort((a, b) => a.block - b.block || a.index - b.index);
}

async function lastNumber(channel: string, queries: ChainQueries): Promise<number> {
  const info = common.BlockchainInfo.deserializeBinary(await queries.ask('GetChainInfo', channel));
  return info.getHeight() - 1;
}

function atMost(count: number, limit: number, unit: string): void {
  if (count > limit) throw new Refusal('TL-PROOF-TOO-LARGE', { limit, unit });
}
