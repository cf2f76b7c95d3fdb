// SPDX-License-Identifier: Apache-2.0
import { peer } from '@hyperledger/fabric-protos';
import type { CollectionPlan, ConsortiumPlan } from '../../plan/types.js';
import { type Block, blockHash, encodeBlock } from './block.js';
import { encodeRow } from './copy.js';
import type { Transaction } from './envelope.js';
import { historyRow } from './history.js';
import {
  blockKey,
  expiryPrefix,
  hashPrefix,
  privatePrefix,
  statePrefix,
  tipKey,
  transactionKey,
  transientKey,
  transientPrefix,
  after,
  u32,
  u64,
} from './keys.js';
import {
  decodePrivateWrites,
  encodePrivateWrites,
  privateHash,
  type PrivateWrites,
  type Version,
} from './rwset.js';
import type { RowWrite, Store } from './store.js';
import type { Judged } from './validation.js';

/** Blocks that private values wait for their transaction (Fabric's `transientstoreMaxBlockRetention`). */
const transientBlocks = 1_000;
const heightLength = 8;

/** Where a transaction stands in the chain and what became of it. */
export interface Place {
  readonly block: number;
  readonly tx: number;
  readonly code: number;
}

export function decodePlace(row: Buffer): Place {
  return { block: Number(row.readBigUInt64BE()), tx: row.readUInt32BE(8), code: row.readUInt8(12) };
}

/** Rows that keep private writes for the members of their collections until the transaction is committed. */
export function transientRows(
  { channel, members }: ConsortiumPlan,
  collections: readonly CollectionPlan[],
  transaction: { readonly chaincode: string; readonly txId: string; readonly height: number },
  writes: readonly PrivateWrites[],
): RowWrite[] {
  return members.flatMap((member) => {
    const own = writes.filter(({ collection }) => isMember(collections, collection, member));
    if (own.length === 0) return [];
    const value = Buffer.concat([u64(transaction.height), encodePrivateWrites(transaction.chaincode, own)]);
    return [{ key: transientKey(member, channel, transaction.txId), value }];
  });
}

/** Everything a block changes, for all members' copies: the rows of one batch. */
export async function commitRows(
  store: Pick<Store, 'get' | 'scan'>,
  consortium: ConsortiumPlan,
  block: Block,
  judged: readonly Judged[],
): Promise<RowWrite[]> {
  const { channel } = consortium;
  const rows: RowWrite[] = [
    { key: blockKey(channel, block.number), value: encodeBlock(block) },
    { key: tipKey(channel), value: Buffer.concat([u64(block.number), blockHash(block)]) },
    ...(await expiredRows(store, consortium, block.number)),
    ...(await staleTransientRows(store, consortium, block.number)),
  ];
  for (const [tx, { transaction, code }] of judged.entries()) {
    // The first transaction of an id keeps its entry; a later one of the same id changes nothing.
    if (!transaction || code === peer.TxValidationCode.DUPLICATE_TXID) continue;
    const place = Buffer.concat([u64(block.number), u32(tx), Buffer.from([code])]);
    rows.push({ key: transactionKey(channel, transaction.txId), value: place });
    if (code === peer.TxValidationCode.VALID) {
      rows.push(...writeRows(store, consortium, transaction, { block: block.number, tx }));
    }
    for (const member of consortium.members) {
      const key = transientKey(member, channel, transaction.txId);
      if (carriesPrivateWrites(transaction)) rows.push({ key });
    }
  }
  return rows;
}

function carriesPrivateWrites({ action }: Transaction): boolean {
  return action?.sets.some(({ collections }) => collections.some(({ writes }) => writes.length > 0)) ?? false;
}

function writeRows(
  store: Pick<Store, 'get'>,
  consortium: ConsortiumPlan,
  transaction: Transaction,
  version: Version,
): RowWrite[] {
  const { channel, members, keyHistory } = consortium;
  const { txId, timestamp } = transaction;
  const rows: RowWrite[] = [];
  for (const { namespace, writes, collections } of transaction.action?.sets ?? []) {
    const prefixes = members.map((member) => statePrefix(member, channel, namespace));
    for (const { key, value } of writes) {
      const name = Buffer.from(key);
      const row = value && encodeRow(version, value);
      for (const prefix of prefixes)
        rows.push({ key: Buffer.concat([prefix, name]), ...(row && { value: row }) });
      if (keyHistory) rows.push(historyRow({ channel, namespace, key, version }, { txId, timestamp, value }));
    }
    if (collections.length > 0) rows.push(...privateRows(store, consortium, transaction, namespace, version));
  }
  return rows;
}

