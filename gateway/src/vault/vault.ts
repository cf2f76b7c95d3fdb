// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import {
  documentHash,
  parseWith,
  Refusal,
  Sha256,
  sha256,
  type DeletionCertificate,
  type SaltedDocument,
} from '@thingledger/protocol';
import { writeAtomically } from '../files/atomic-file.js';
import { Files } from './files.js';
import { Locks } from './locks.js';
import { loadMasterKey } from './master-key.js';
import { Packs, type Sealed } from './packs.js';
import { SaltMaker } from './salt.js';
import { seal, unseal, type ObjectFacts, type ObjectKind } from './seal.js';
import { Tombstones } from './tombstones.js';

/** A stored document, verified against its hash. */
export interface StoredObject {
  readonly facts: ObjectFacts;
  readonly bytes: Buffer;
}

const hashOf: Record<ObjectKind, (bytes: Uint8Array) => string> = {
  document: (bytes) => documentHash(JSON.parse(Buffer.from(bytes).toString('utf8')) as SaltedDocument),
  bytes: sha256,
};

/** There is something, but not what was stored. */
const ALTERED = 'altered';

const FOLDERS = ['scratch', 'objects', 'packs', 'deleted'];

/** Bytes that fill a pack. */
const PACK_BYTES = 8 * 1024 * 1024;
/** Objects sealed between two turns of others. */
const AT_ONCE = 32;

/** Bytes to be stored, and what they are. */
export interface NewObject {
  readonly bytes: Uint8Array;
  readonly facts: Pick<ObjectFacts, 'kind' | 'thing' | 'owner'>;
}

/** Where a vault lies and what it takes. */
export interface VaultOptions {
  readonly dir: string;
  /** File of the master key; `master.key` in the vault's folder unless said otherwise. */
  readonly masterKeyFile?: string;
  /** Largest document, in bytes. */
  readonly maxBytes: number;
}

/**
 * A member's documents and other bytes by content hash, encrypted at rest (design 6). A document is one file, a list of
 * them one pack, written whole or not at all; what answers has passed its authentication tag and its hash. Deleting leaves
 * a tombstone with the certificate.
 */
export class Vault {
  /** Salts for documents that bring none. */
  readonly salts: SaltMaker;
  /** One change of an object at a time, so that a put can not revive what a delete is destroying. */
  readonly #locks = new Locks();

  private constructor(
    private readonly options: VaultOptions,
    private readonly masterKey: Buffer,
    private readonly packs: Packs,
    private readonly files: Files,
    private readonly tombstones: Tombstones,
  ) {
    this.salts = new SaltMaker(masterKey);
  }

  /** Opens or creates the vault, throws away half-written files, and finishes deletions that a crash cut short. */
  static async open(options: VaultOptions): Promise<Vault> {
    const scratch = join(options.dir, 'scratch');
    await rm(scratch, { recursive: true, force: true });
    for (const folder of FOLDERS) {
      await mkdir(join(options.dir, folder), { recursive: true, mode: 0o700 });
    }
    const keyFile = options.masterKeyFile ?? join(options.dir, 'master.key');
    const masterKey = await loadMasterKey(keyFile, join(options.dir, 'master.check'), scratch);
    const tombstones = await Tombstones.open(join(options.dir, 'deleted'), scratch);
    const packs = await Packs.open(join(options.dir, 'packs'), scratch);
    const files = await Files.open(join(options.dir, 'objects'), scratch);
    const vault = new Vault(options, masterKey, packs, files, tombstones);
    for (const hash of tombstones.all()) await vault.#destroy(hash);
    return vault;
  }

  /** A key of 32 bytes for secrets that lie elsewhere; another purpose has another key. */
  keyFor(purpose: string): Buffer {
    return createHmac('sha256', this.masterKey).update(`ThingLedger ${purpose}`).digest();
  }

  /**
   * Stores bytes under their hash, the one of their kind. Storing the same bytes again changes nothing, and mends the
   * object when its file was altered. Refuses with `TL-INPUT-TOO-LARGE`, with `TL-DATA-DELETED` what was deleted before,
   * and with `TL-DATA-MEMBERS` documents that can not be shown in part.
   */
  async put(bytes: Uint8Array, facts: NewObject['facts']): Promise<string> {
    const hash = this.#hashOf({ bytes, facts });
    await this.#locks.exclusively([hash], async () => {
      this.#refuseDeleted(hash);
      if (await this.#isWhole(hash)) return;
      await this.files.add(hash, this.#seal({ hash, bytes, facts }));
    });
    return hash;
  }

