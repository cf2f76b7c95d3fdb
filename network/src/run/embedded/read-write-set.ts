// SPDX-License-Identifier: Apache-2.0
import {
  type HashedCollection,
  type NamespaceSet,
  type PrivateWrites,
  privateHash,
  type RangeRead,
  type Version,
  type Write,
} from './rwset.js';

/** Gathers what one simulation reads and writes of its chaincode's state. */
export class ReadWriteSet {
  readonly #namespace: string;
  readonly #reads = new Map<string, Version | undefined>();
  readonly #ranges: (() => RangeRead)[] = [];
  readonly #writes = new Map<string, Uint8Array | undefined>();
  readonly #collections = new Map<string, Collection>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** The first read counts; all reads of one simulation see the same state anyway. */
  read(key: string, version: Version | undefined): void {
    if (!this.#reads.has(key)) this.#reads.set(key, version);
  }

  /** A range whose extent is known only when the chaincode has finished. */
  range(extent: () => RangeRead): void {
    this.#ranges.push(extent);
  }

  /** The last write counts. As in Fabric, an empty value deletes. */
  write(key: string, value: Uint8Array | undefined): void {
    this.#writes.set(key, value?.length === 0 ? undefined : value);
  }

  privateRead(collection: string, key: string, version: Version | undefined): void {
    const { reads } = this.#collection(collection);
    if (!reads.has(key)) reads.set(key, version);
  }

  privateWrite(collection: string, key: string, value: Uint8Array | undefined): void {
    this.#collection(collection).writes.set(key, value?.length === 0 ? undefined : value);
  }

  /** Everything, keys in order. */
  sets(): NamespaceSet[] {
    const set: NamespaceSet = {
      namespace: this.#namespace,
      reads: sorted(this.#reads).map(([key, version]) => ({ key, version })),
      ranges: this.#ranges.map((extent) => extent()),
      writes: sorted(this.#writes).map(([key, value]) => ({ key, value })),
      collections: sorted(this.#collections).map(([name, collection]) => hashed(name, collection)),
    };
    const empty = set.reads.length + set.ranges.length + set.writes.length + set.collections.length === 0;
    return empty ? [] : [set];
  }

  /** Private writes in clear, for the members of their collections only. */
  privateWrites(): PrivateWrites[] {
    return sorted(this.#collections).flatMap(([collection, { writes }]) =>
      writes.size === 0
        ? []
        : [{ collection, writes: sorted(writes).map(([key, value]): Write => ({ key, value })) }],
    );
  }

  #collection(name: string): Collection {
    const known = this.#collections.get(name);
    if (known) return known;
    const collection: Collection = { reads: new Map(), writes: new Map() };
    this.#collections.set(name, collection);
    return collection;
  }
}

interface Collection {
  readonly reads: Map<string, Version | undefined>;
  readonly writes: Map<string, Uint8Array | undefined>;
}

function hashed(collection: string, { reads, writes }: Collection): HashedCollection {
  return {
    collection,
    reads: sorted(reads).map(([key, version]) => ({ keyHash: privateHash(key), version })),
    writes: sorted(writes).map(([key, value]) => ({
      keyHash: privateHash(key),
      valueHash: value && privateHash(value),
    })),
  };
}

function sorted<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
