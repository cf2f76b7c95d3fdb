// SPDX-License-Identifier: Apache-2.0
import { ledger } from '@hyperledger/fabric-protos';
import { sha256 } from './signing.js';

const { kvrwset } = ledger.rwset;

/** Where a row was last written: block number and place in the block. */
export interface Version {
  readonly block: number;
  readonly tx: number;
}

export interface Read {
  readonly key: string;
  /** Undefined: the key did not exist. */
  readonly version: Version | undefined;
}

/** No value: deleted. */
export interface Write {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** A range that was read; `exhausted` tells whether `end` is the range's own (not part of it) or the last key seen. */
export interface RangeRead {
  readonly start: string;
  readonly end: string;
  readonly exhausted: boolean;
  readonly reads: readonly Read[];
}

export interface HashedRead {
  readonly keyHash: Uint8Array;
  readonly version: Version | undefined;
}

export interface HashedWrite {
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array | undefined;
}

/** Private reads and writes of one collection, by hash. */
export interface HashedCollection {
  readonly collection: string;
  readonly reads: readonly HashedRead[];
  readonly writes: readonly HashedWrite[];
}

/** What a transaction read and wrote of one chaincode's state. */
export interface NamespaceSet {
  readonly namespace: string;
  readonly reads: readonly Read[];
  readonly ranges: readonly RangeRead[];
  readonly writes: readonly Write[];
  readonly collections: readonly HashedCollection[];
}

/** Private writes of one collection, in clear; they travel outside the transaction. */
export interface PrivateWrites {
  readonly collection: string;
  readonly writes: readonly Write[];
}

/** Fabric's TxReadWriteSet. The same sets give the same bytes. */
export function encodeReadWriteSet(sets: readonly NamespaceSet[]): Uint8Array {
  const message = new ledger.rwset.TxReadWriteSet();
  message.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
  message.setNsRwsetList(sets.map(encodeNamespace));
  return message.serializeBinary();
}

/** @throws Error when the bytes are no TxReadWriteSet */
export function decodeReadWriteSet(bytes: Uint8Array): NamespaceSet[] {
  return ledger.rwset.TxReadWriteSet.deserializeBinary(bytes).getNsRwsetList().map(decodeNamespace);
}

/** The private writes of one collection as kept for its members until the transaction is committed. */
export function encodePrivateWrites(namespace: string, sets: readonly PrivateWrites[]): Uint8Array {
  const inner = new ledger.rwset.NsPvtReadWriteSet();
  inner.setNamespace(namespace);
  inner.setCollectionPvtRwsetList(sets.map(encodePrivateCollection));
  const message = new ledger.rwset.TxPvtReadWriteSet();
  message.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
  message.setNsPvtRwsetList([inner]);
  return message.serializeBinary();
}

export function decodePrivateWrites(bytes: Uint8Array): PrivateWrites[] {
  return ledger.rwset.TxPvtReadWriteSet.deserializeBinary(bytes)
    .getNsPvtRwsetList()
    .flatMap((namespace) => namespace.getCollectionPvtRwsetList())
    .map((set) => ({
      collection: set.getCollectionName(),
      writes: kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8()).getWritesList().map(decodeWrite),
    }));
}

/** Hash of a private key or value, as the transaction and the other members' copies hold it. */
export function privateHash(value: string | Uint8Array): Buffer {
  return sha256(typeof value === 'string' ? Buffer.from(value) : value);
}

function encodePrivateCollection({
  collection,
  writes,
}: PrivateWrites): ledger.rwset.CollectionPvtReadWriteSet {
  const rows = new kvrwset.KVRWSet();
  rows.setWritesList(writes.map(encodeWrite));
  const message = new ledger.rwset.CollectionPvtReadWriteSet();
  message.setCollectionName(collection);
  message.setRwset(rows.serializeBinary());
  return message;
}

function encodeNamespace(set: NamespaceSet): ledger.rwset.NsReadWriteSet {
  const rows = new kvrwset.KVRWSet();
  rows.setReadsList(set.reads.map(encodeRead));
  rows.setRangeQueriesInfoList(set.ranges.map(encodeRange));
  rows.setWritesList(set.writes.map(encodeWrite));
  const message = new ledger.rwset.NsReadWriteSet();
  message.setNamespace(set.namespace);
  message.setRwset(rows.serializeBinary());
  message.setCollectionHashedRwsetList(set.collections.map(encodeCollection));
  return message;
}

