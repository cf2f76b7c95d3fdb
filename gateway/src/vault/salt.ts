// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes } from 'node:crypto';
import { canonicalJson, type TraceabilityData } from '@thingledger/protocol';

/** Makes 128-bit salts: random, or always the same one for a request that may be repeated. */
export class SaltMaker {
  readonly #key: Buffer;

  /** @param masterKey of the vault; a key of its own is derived from it */
  constructor(masterKey: Uint8Array) {
    this.#key = createHmac('sha256', masterKey).update('ThingLedger salt').digest();
  }

  /**
   * A salt as 22 base64url digits. For a request with an Idempotency-Key it is derived from caller and key, so that the
   * repeated request stores the same bytes; without the vault's key it is as good as random.
   */
  salt(caller: string, idempotencyKey?: string): string {
    const bytes =
      idempotencyKey === undefined
        ? randomBytes(16)
        : createHmac('sha256', this.#key)
            .update(canonicalJson([caller, idempotencyKey]))
            .digest()
            .subarray(0, 16);
    return bytes.toString('base64url');
  }
}

/**
 * The bytes of a document as they are stored: canonical JSON, with a salt when the document brings none. Without salt, a
 * hash on the ledger could be guessed back to a poor document (requirement X12).
 */
export function saltedBytes(document: TraceabilityData, salt: () => string): Buffer {
  return Buffer.from(
    canonicalJson(document.salt === undefined ? { ...document, salt: salt() } : document),
    'utf8',
  );
}
