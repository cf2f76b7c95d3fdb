// SPDX-License-Identifier: Apache-2.0
import { p256 } from '@noble/curves/nist.js';
import { sameBytes } from './bytes.js';
import { fail } from './checks.js';

/** What precedes the point in the SubjectPublicKeyInfo of a P-256 key (RFC 5480): the algorithm, always the same bytes. */
const P256_INFO = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
]);

/** The point of a P-256 key from its SubjectPublicKeyInfo. Fails for any other kind of key. */
export function pointOf(publicKeyInfo: Uint8Array): Uint8Array {
  if (!sameBytes(publicKeyInfo.subarray(0, P256_INFO.length), P256_INFO)) {
    fail('the key of a signer is not on the curve P-256');
  }
  return publicKeyInfo.subarray(P256_INFO.length);
}

/**
 * Whether an ECDSA signature over SHA-256 of the message is this key’s: DER, and with the smaller `s` as Fabric demands,
 * so that nobody can turn one valid signature into another.
 */
export function isSignedBy(message: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, point, { format: 'der', lowS: true, prehash: true });
  } catch {
    return false;
  }
}

/** The same for a signature as JWS writes it (RFC 7518, 3.4): r ‖ s, with either `s`. */
export function isJwsSignedBy(message: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, point, { format: 'compact', lowS: false, prehash: true });
  } catch {
    return false;
  }
}