/** Hashes for every member, values for the members of the collection, and when both are to go. */
function privateRows(
  store: Pick<Store, 'get'>,
  consortium: ConsortiumPlan,
  transaction: Transaction,
  namespace: string,
  version: Version,
): RowWrite[] {
  const { channel, members } = consortium;
  const plans = consortium.chaincodes.find(({ name }) => name === namespace)?.collections ?? [];
  const set = transaction.action?.sets.find((candidate) => candidate.namespace === namespace);
  const rows: RowWrite[] = [];
  const keys = new Map<string, string>();
  for (const member of members) {
    const clear = waiting(store, member, channel, transaction.txId);
    for (const { collection, writes } of set?.collections ?? []) {
      const hashes = hashPrefix(member, channel, namespace, collection);
      const values = privatePrefix(member, channel, namespace, collection);
      for (const { keyHash, valueHash } of writes) {
        const row = valueHash && encodeRow(version, valueHash);
        rows.push({ key: Buffer.concat([hashes, keyHash]), ...(row && { value: row }) });
        const own = clear.get(clearName(collection, keyHash));
        // A value that does not match its endorsed hash is treated as missing, as it would be on Fabric.
        if (!own || !matches(own.value, valueHash)) continue;
        keys.set(clearName(collection, keyHash), own.key);
        const value = own.value && encodeRow(version, own.value);
        rows.push({ key: Buffer.concat([values, Buffer.from(own.key)]), ...(value && { value }) });
      }
    }
  }
  for (const { collection, writes } of set?.collections ?? []) {
    const life = plans.find(({ name }) => name === collection)?.blockToLive ?? 0;
    if (life === 0) continue;
    for (const { keyHash, valueHash } of writes) {
      if (!valueHash) continue;
      const key = keys.get(clearName(collection, keyHash));
      const expiry: Expiry = {
        namespace,
        collection,
        keyHash: hex(keyHash),
        version,
        ...(key !== undefined && { key }),
      };
      const place = [
        expiryPrefix(channel, version.block + life + 1),
        u32(version.tx),
        Buffer.from(collection),
        keyHash,
      ];
      rows.push({ key: Buffer.concat(place), value: Buffer.from(JSON.stringify(expiry)) });
    }
  }
  return rows;
}

interface Expiry {
  readonly namespace: string;
  readonly collection: string;
  readonly keyHash: string;
  readonly key?: string;
  readonly version: Version;
}

async function expiredRows(
  store: Pick<Store, 'get' | 'scan'>,
  { channel, members }: ConsortiumPlan,
  block: number,
): Promise<RowWrite[]> {
  const gte = expiryPrefix(channel, block);
  const due = await all(store, gte, expiryPrefix(channel, block + 1));
  return due.flatMap(([row, value]) => {
    const { namespace, collection, keyHash, key, version } = JSON.parse(value.toString()) as Expiry;
    const rows: RowWrite[] = [{ key: row }];
    for (const member of members) {
      const name = Buffer.concat([
        hashPrefix(member, channel, namespace, collection),
        Buffer.from(keyHash, 'hex'),
      ]);
      const current = store.get(name);
      // Written again since: that value has its own time.
      if (!current?.subarray(0, 12).equals(encodeRow(version, Buffer.alloc(0)))) continue;
      rows.push({ key: name });
      if (key === undefined) continue;
      rows.push({
        key: Buffer.concat([privatePrefix(member, channel, namespace, collection), Buffer.from(key)]),
      });
    }
    return rows;
  });
}

/** Private writes whose transaction never came. */
async function staleTransientRows(
  store: Pick<Store, 'scan'>,
  { channel, members }: ConsortiumPlan,
  block: number,
): Promise<RowWrite[]> {
  if (block % 100 !== 0) return [];
  const rows = await Promise.all(
    members.map((member) =>
      all(store, transientPrefix(member, channel), after(transientPrefix(member, channel))),
    ),
  );
  return rows
    .flat()
    .flatMap(([key, value]) => (Number(value.readBigUInt64BE()) + transientBlocks < block ? [{ key }] : []));
}

async function all(
  store: Pick<Store, 'scan'>,
  gte: Buffer,
  lt: Buffer,
): Promise<(readonly [Buffer, Buffer])[]> {
  const scan = store.scan({ gte, lt });
  const rows: (readonly [Buffer, Buffer])[] = [];
  for (let next = await scan.next(500); next.length > 0; next = await scan.next(500)) rows.push(...next);
  await scan.close();
  return rows;
}

function waiting(
  store: Pick<Store, 'get'>,
  member: string,
  channel: string,
  txId: string,
): Map<string, { key: string; value: Uint8Array | undefined }> {
  const row = store.get(transientKey(member, channel, txId));
  const sets = row ? decodePrivateWrites(row.subarray(heightLength)) : [];
  return new Map(
    sets.flatMap(({ collection, writes }) =>
      writes.map((write) => [clearName(collection, privateHash(write.key)), write] as const),
    ),
  );
}

function matches(value: Uint8Array | undefined, valueHash: Uint8Array | undefined): boolean {
  if (value === undefined || valueHash === undefined) return value === valueHash;
  return privateHash(value).equals(valueHash);
}

function isMember(collections: readonly CollectionPlan[], name: string, member: string): boolean {
  return collections.some((collection) => collection.name === name && collection.members.includes(member));
}

function clearName(collection: string, keyHash: Uint8Array): string {
  return `${collection}/${hex(keyHash)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
