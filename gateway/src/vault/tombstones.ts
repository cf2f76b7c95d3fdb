// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DeletionCertificate, parseWith } from '@thingledger/protocol';
import { writeAtomically } from '../files/atomic-file.js';
import { readIfPresent } from '../files/read-if-present.js';

/**
 * What was deleted: a file with the certificate for each hash, and it stays. Their hashes are in memory, because looking
 * on disk for each object would cost as much as reading it.
 */
export class Tombstones {
  private constructor(
    private readonly dir: string,
    private readonly scratch: string,
    private readonly hashes: Set<string>,
  ) {}

  /** Reads the names of all that was deleted. */
  static async open(dir: string, scratch: string): Promise<Tombstones> {
    const names = await readdir(dir);
    return new Tombstones(dir, scratch, new Set(names.map((name) => name.replace('.json', ''))));
  }

  /** Whether an object was deleted. */
  has(hash: string): boolean {
    return this.hashes.has(hash);
  }

  /** The hashes of all that was deleted. */
  all(): Iterable<string> {
    return this.hashes;
  }

  /** Keeps the certificate of a deletion; it is on disk when this resolves. */
  async add(hash: string, certificate: DeletionCertificate): Promise<void> {
    await writeAtomically(this.#file(hash), JSON.stringify(certificate), this.scratch);
    this.hashes.add(hash);
  }

  /** The certificate of a hash, if it was deleted. */
  async certificateOf(hash: string): Promise<DeletionCertificate | undefined> {
    const text = await readIfPresent(this.#file(hash));
    return text && parseWith(DeletionCertificate, JSON.parse(text.toString('utf8')));
  }

  #file(hash: string): string {
    return join(this.dir, `${hash}.json`);
  }
}
