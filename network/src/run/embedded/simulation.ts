// SPDX-License-Identifier: Apache-2.0
import { peer } from '@hyperledger/fabric-protos';
import type { CollectionPlan } from '../../plan/types.js';
import type { Copy, Versioned } from './copy.js';
import { type Change, changesOf } from './history.js';
import { historyIterator, type KeyValue, RangeQuery, type ShimIterator } from './iterators.js';
import { ReadWriteSet } from './read-write-set.js';
import type { View } from './store.js';

/** Where a simulation runs. */
export interface SimulationScope {
  readonly channel: string;
  readonly chaincode: string;
  readonly txId: string;
  /** Member of the creator, which collections may be closed to. */
  readonly creatorMspId: string;
  readonly copy: Copy;
  readonly view: Pick<View, 'scan'>;
  readonly collections: readonly CollectionPlan[];
  readonly keyHistory: boolean;
}

/** One key of a many-key write; no value deletes. */
export interface StateWrite {
  readonly key: string;
  readonly value?: Uint8Array | undefined;
}

/**
 * The peer's side of one chaincode run: it answers the requests of the shim's stub from one member's copy and gathers
 * the read and write set. Method names and results are those of the stock shim's handler, so that the stub above it is
 * the real one. Texts of errors are a Fabric 3.1 peer's.
 */
export class Simulation {
  readonly #scope: SimulationScope;
  readonly #open: { close(): Promise<void> }[] = [];
  readonly #privateReads = new Set<string>();
  #done = false;
  #written = false;
  #paged = false;
  #privateRange = false;
  readonly set: ReadWriteSet;

  constructor(scope: SimulationScope) {
    this.#scope = scope;
    this.set = new ReadWriteSet(scope.chaincode);
  }

  /** Collections whose values (not only hashes) were read: only their members can endorse. */
  get collectionsRead(): ReadonlySet<string> {
    return this.#privateReads;
  }

