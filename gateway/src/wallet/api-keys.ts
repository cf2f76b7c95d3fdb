// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { writeAtomically } from '../files/atomic-file.js';
import { readIfPresent } from '../files/read-if-present.js';

const FORM = /^tl_[A-Za-z0-9_-]{43}$/;

const KeyFile = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      participant: z.string(),
      digest: z.string().regex(/^[0-9a-f]{64}$/),
      issuedAt: z.string(),
    }),
  ),
});
type KeyEntry = z.output<typeof KeyFile>['keys'][number];

/** Whether a credential looks like one of our API keys: `tl_` and 256 bits in base64url. */
export function isApiKey(credential: string): boolean {
  return FORM.test(credential);
}

/**
 * The API keys of one gateway. A key is 256 random bits; kept is only its HMAC-SHA-256 under the gateway's own secret,
 * so the file gives nothing away. (A slow password hash would guard nothing: there is no guessing 256 bits.)
 */
export class ApiKeys {
  readonly #path: string;
  readonly #secret: Buffer;
  readonly #byDigest: Map<string, KeyEntry>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, secret: Buffer, entries: readonly KeyEntry[]) {
    this.#path = path;
    this.#secret = secret;
    this.#byDigest = new Map(entries.map((entry) => [entry.digest, entry]));
  }

  /** Reads the key file; a missing one is empty, a damaged one is an error and not an empty one. */
  static async open(path: string, secret: Buffer): Promise<ApiKeys> {
    const text = await readIfPresent(path);
    return new ApiKeys(path, secret, text ? KeyFile.parse(JSON.parse(text.toString('utf8'))).keys : []);
  }

  /**
   * Makes and keeps a key. The returned text is the only copy there ever is.
   *
   * @param seed makes the key repeatable: the same seed, the same key. For enrolments, whose answer must not be stored.
   */
  async issue(participant: string, seed?: string): Promise<string> {
    const key = this.#make(seed);
    await this.#keep(participant, key);
    return key;
  }

  /** Makes the key of a seed and says whether it is this participant's; the key again if so. */
  repeat(participant: string, seed: string): string | undefined {
    const key = this.#make(seed);
    return this.participantOf(key) === participant ? key : undefined;
  }

  /** Withdraws every key of a participant. */
  async revoke(participant: string): Promise<void> {
    for (const [digest, entry] of this.#byDigest)
      if (entry.participant === participant) this.#byDigest.delete(digest);
    await this.#save();
  }

  /** Withdraws one key. */
  async withdraw(key: string): Promise<void> {
    this.#byDigest.delete(this.#digest(key).toString('hex'));
    await this.#save();
  }

  /** The participant a key belongs to; undefined for a key that is not ours. */
  participantOf(key: string): string | undefined {
    if (!isApiKey(key)) return undefined;
    const digest = this.#digest(key);
    const entry = this.#byDigest.get(digest.toString('hex'));
    // The look-up leaks at most how much of a keyed digest is right, which tells nothing of the key; the comparison
    // in constant time keeps that true whatever the map does.
    return entry && timingSafeEqual(Buffer.from(entry.digest, 'hex'), digest) ? entry.participant : undefined;
  }

  #make(seed: string | undefined): string {
    const bits =
      seed === undefined
        ? randomBytes(32)
        : createHmac('sha256', this.#secret).update(`seed\0${seed}`).digest();
    return `tl_${bits.toString('base64url')}`;
  }

  #digest(key: string): Buffer {
    return createHmac('sha256', this.#secret).update(key).digest();
  }

  async #keep(participant: string, key: string): Promise<void> {
    const digest = this.#digest(key).toString('hex');
    if (this.#byDigest.has(digest)) return;
    this.#byDigest.set(digest, { participant, digest, issuedAt: new Date().toISOString() });
    await this.#save();
  }

  /** One writer at a time, each with the state of its turn, so that the last one leaves everything. */
  #save(): Promise<void> {
    const next = this.#writing.then(() =>
      writeAtomically(
        this.#path,
        JSON.stringify({ version: 1, keys: [...this.#byDigest.values()] }, undefined, 1),
      ),
    );
    this.#writing = next.catch(() => undefined);
    return next;
  }
}
