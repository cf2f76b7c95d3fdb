// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, sign } from 'node:crypto';
import type { Signer } from '@hyperledger/fabric-gateway';

/** Order of the P-256 group (FIPS 186-5, SEC 2 section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = ORDER >> 1n;

/**
 * Signs whole messages with ECDSA P-256 and SHA-256, in OpenSSL: the SDK's own signer is pure JavaScript and twenty
 * times slower. Signatures are DER with the lower of the two values of s, the only ones that Fabric's peers take.
 *
 * @throws when the key is not a P-256 private key
 */
export function nativeSigner(privateKeyPem: string): Signer {
  const key = createPrivateKey(privateKeyPem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new TypeError('The private key of an identity must be an elliptic-curve key on P-256');
  }
  return (message) => {
    const signature = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    return Promise.resolve(toLowS(signature));
  };
}

/** DER of a P-256 signature given as r ‖ s, with s made the lower one. */
export function toLowS(signature: Uint8Array): Uint8Array {
  const r = signature.subarray(0, 32);
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  if (s <= HALF_ORDER) return derOf(r, signature.subarray(32));
  return derOf(r, Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex'));
}

function derOf(r: Uint8Array, s: Uint8Array): Uint8Array {
  const parts = [...derInteger(r), ...derInteger(s)];
  return Uint8Array.from([0x30, parts.length, ...parts]);
}

/** ITU-T X.690: no leading zeros but one where the number would look negative. */
function derInteger(bytes: Uint8Array): number[] {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = [...bytes.subarray(start)];
  if ((digits[0] ?? 0) > 0x7f) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}
