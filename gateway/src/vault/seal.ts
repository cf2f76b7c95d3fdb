// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { canonicalJson, parseWith, ParticipantId, Sha256 } from '@thingledger/protocol';
import { z } from 'zod';

/**
 * How an object's bytes come to its hash: of a `document` by its members, so that it can be shown in part; of `bytes` as
 * they are.
 */
export const ObjectKind = z.enum(['document', 'bytes']);
export type ObjectKind = z.infer<typeof ObjectKind>;

/** What the vault knows of an object besides its bytes; authenticated together with them. */
export const ObjectFacts = z.strictObject({
  hash: Sha256,
  kind: ObjectKind,
  thing: z.string().max(512).describe('Canonical identifier of the thing that the document belongs to'),
  owner: ParticipantId,
  storedAt: z.iso.datetime(),
});
export type ObjectFacts = z.infer<typeof ObjectFacts>;

const Header = z.strictObject({
  format: z.literal('thingledger-vault-2'),
  facts: ObjectFacts,
  wrappedKey: z.base64(),
  nonce: z.base64(),
  tag: z.base64(),
});

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** Objects for which random bytes are made at once. */
const RANDOM_OBJECTS = 128;
const WRAP = 'id-aes256-wrap';
const WRAP_IV = Buffer.alloc(8, 0xa6); // RFC 3394, section 2.2.3.1
const NEWLINE = 0x0a;

/** Random bytes for data keys and nonces: what asks for them costs more than what they are. */
class Randomness {
  readonly #bytes = Buffer.alloc(RANDOM_OBJECTS * (KEY_BYTES + NONCE_BYTES));
  #used = this.#bytes.length;

  /** The bytes of one object, never given out twice. The key in them is its taker's to clear. */
  take(): Buffer {
    if (this.#used === this.#bytes.length) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += KEY_BYTES + NONCE_BYTES;
    return this.#bytes.subarray(from, this.#used);
  }
}
const randomness = new Randomness();

/**
 * An object as it lies on disk: one line of JSON (facts, wrapped data key, nonce, tag), then the ciphertext. Each
 * object has a random data key of its own (AES-256-GCM, the facts as associated data), wrapped by the master key
 * (AES-KW, RFC 3394).
 */
export function seal(bytes: Uint8Array, facts: ObjectFacts, masterKey: Uint8Array): Buffer {
  const random = randomness.take();
  const [dataKey, nonce] = [random.subarray(0, KEY_BYTES), random.subarray(KEY_BYTES)];
  const said = canonicalJson(facts);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(said));
  // In this mode every byte is out before the end, which only makes the tag.
  const ciphertext = cipher.update(bytes);
  cipher.final();
  const wrap = createCipheriv(WRAP, masterKey, WRAP_IV);
  const wrappedKey = Buffer.concat([wrap.update(dataKey), wrap.final()]);
  dataKey.fill(0);
  const [wrapped, once, tag] = [wrappedKey, nonce, cipher.getAuthTag()].map((part) =>
    part.toString('base64'),
  );
  // Written out, with the facts as they are authenticated: it is done for every event of a document.
  const header = `{"format":"thingledger-vault-2","facts":${said},"wrappedKey":"${wrapped}","nonce":"${once}","tag":"${tag}"}\n`;
  return Buffer.concat([Buffer.from(header), ciphertext]);
}

/** The reverse of {@link seal}. Undefined when one bit of the object is not as it was written. */
export function unseal(
  file: Buffer,
  masterKey: Uint8Array,
): { facts: ObjectFacts; bytes: Buffer } | undefined {
  try {
    const end = file.indexOf(NEWLINE);
    const header = parseWith(Header, JSON.parse(file.toString('utf8', 0, end)));
    const unwrap = createDecipheriv(WRAP, masterKey, WRAP_IV);
    const dataKey = Buffer.concat([unwrap.update(Buffer.from(header.wrappedKey, 'base64')), unwrap.final()]);
    const decipher = createDecipheriv('aes-256-gcm', dataKey, Buffer.from(header.nonce, 'base64'), {
      authTagLength: 16,
    })
      .setAAD(Buffer.from(canonicalJson(header.facts)))
      .setAuthTag(Buffer.from(header.tag, 'base64'));
    return {
      facts: header.facts,
      bytes: Buffer.concat([decipher.update(file.subarray(end + 1)), decipher.final()]),
    };
  } catch {
    // Whether header, key or content was touched makes no difference to the reader: it is not what was stored.
    return undefined;
  }
}