  /** Ends the simulation: the chaincode can no longer read or write. */
  async end(): Promise<void> {
    this.#done = true;
    await Promise.all(this.#open.map((query) => query.close()));
  }

  async handleGetState(collection: string, key: string): Promise<Buffer> {
    this.#check();
    if (collection !== '') return this.#getPrivate(collection, key);
    const row = this.#scope.copy.get(key);
    this.set.read(key, row?.version);
    return valueOf(row);
  }

  /** Many keys at once, in their order; an empty value for a key that does not exist. */
  async getMultipleStates(keys: readonly string[]): Promise<Buffer[]> {
    this.#check();
    const rows = await this.#scope.copy.getMany(keys);
    return rows.map((row, index) => {
      this.set.read(keys[index] ?? '', row?.version);
      return valueOf(row);
    });
  }

  async handlePutState(collection: string, key: string, value: unknown): Promise<Buffer> {
    if (!(value instanceof Uint8Array)) throw new Error(`value of key ${key} is neither bytes nor a string`);
    return this.#write(collection, key, value);
  }

  async handleDeleteState(collection: string, key: string): Promise<Buffer> {
    return this.#write(collection, key, undefined);
  }

  async handlePurgeState(collection: string, key: string): Promise<Buffer> {
    if (collection === '') throw new Error('only applicable for private data');
    return this.#write(collection, key, undefined);
  }

  async putMultipleStates(writes: readonly StateWrite[]): Promise<void> {
    for (const { key, value } of writes) await this.#write('', key, value);
  }

  async handleGetPrivateDataHash(collection: string, key: string): Promise<Buffer> {
    this.#check();
    this.#collection(collection);
    const row = this.#scope.copy.hash(collection, key);
    this.set.privateRead(collection, key, row?.version);
    return valueOf(row);
  }

  async handleGetStateByRange(
    collection: string,
    start: string,
    end: string,
    _channel: string,
    _txId: string,
    metadata?: Uint8Array,
  ): Promise<{
    iterator: ShimIterator<KeyValue>;
    metadata?: { bookmark: string; fetchedRecordsCount: number };
  }> {
    this.#check();
    if (collection !== '') return { iterator: (await this.#privateQuery(collection, start, end)).iterator() };
    const { pageSize, bookmark } = readMetadata(metadata);
    if (pageSize === 0 && bookmark === '') {
      return { iterator: (await this.#query(start, end)).iterator() };
    }
    if (this.#written)
      throw this.#unsupported('Paginated queries are supported only in a read-only transaction');
    this.#paged = true;
    const page = await (
      await this.#query(bookmark || start, end, pageSize > 0 ? pageSize : undefined)
    ).page();
    return {
      iterator: listIterator(page.rows),
      metadata: { bookmark: page.bookmark, fetchedRecordsCount: page.rows.length },
    };
  }

  async handleGetHistoryForKey(key: string): Promise<ShimIterator<Change>> {
    this.#check();
    const { view, channel, chaincode, keyHistory } = this.#scope;
    if (!keyHistory) throw new Error('history database is not enabled');
    const changes = changesOf(view, channel, chaincode, key);
    this.#open.push(changes);
    return historyIterator(changes);
  }

  async handleGetQueryResult(): Promise<never> {
    throw new Error('ExecuteQuery not supported for leveldb');
  }

  async handleInvokeChaincode(name: string): Promise<never> {
    throw new Error(
      `the embedded network does not call chaincode from chaincode (${name}); use one chaincode, or Fabric`,
    );
  }

  async handlePutStateMetadata(_collection: string, key: string): Promise<never> {
    throw new Error(
      `the embedded network has no key-level endorsement policies (${key}); use a collection, or Fabric`,
    );
  }

  async handleGetStateMetadata(): Promise<Record<string, Uint8Array>> {
    this.#check();
    return {};
  }

  #check(): void {
    if (this.#done) throw new Error(`txid [${this.#scope.txId}]: the simulation has ended; await every call`);
  }

  async #write(collection: string, key: string, value: Uint8Array | undefined): Promise<Buffer> {
    this.#check();
    if (collection !== '') this.#permit(collection, 'write');
    if (this.#paged)
      throw this.#unsupported('Transaction has already performed a paginated query. Writes are not allowed');
    if (this.#privateRange) {
      throw this.#unsupported(
        'Transaction has already performed queries on pvt data. Writes are not allowed',
      );
    }
    this.#written = true;
    // Chaincode may go on using its buffer.
    const kept = value && Buffer.from(value);
    if (collection === '') this.set.write(key, kept);
    else this.set.privateWrite(collection, key, kept);
    return Buffer.alloc(0);
  }

  async #getPrivate(collection: string, key: string): Promise<Buffer> {
    this.#permit(collection, 'read');
    this.#privateReads.add(collection);
    const { copy } = this.#scope;
    const row = copy.privateValue(collection, key);
    const hash = copy.hash(collection, key);
    if (row?.version.block !== hash?.version.block || row?.version.tx !== hash?.version.tx) {
      throw new Error(
        'private data matching public hash version is not available. ' +
          `Public hash version = ${versionText(hash)}, Private data version = ${versionText(row)}`,
      );
    }
    this.set.privateRead(collection, key, row?.version);
    return valueOf(row);
  }

  async #query(start: string, end: string, limit?: number): Promise<RangeQuery> {
    const query = await RangeQuery.open(this.#scope.copy.range(start, end), start, end, limit);
    this.#open.push(query);
    this.set.range(() => query.extent());
    return query;
  }

  async #privateQuery(collection: string, start: string, end: string): Promise<RangeQuery> {
    this.#permit(collection, 'read');
    if (this.#written)
      throw this.#unsupported('Queries on pvt data is supported only in a read-only transaction');
    this.#privateRange = true;
    this.#privateReads.add(collection);
    const query = await RangeQuery.open(this.#scope.copy.privateRange(collection, start, end), start, end);
    this.#open.push(query);
    return query;
  }

  #collection(name: string): CollectionPlan {
    const { collections, channel, chaincode } = this.#scope;
    const found = collections.find((collection) => collection.name === name);
    if (!found) throw new Error(`collection ${channel}/${chaincode}/${name} could not be found`);
    return found;
  }

  #permit(name: string, access: 'read' | 'write'): void {
    const { members, memberOnlyRead, memberOnlyWrite } = this.#collection(name);
    const closed = access === 'read' ? memberOnlyRead : memberOnlyWrite;
    if (!closed || members.includes(this.#scope.creatorMspId)) return;
    throw new Error(
      `tx creator does not have ${access} access permission on privatedata in chaincodeName:` +
        `${this.#scope.chaincode} collectionName: ${name}`,
    );
  }

  #unsupported(why: string): Error {
    return new Error(`txid [${this.#scope.txId}]: unsuppored transaction. ${why}`);
  }
}

function valueOf(row: Versioned | undefined): Buffer {
  return row ? Buffer.from(row.value) : Buffer.alloc(0);
}

function versionText(row: Versioned | undefined): string {
  return row ? `{BlockNum: ${String(row.version.block)}, TxNum: ${String(row.version.tx)}}` : '<nil>';
}

function readMetadata(bytes: Uint8Array | undefined): { pageSize: number; bookmark: string } {
  if (!bytes) return { pageSize: 0, bookmark: '' };
  const metadata = peer.QueryMetadata.deserializeBinary(bytes);
  return { pageSize: metadata.getPagesize(), bookmark: metadata.getBookmark() };
}

function listIterator(rows: KeyValue[]): ShimIterator<KeyValue> {
  return {
    next: () => {
      const row = rows.shift();
      return Promise.resolve(row ? { value: row, done: false } : { done: true });
    },
    close: () => Promise.resolve(),
  };
}