  /**
   * Stores many at once, for the price of one: the hash of each, or why it was refused, in order; see {@link put}. All
   * that have a hash are on disk when this resolves.
   */
  async putAll(objects: readonly NewObject[]): Promise<(string | Refusal)[]> {
    const outcomes = objects.map((object) => orRefusal(() => this.#hashOf(object)));
    const named = new Map<string, NewObject>();
    for (const [at, hash] of outcomes.entries()) {
      const object = objects[at];
      if (typeof hash === 'string' && object) named.set(hash, object);
    }
    await this.#locks.exclusively([...named.keys()], () => this.#pack(named));
    return outcomes.map((hash) =>
      typeof hash === 'string' && this.tombstones.has(hash) ? new Refusal('TL-DATA-DELETED', { hash }) : hash,
    );
  }

  /** Stores what is not there yet, in as few files as hold it. */
  async #pack(named: ReadonlyMap<string, NewObject>): Promise<void> {
    let pack: Sealed[] = [];
    let [size, seen] = [0, 0];
    for (const [hash, { bytes, facts }] of named) {
      seen += 1;
      if (seen % AT_ONCE === 0) await breathe();
      if (this.tombstones.has(hash) || (await this.#isWhole(hash))) continue;
      const sealed = this.#seal({ hash, bytes, facts });
      pack.push({ hash, bytes: sealed });
      size += sealed.length;
      if (size < PACK_BYTES) continue;
      await this.packs.add(pack);
      pack = [];
      size = 0;
    }
    if (pack.length > 0) await this.packs.add(pack);
  }

  /** The document of a hash. Refuses with `TL-DATA-UNKNOWN`, `TL-DATA-DELETED`, `TL-DATA-ALTERED`. */
  async get(hash: string): Promise<StoredObject> {
    parseWith(Sha256, hash);
    const found = await this.#find(hash);
    this.#refuseDeleted(hash);
    if (!found) throw new Refusal('TL-DATA-UNKNOWN', { hash });
    if (found === ALTERED) throw new Refusal('TL-DATA-ALTERED', { hash });
    return found;
  }

  /**
   * Destroys a document with its key. `certify` makes the certificate, which is on disk before the document goes, so
   * that no crash leaves a deletion without proof. Refuses with `TL-DATA-UNKNOWN`, `TL-DATA-DELETED`.
   */
  async delete(hash: string, certify: () => DeletionCertificate): Promise<DeletionCertificate> {
    parseWith(Sha256, hash);
    return this.#locks.exclusively([hash], async () => {
      this.#refuseDeleted(hash);
      if (!(await this.#find(hash))) throw new Refusal('TL-DATA-UNKNOWN', { hash });
      const certificate = certify();
      await this.tombstones.add(hash, certificate);
      await this.#destroy(hash);
      return certificate;
    });
  }

  /** The deletion certificate of a hash, if it was deleted. */
  async certificateOf(hash: string): Promise<DeletionCertificate | undefined> {
    return this.tombstones.certificateOf(parseWith(Sha256, hash));
  }

  /** Whether documents could be kept now: looks at every folder, writes a file and reads it back. Rejects when not. */
  async probe(): Promise<void> {
    for (const folder of FOLDERS)
      await access(join(this.options.dir, folder), constants.R_OK | constants.W_OK | constants.X_OK);
    const written = randomUUID();
    const file = join(this.options.dir, 'scratch', `${written}.probe`);
    try {
      await writeAtomically(file, written);
      if ((await readFile(file, 'utf8')) !== written) throw new Error('the vault gives back other bytes');
    } finally {
      await rm(file, { force: true });
    }
  }

  #hashOf({ bytes, facts }: NewObject): string {
    if (bytes.length > this.options.maxBytes)
      throw new Refusal('TL-INPUT-TOO-LARGE', { limit: this.options.maxBytes });
    return hashOf[facts.kind](bytes);
  }

  #seal({ hash, bytes, facts }: NewObject & { readonly hash: string }): Buffer {
    return seal(bytes, { hash, ...facts, storedAt: new Date().toISOString() }, this.masterKey);
  }

  /** What lies under a hash, in a pack or in a file of its own: one whole copy will do. */
  async #find(hash: string): Promise<StoredObject | typeof ALTERED | undefined> {
    let present = false;
    for (const place of [this.packs, this.files]) {
      const sealed = await place.read(hash);
      const object = sealed && unseal(sealed, this.masterKey);
      if (object?.facts.hash === hash && hashOf[object.facts.kind](object.bytes) === hash) return object;
      present ||= sealed !== undefined;
    }
    return present ? ALTERED : undefined;
  }

  async #isWhole(hash: string): Promise<boolean> {
    // Most of what is stored is new, and asking at once is far cheaper than failing to read.
    if (!this.packs.has(hash) && !this.files.has(hash)) return false;
    const found = await this.#find(hash);
    return found !== undefined && found !== ALTERED;
  }

  async #destroy(hash: string): Promise<void> {
    await this.packs.destroy(hash);
    await this.files.destroy(hash);
  }

  #refuseDeleted(hash: string): void {
    if (this.tombstones.has(hash)) throw new Refusal('TL-DATA-DELETED', { hash });
  }
}

function orRefusal<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
