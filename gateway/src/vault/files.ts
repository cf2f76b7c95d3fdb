// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { destroyFile, writeAtomically } from '../files/atomic-file.js';
import { readIfPresent } from '../files/read-if-present.js';

/** Sealed objects that were stored one by one: each is a file, written whole or not at all. */
export class Files {
  /** How the hashes begin under which something may lie. */
  readonly #beginnings = new Set<string>();

  private constructor(
    private readonly dir: string,
    private readonly scratch: string,
  ) {}

  /** Looks up which objects there are; nobody else puts any there meanwhile. */
  static async open(dir: string, scratch: string): Promise<Files> {
    const files = new Files(dir, scratch);
    for (const folder of await readdir(dir, { withFileTypes: true })) {
      if (!folder.isDirectory()) continue;
      for (const hash of await readdir(join(dir, folder.name))) files.#beginnings.add(beginningOf(hash));
    }
    return files;
  }

  /** Whether something lies under a hash; it is not read. */
  has(hash: string): boolean {
    // Of the many that are asked for nearly all are new, and of those the disk need not be asked.
    return this.#beginnings.has(beginningOf(hash)) && existsSync(this.#file(hash));
  }

  /** The sealed bytes of an object, as they lie there now; undefined when it has no file. */
  read(hash: string): Promise<Buffer | undefined> {
    return readIfPresent(this.#file(hash));
  }

  /** Stores an object in the place of what stood under its hash; it is on disk when this resolves. */
  add(hash: string, sealed: Uint8Array): Promise<void> {
    this.#beginnings.add(beginningOf(hash));
    return writeAtomically(this.#file(hash), sealed, this.scratch);
  }

  /** Overwrites an object with random bytes and removes its file. Does nothing when there is none. */
  destroy(hash: string): Promise<void> {
    return destroyFile(this.#file(hash));
  }

  // Folders of 256 keep directories small; the whole hash stays in the name, for the operator's eye.
  #file(hash: string): string {
    return join(this.dir, hash.slice(0, 2), hash);
  }
}

/** Twelve digits: short enough to be many, long enough that few are the same. */
function beginningOf(hash: string): string {
  return hash.slice(0, 12);
}
