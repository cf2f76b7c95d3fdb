// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Collection, type Entry, type Packing } from '@thingledger/protocol';
import type { StatePort, StateWrite } from './state-port';

const UNWRITTEN = Symbol('unwritten');

/**
 * State as a transaction sees it: its own writes first, then what the peer has. Each key is read at most once; writes
 * leave in one message at the end (design 3). Values handed out are shared: change a copy.
 */
export class Overlay {
  readonly #port: StatePort;
  readonly #committed = new Map<string, unknown>();
  readonly #written = new Map<string, unknown>();
  /** How the rows are written that are in one of the maps above not as the peer has them, by key. */
  readonly #packings = new Map<string, Packing<unknown>>();
  /** What each key written since the savepoint held before; absent from the map of writes is `UNWRITTEN`. */
  #undo: Map<string, unknown> | undefined;

  constructor(port: StatePort) {
    this.#port = port;
  }

  /** Reads the keys not read yet in one message. */
  async prefetch(keys: Iterable<string>): Promise<void> {
    const missing = [...new Set(keys)].filter((key) => !this.#committed.has(key));
    if (missing.length === 0) return;
    const values = await this.#port.getMany(missing);
    missing.forEach((key, index) => {
      const bytes = values[index];
      this.#committed.set(
        key,
        bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8')),
      );
    });
  }

  /** The entry as this transaction sees it; undefined where there is none. */
  async get<C extends Collection>(collection: C, ...id: readonly string[]): Promise<Entry<C> | undefined> {
    const key = collection.key(...id);
    if (!this.#written.has(key) && !this.#committed.has(key)) await this.prefetch([key]);
    return this.#entry(collection, key, id);
  }

  /** The entries under several ids, read together. */
  async getAll<C extends Collection>(
    collection: C,
    ids: readonly (readonly string[])[],
  ): Promise<(Entry<C> | undefined)[]> {
    const keys = ids.map((id) => collection.key(...id));
    await this.prefetch(keys.filter((key) => !this.#written.has(key)));
    return ids.map((id) => this.peek(collection, ...id));
  }

  /** The entry if it was read or written already; undefined where there is none or it was not read. */
  peek<C extends Collection>(collection: C, ...id: readonly string[]): Entry<C> | undefined {
    return this.#entry(collection, collection.key(...id), id);
  }

  /** Puts an entry under its id. Where neighbours share a row, the row must have been read. */
  put<C extends Collection>(collection: C, value: Entry<C>, ...id: readonly string[]): void {
    const key = collection.key(...id);
    const place = collection.place?.(...id);
    if (place !== undefined && !this.#written.has(key) && !this.#committed.has(key)) {
      throw new TypeError(`${key} is shared: read an entry before it is put`);
    }
    const row =
      place === undefined ? value : { ...(this.#see(collection, key) as object | undefined), [place]: value };
    if (this.#undo && !this.#undo.has(key)) {
      this.#undo.set(key, this.#written.has(key) ? this.#written.get(key) : UNWRITTEN);
    }
    this.#written.set(key, row);
    if (collection.packing) this.#packings.set(key, collection.packing);
  }

  /** Runs work whose writes stay only if it does not throw; inside other work, only if that does not throw either. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.#undo;
    const undo = new Map<string, unknown>();
    this.#undo = undo;
    try {
      const result = await work();
      for (const [key, value] of outer ? undo : []) if (!outer?.has(key)) outer?.set(key, value);
      return result;
    } catch (error) {
      for (const [key, value] of undo) {
        if (value === UNWRITTEN) this.#written.delete(key);
        else this.#written.set(key, value);
      }
      throw error;
    } finally {
      this.#undo = outer;
    }
  }

  /** Sends all writes, in the order of their keys, as canonical JSON. */
  async flush(): Promise<void> {
    if (this.#written.size === 0) return;
    const writes: StateWrite[] = [...this.#written]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, row]) => {
        const value = this.#packings.get(key)?.pack(row as Record<string, unknown>) ?? row;
        return { key, value: Buffer.from(canonicalJson(value), 'utf8') };
      });
    await this.#port.writeAll(writes);
  }

  #entry<C extends Collection>(collection: C, key: string, id: readonly string[]): Entry<C> | undefined {
    const row = this.#see(collection, key);
    if (!collection.place || row === undefined) return row as Entry<C> | undefined;
    return (row as Record<string, Entry<C>>)[collection.place(...id)];
  }

  /** A row by its key, unpacked when somebody first asks for it. */
  #see({ packing }: Collection, key: string): unknown {
    if (this.#written.has(key)) return this.#written.get(key);
    const row = this.#committed.get(key);
    if (!packing || row === undefined || this.#packings.has(key)) return row;
    const unpacked = packing.unpack(row);
    this.#committed.set(key, unpacked);
    this.#packings.set(key, packing);
    return unpacked;
  }
}
