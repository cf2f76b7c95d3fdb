// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { parseWith, Sha256 } from '@thingledger/protocol';
import PQueue from 'p-queue';
import { z } from 'zod';
import { syncFolder, writeAtomically } from '../files/atomic-file.js';
import { unlessAbsent } from '../files/read-if-present.js';

/** A sealed object and the hash that it is known by. */
export interface Sealed {
  readonly hash: string;
  readonly bytes: Buffer;
}

/** The first line of a pack: the hashes and lengths of its objects, in the order in which they follow. */
const Directory = z.strictObject({
  format: z.literal('thingledger-pack-1'),
  objects: z.array(z.tuple([Sha256, z.int().positive()])),
});

interface Pack {
  readonly file: string;
  /** How many of its objects are not destroyed. */
  live: number;
}

interface Place {
  readonly pack: Pack;
  readonly offset: number;
  readonly length: number;
}

const NAME = /^(\d{12})\.pack$/;
const NEWLINE = 0x0a;
const HEAD_BYTES = 64 * 1024;
/** A directory is not read on beyond this: the file is no pack. */
const MOST_HEAD_BYTES = 16 * 1024 * 1024;
/** How an object that was destroyed begins; no sealed one does. */
const DESTROYED = Buffer.alloc(8);
/** Packs whose directories are read at once. */
const READS = 16;

/**
 * Sealed objects that were stored many at a time: each list is one file, synced once, written whole or not at all. Where
 * each lies is kept in memory, some hundred bytes an object. An object in several packs is that of the last one.
 */
export class Packs {
  readonly #places = new Map<string, Place>();
  #next = 1;

  private constructor(
    private readonly dir: string,
    private readonly scratch: string,
  ) {}

  /** Reads the directories of all packs. What is no readable pack is left alone: its objects are not there. */
  static async open(dir: string, scratch: string): Promise<Packs> {
    const packs = new Packs(dir, scratch);
    const found = (await readdir(dir, { withFileTypes: true })).filter(({ name }) => NAME.test(name));
    // What a link leads to is nothing of this vault, to be read or overwritten.
    const names = found.flatMap((entry) => (entry.isFile() ? entry.name : [])).sort();
    const reads = new PQueue({ concurrency: READS });
    const directories = await reads.addAll(names.map((name) => () => readDirectory(join(dir, name))));
    for (const [at, name] of names.entries()) {
      const directory = directories[at];
      if (directory) packs.#enter(join(dir, name), directory.head, directory.objects);
    }
    const numbers = found.map(({ name }) => Number(NAME.exec(name)?.[1]));
    packs.#next = numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
    return packs;
  }

  /** Whether something lies under a hash; it is not read. */
  has(hash: string): boolean {
    return this.#places.has(hash);
  }

  /** The sealed bytes of an object, as they lie there now; undefined when it is in no pack. */
  async read(hash: string): Promise<Buffer | undefined> {
    const place = this.#places.get(hash);
    return place && within(place, 'r', (handle) => bytesAt(handle, place));
  }

  /** Stores objects in one file; they are on disk when this resolves. What stood under their hashes before is destroyed. */
  async add(objects: readonly Sealed[]): Promise<void> {
    for (const { hash } of objects) if (this.has(hash)) await this.destroy(hash);
    const lengths = objects.map(({ hash, bytes }): [string, number] => [hash, bytes.length]);
    const directory: z.infer<typeof Directory> = { format: 'thingledger-pack-1', objects: lengths };
    const head = Buffer.from(`${JSON.stringify(directory)}\n`);
    const file = join(this.dir, `${String(this.#next).padStart(12, '0')}.pack`);
    this.#next += 1;
    await writeAtomically(file, Buffer.concat([head, ...objects.map(({ bytes }) => bytes)]), this.scratch);
    this.#enter(file, head.length, lengths);
  }

  /**
   * Overwrites an object with random bytes, and removes a pack of which nothing is left. Does nothing when there is none
   * of this hash, or it was overwritten before.
   */
  async destroy(hash: string): Promise<void> {
    const place = this.#places.get(hash);
    if (!place) return;
    const { pack, offset, length } = place;
    await within(place, 'r+', async (handle) => {
      const mark = DESTROYED.subarray(0, length);
      if ((await bytesAt(handle, { offset, length: mark.length })).equals(mark)) return;
      await handle.write(randomBytes(length), 0, length, offset);
      await handle.sync();
      // Only now: what a crash leaves half destroyed has no mark, and is destroyed again.
      await handle.write(mark, 0, mark.length, offset);
    });
    this.#places.delete(hash);
    pack.live -= 1;
    if (pack.live > 0) return;
    await rm(pack.file, { force: true });
    await syncFolder(this.dir);
  }

  #enter(file: string, head: number, objects: readonly (readonly [hash: string, length: number])[]): void {
    const pack: Pack = { file, live: 0 };
    let offset = head;
    for (const [hash, length] of objects) {
      const before = this.#places.get(hash);
      if (before) before.pack.live -= 1;
      this.#places.set(hash, { pack, offset, length });
      pack.live += 1;
      offset += length;
    }
  }
}

/** Undefined when the file is gone: its last object was destroyed meanwhile, or somebody took it away. */
async function within<T>(
  { pack }: Place,
  flags: string,
  work: (handle: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  const handle = await open(pack.file, flags).catch(unlessAbsent);
  if (!handle) return undefined;
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

async function bytesAt(
  handle: FileHandle,
  { offset, length }: Pick<Place, 'offset' | 'length'>,
): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function readDirectory(
  file: string,
): Promise<{ head: number; objects: [hash: string, length: number][] } | undefined> {
  const handle = await open(file, 'r');
  try {
    for (let size = HEAD_BYTES; size <= MOST_HEAD_BYTES; size *= 4) {
      const bytes = await bytesAt(handle, { offset: 0, length: size });
      const end = bytes.indexOf(NEWLINE);
      if (end >= 0) {
        const { objects } = parseWith(Directory, JSON.parse(bytes.toString('utf8', 0, end)));
        return { head: end + 1, objects: withinFile(objects, (await handle.stat()).size - end - 1) };
      }
      if (bytes.length < size) return undefined;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

/** A directory that lies makes nobody read or write beyond the file. */
function withinFile(objects: readonly [hash: string, length: number][], bytes: number): [string, number][] {
  let left = bytes;
  return objects.map(([hash, said]) => {
    const length = Math.min(said, left);
    left -= length;
    return [hash, length];
  });
}