function decodeNamespace(message: ledger.rwset.NsReadWriteSet): NamespaceSet {
  const rows = kvrwset.KVRWSet.deserializeBinary(message.getRwset_asU8());
  return {
    namespace: message.getNamespace(),
    reads: rows.getReadsList().map(decodeRead),
    ranges: rows.getRangeQueriesInfoList().map((range) => ({
      start: range.getStartKey(),
      end: range.getEndKey(),
      exhausted: range.getItrExhausted(),
      reads: range.getRawReads()?.getKvReadsList().map(decodeRead) ?? [],
    })),
    writes: rows.getWritesList().map(decodeWrite),
    collections: message.getCollectionHashedRwsetList().map(decodeCollection),
  };
}

function encodeRead({ key, version }: Read): ledger.rwset.kvrwset.KVRead {
  const message = new kvrwset.KVRead();
  message.setKey(key);
  if (version) message.setVersion(encodeVersion(version));
  return message;
}

function decodeRead(message: ledger.rwset.kvrwset.KVRead): Read {
  return { key: message.getKey(), version: decodeVersion(message.getVersion()) };
}

function encodeWrite({ key, value }: Write): ledger.rwset.kvrwset.KVWrite {
  const message = new kvrwset.KVWrite();
  message.setKey(key);
  if (value === undefined) message.setIsDelete(true);
  else message.setValue(value);
  return message;
}

function decodeWrite(message: ledger.rwset.kvrwset.KVWrite): Write {
  const value = message.getValue_asU8();
  return { key: message.getKey(), value: message.getIsDelete() || value.length === 0 ? undefined : value };
}

function encodeRange({ start, end, exhausted, reads }: RangeRead): ledger.rwset.kvrwset.RangeQueryInfo {
  const rows = new kvrwset.QueryReads();
  rows.setKvReadsList(reads.map(encodeRead));
  const message = new kvrwset.RangeQueryInfo();
  message.setStartKey(start);
  message.setEndKey(end);
  message.setItrExhausted(exhausted);
  message.setRawReads(rows);
  return message;
}

function encodeCollection({
  collection,
  reads,
  writes,
}: HashedCollection): ledger.rwset.CollectionHashedReadWriteSet {
  const rows = new kvrwset.HashedRWSet();
  rows.setHashedReadsList(
    reads.map(({ keyHash, version }) => {
      const read = new kvrwset.KVReadHash();
      read.setKeyHash(keyHash);
      if (version) read.setVersion(encodeVersion(version));
      return read;
    }),
  );
  rows.setHashedWritesList(
    writes.map(({ keyHash, valueHash }) => {
      const write = new kvrwset.KVWriteHash();
      write.setKeyHash(keyHash);
      if (valueHash === undefined) write.setIsDelete(true);
      else write.setValueHash(valueHash);
      return write;
    }),
  );
  const message = new ledger.rwset.CollectionHashedReadWriteSet();
  message.setCollectionName(collection);
  message.setHashedRwset(rows.serializeBinary());
  return message;
}

function decodeCollection(message: ledger.rwset.CollectionHashedReadWriteSet): HashedCollection {
  const rows = kvrwset.HashedRWSet.deserializeBinary(message.getHashedRwset_asU8());
  return {
    collection: message.getCollectionName(),
    reads: rows
      .getHashedReadsList()
      .map((read) => ({ keyHash: read.getKeyHash_asU8(), version: decodeVersion(read.getVersion()) })),
    writes: rows.getHashedWritesList().map((write) => ({
      keyHash: write.getKeyHash_asU8(),
      valueHash: write.getIsDelete() ? undefined : write.getValueHash_asU8(),
    })),
  };
}

function encodeVersion({ block, tx }: Version): ledger.rwset.kvrwset.Version {
  const message = new kvrwset.Version();
  message.setBlockNum(block);
  message.setTxNum(tx);
  return message;
}

function decodeVersion(message: ledger.rwset.kvrwset.Version | undefined): Version | undefined {
  return message && { block: message.getBlockNum(), tx: message.getTxNum() };
}
