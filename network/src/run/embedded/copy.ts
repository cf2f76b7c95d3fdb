// SPDX-License-Identifier: Apache-2.0
import { after, hashPrefix, privatePrefix, statePrefix } from './keys.js';
import { privateHash, type Version } from './rwset.js';
import type { Bounds, Scan, View } from './store.js';

const headLength = 12;

/** A row of the world state. */
export interface Versioned {
  readonly version: Version;
  readonly value: Buffer;
}

export interface KeyedRow extends Versioned {
  readonly key: string;
}

/** Rows of a range in byte order of their keys. */
export interface RowScan {
  /** At most `size` further rows; fewer at the end. */
  next(size: number): Promise<KeyedRow[]>;
  close(): Promise<void>;
}

/** A state row as stored: the version it was written at, then the value. */
export function encodeRow(version: Version, value: Uint8Array): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeBigUInt64BE(BigInt(version.block));
  head.writeUInt32BE(version.tx, 8);
  return Buffer.concat([head, value]);
}

function decodeRow(row: Buffer): Versioned {
  return {
    version: { block: Number(row.readBigUInt64BE()), tx: row.readUInt32BE(8) },
    value: row.subarray(headLength),
  };
}

/** One member's own copy of one chaincode's state, at one moment. */
export class Copy {
  readonly #view: Pick<View, 'get' | 'getMany' | 'scan'>;
  readonly #member: string;
  readonly #channel: string;
  readonly #namespace: string;
  readonly #state: Buffer;

  constructor(
    view: Pick<View, 'get' | 'getMany' | 'scan'>,
    member: string,
    channel: string,
    namespace: string,
  ) {
    this.#view = view;
    this.#member = member;
    this.#channel = channel;
    this.#namespace = namespace;
    this.#state = statePrefix(member, channel, namespace);
  }

  get(key: string): Versioned | undefined {
    const row = this.#view.get(Buffer.concat([this.#state, Buffer.from(key)]));
    return row && decodeRow(row);
  }

  async getMany(keys: readonly string[]): Promise<(Versioned | undefined)[]> {
    const rows = await this.#view.getMany(keys.map((key) => Buffer.concat([this.#state, Buffer.from(key)])));
    return rows.map((row) => row && decodeRow(row));
  }

  /** From `start` (included) to `end` (excluded, or included on demand); an empty end means no end. */
  range(start: string, end: string, includeEnd = false): RowScan {
    return scanRows(this.#view, this.#state, start, end, includeEnd);
  }

  /** What this member holds of a private value; nothing when it is no member of the collection. */
  privateValue(collection: string, key: string): Versioned | undefined {
    const row = this.#view.get(Buffer.concat([this.#private(collection), Buffer.from(key)]));
    return row && decodeRow(row);
  }

  privateRange(collection: string, start: string, end: string): RowScan {
    return scanRows(this.#view, this.#private(collection), start, end, false);
  }

  /** The hash of a private value, which every member of the channel holds. */
  hash(collection: string, key: string): Versioned | undefined {
    return this.hashOf(collection, privateHash(key));
  }

  hashOf(collection: string, keyHash: Uint8Array): Versioned | undefined {
    const prefix = hashPrefix(this.#member, this.#channel, this.#namespace, collection);
    const row = this.#view.get(Buffer.concat([prefix, keyHash]));
    return row && decodeRow(row);
  }

  #private(collection: string): Buffer {
    return privatePrefix(this.#member, this.#channel, this.#namespace, collection);
  }
}

function scanRows(
  view: Pick<View, 'scan'>,
  prefix: Buffer,
  start: string,
  end: string,
  includeEnd: boolean,
): RowScan {
  const gte = Buffer.concat([prefix, Buffer.from(start)]);
  const stop = end === '' ? after(prefix) : Buffer.concat([prefix, Buffer.from(end)]);
  const bounds: Bounds = includeEnd && end !== '' ? { gte, lte: stop } : { gte, lt: stop };
  const scan: Scan = view.scan(bounds);
  return {
    next: async (size) =>
      (await scan.next(size)).map(([key, row]) => ({
        key: key.subarray(prefix.length).toString('utf8'),
        ...decodeRow(row),
      })),
    close: () => scan.close(),
  };
}
