// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { PublicKey } from '@thingledger/protocol';

/** Verifies ES256 signatures, turning each public key into a key object once for a transaction. */
export class SignatureVerifier {
  readonly #keys = new Map<string, KeyObject>();

  /** Whether the base64url signature (r ‖ s) over the text's UTF-8 bytes was made with the key (RFC 7518, 3.4). */
  verify(publicKey: PublicKey, text: string, signature: string): boolean {
    const id = `${publicKey.x}.${publicKey.y}`;
    try {
      const key = this.#keys.get(id) ?? createPublicKey({ key: publicKey, format: 'jwk' });
      this.#keys.set(id, key);
      return verify(
        'sha256',
        Buffer.from(text, 'utf8'),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
    } catch {
      // A point that is not on the curve: such a key verifies nothing.
      return false;
    }
  }
}
