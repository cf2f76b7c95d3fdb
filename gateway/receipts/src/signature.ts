// SPDX-License-Identifier: Apache-2.0
import { p256 } from '@noble/curves/nist.js';
import { own, sameBytes } from './bytes.js';
import { fail } from './checks.js';

/** What precedes the point in the SubjectPublicKeyInfo of a P-256 key (RFC 5480): the algorithm, always the same bytes. */
const P256_INFO = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
]);

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const ES256 = { name: 'ECDSA', hash: 'SHA-256' };

/** The point of a P-256 key from its SubjectPublicKeyInfo. Fails for any other kind of key. */
export function pointOf(publicKeyInfo: Uint8Array): Uint8Array {
  if (!sameBytes(publicKeyInfo.subarray(0, P256_INFO.length), P256_INFO)) {
    fail('the key of a signer is not on the curve P-256');
  }
  return publicKeyInfo.subarray(P256_INFO.length);
}

/** Whether a signature over a message is that of one key. */
export type Verify = (message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/**
 * Verifies ECDSA signatures over SHA-256 of a message with one key, on WebCrypto: DER, and with the smaller `s` as Fabric
 * demands, so that nobody can turn one valid signature into another.
 */
export function verifyWith(point: Uint8Array): Verify {
  let imported: ReturnType<typeof crypto.subtle.importKey> | undefined;
  return async (message, signature) => {
    try {
      const parsed = p256.Signature.fromBytes(signature, 'der');
      if (parsed.hasHighS()) return false;
      imported ??= crypto.subtle.importKey('raw', own(point), P256, false, ['verify']);
      return await crypto.subtle.verify(ES256, await imported, own(parsed.toBytes('compact')), own(message));
    } catch {
      return false;
    }
  };
}

/** Whether a signature as JWS writes it (RFC 7518, 3.4) is this key’s: r ‖ s, with either `s`. */
export function isJwsSignedBy(message: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, point, { format: 'compact', lowS: false, prehash: true });
  } catch {
    return false;
  }
}
