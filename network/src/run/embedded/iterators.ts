// SPDX-License-Identifier: Apache-2.0
import type { RowScan, KeyedRow } from './copy.js';
import type { Change } from './history.js';
import type { RangeRead, Read } from './rwset.js';

/** Rows a Fabric peer sends to chaincode in one message. */
const batchSize = 100;
/** Fabric's `ledger.state.totalQueryLimit`: further rows are silently left out. */
const totalLimit = 100_000;

/** What the shim hands to chaincode. */
export interface ShimIterator<T> {
  next(): Promise<{ value: T; done: false } | { done: true }>;
  close(): Promise<void>;
}

export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
}

/**
 * A range as a peer reads it: a hundred rows at a time and one ahead, so that the extent recorded for validation is
 * what the peer saw, not what the chaincode looked at.
 */
export class RangeQuery {
  readonly #scan: RowScan;
  readonly #start: string;
  readonly #end: string;
  readonly #limit: number;
  readonly #reads: Read[] = [];
  #batch: KeyedRow[] = [];
  #ahead: KeyedRow[] = [];
  #exhausted = false;
  #last: string | undefined;

  private constructor(scan: RowScan, start: string, end: string, limit: number) {
    this.#scan = scan;
    this.#start = start;
    this.#end = end;
    this.#limit = Math.min(limit, totalLimit);
  }

  static async open(scan: RowScan, start: string, end: string, limit = totalLimit): Promise<RangeQuery> {
    const query = new RangeQuery(scan, start, end, limit);
    await query.#fetch();
    return query;
  }

  /** The extent read so far. */
  extent(): RangeRead {
    return {
      start: this.#start,
      end: this.#exhausted || this.#last === undefined ? this.#end : this.#last,
      exhausted: this.#exhausted,
      reads: this.#reads,
    };
  }

  iterator(): ShimIterator<KeyValue> {
    return {
      next: async () => {
        if (this.#batch.length === 0 && this.#ahead.length > 0) await this.#fetch();
        const row = this.#batch.shift();
        return row ? { value: { key: row.key, value: row.value }, done: false } : { done: true };
      },
      close: () => this.close(),
    };
  }

  /** One page at once, and the key where the next page begins (empty at the end). */
  async page(): Promise<{ rows: KeyValue[]; bookmark: string }> {
    const rows = [...this.#batch];
    while (this.#ahead.length > 0) {
      await this.#fetch();
      rows.push(...this.#batch);
    }
    this.#batch = [];
    const [next] = this.#exhausted ? [] : await this.#scan.next(1);
    await this.close();
    return { rows: rows.map(({ key, value }) => ({ key, value })), bookmark: next?.key ?? '' };
  }

  async close(): Promise<void> {
    this.#ahead = [];
    await this.#scan.close();
  }

  async #fetch(): Promise<void> {
    const wanted = Math.min(batchSize + 1 - this.#ahead.length, this.#limit - this.#reads.length);
    const rows = wanted > 0 ? await this.#scan.next(wanted) : [];
    for (const { key, version } of rows) this.#reads.push({ key, version });
    this.#last = rows.at(-1)?.key ?? this.#last;
    if (rows.length < wanted) this.#exhausted = true;
    const all = [...this.#ahead, ...rows];
    this.#batch = all.slice(0, batchSize);
    this.#ahead = all.slice(batchSize);
  }
}

/** History as the shim hands it to chaincode. */
export function historyIterator(changes: {
  next(size: number): Promise<Change[]>;
  close(): Promise<void>;
}): ShimIterator<Change> {
  let batch: Change[] = [];
  return {
    next: async () => {
      if (batch.length === 0) batch = await changes.next(batchSize);
      const change = batch.shift();
      return change ? { value: change, done: false } : { done: true };
    },
    close: () => changes.close(),
  };
}
