// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { ClassicLevel, type Snapshot } from 'classic-level';
import { EmbeddedError } from './errors.js';

const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

export type Row = readonly [key: Buffer, value: Buffer];

/** One write of a batch; no value deletes. */
export interface RowWrite {
  readonly key: Buffer;
  readonly value?: Buffer;
}

/** Bounds as LevelDB takes them: from `gte`, up to but without `lt` (or with `lte`). */
export interface Bounds {
  readonly gte: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
  readonly reverse?: boolean;
}

/** What the network looked like at one moment; nothing committed later shows. Must be closed. */
export interface View {
  get(key: Buffer): Buffer | undefined;
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  scan(bounds: Bounds): Scan;
  close(): Promise<void>;
}

/** Rows in order, some at a time. */
export interface Scan {
  /** At most `size` further rows; none at the end. */
  next(size: number): Promise<Row[]>;
  close(): Promise<void>;
}

/** The database of a whole network. A batch is written entirely or not at all, and to disk before it returns. */
export class Store {
  readonly #level: ClassicLevel<Buffer, Buffer>;

  private constructor(level: ClassicLevel<Buffer, Buffer>) {
    this.#level = level;
  }

  /** @throws EmbeddedError when another process has the folder open, or it can not be read */
  static async open(folder: string): Promise<Store> {
    await mkdir(folder, { recursive: true });
    const level = new ClassicLevel<Buffer, Buffer>(folder, { ...bytes, cacheSize: 32 << 20 });
    try {
      await level.open();
    } catch (error) {
      const { cause = error } = error as { cause?: unknown };
      const { code, message } = cause as { code?: string; message?: string };
      const text =
        code === 'LEVEL_LOCKED'
          ? `another process uses ${folder}; stop it first: Ctrl+C where npm start runs`
          : `cannot open ${folder}: ${message ?? String(cause)}`;
      throw new EmbeddedError('UNAVAILABLE', 'unavailable', text, { cause });
    }
    return new Store(level);
  }

  get(key: Buffer): Buffer | undefined {
    return this.#level.getSync(key, bytes);
  }

  async getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return keys.length === 0 ? [] : this.#level.getMany([...keys], bytes);
  }

  scan(bounds: Bounds): Scan {
    return scanOver(this.#level, bounds);
  }

  /** A consistent view of all copies; close it when done. */
  view(): View {
    const level = this.#level;
    const snapshot = level.snapshot();
    return {
      get: (key) => level.getSync(key, { ...bytes, snapshot }),
      getMany: async (keys) => (keys.length === 0 ? [] : level.getMany([...keys], { ...bytes, snapshot })),
      scan: (bounds) => scanOver(level, bounds, snapshot),
      close: () => snapshot.close(),
    };
  }

  /** Writes all rows or none, and returns when they are on disk. */
  async write(rows: readonly RowWrite[]): Promise<void> {
    const operations = rows.map(({ key, value }) =>
      value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value },
    );
    await this.#level.batch(operations, { ...bytes, sync: true });
  }

  async close(): Promise<void> {
    await this.#level.close();
  }
}

function scanOver(level: ClassicLevel<Buffer, Buffer>, bounds: Bounds, snapshot?: Snapshot): Scan {
  const iterator = level.iterator<Buffer, Buffer>({ ...bytes, ...bounds, ...(snapshot && { snapshot }) });
  return {
    // LevelDB hands out fewer at once when rows are large; only an empty list is the end.
    next: async (size) => {
      const rows: Row[] = [];
      while (rows.length < size) {
        const more = await iterator.nextv(size - rows.length);
        if (more.length === 0) break;
        rows.push(...more);
      }
      return rows;
    },
    close: () => iterator.close(),
  };
}
