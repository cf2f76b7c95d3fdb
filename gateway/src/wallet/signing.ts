// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, sign, type KeyObject, X509Certificate } from 'node:crypto';
import { PublicKey } from '@thingledger/protocol';
import type { Identity } from '../ledger/port.js';

const keys = new WeakMap<Identity, KeyObject>();

/** ES256 of a text by an identity: the 64 bytes r ‖ s in base64url (RFC 7515, RFC 7518 section 3.4). */
export function signEs256(identity: Identity, text: string): string {
  let key = keys.get(identity);
  if (!key) {
    key = createPrivateKey(identity.privateKeyPem);
    keys.set(identity, key);
  }
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

/** The public key in an identity's certificate as a JSON Web Key (RFC 7517), as participants are registered with. */
export function publicKeyOf(identity: Pick<Identity, 'certificatePem'>): PublicKey {
  const { kty, crv, x, y } = new X509Certificate(identity.certificatePem).publicKey.export({ format: 'jwk' });
  return PublicKey.parse({ kty, crv, x, y });
}
