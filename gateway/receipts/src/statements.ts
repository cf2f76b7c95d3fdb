// SPDX-License-Identifier: Apache-2.0
import { concat, fromBase64url } from './bytes.js';
import { fail } from './checks.js';
import { keyOf, serialisedIdentity } from './msp.js';
import { isJwsSignedBy } from './signature.js';
import type { ProvenState, Row } from './state.js';

/** By which key of its account a statement was found signed; unknown where no key in the file made the signature. */
export type SignedBy = 'registered key' | 'certificate' | 'unknown';

const verified = new WeakMap<Row, SignedBy>();

/**
 * By which key an account signed a statement: the one it is registered with, where the file proves that row, else that of
 * the certificate it called with. Fails when the registered key did not sign it.
 */
export function signerOf(text: string, row: Row, state: ProvenState): SignedBy {
  const known = verified.get(row);
  if (known) return known;
  const message = new TextEncoder().encode(text);
  const signature = String(row.value['signature']);
  const registered = state.row(`participant/${String(row.value['by'])}`)?.value['publicKey'];
  const isBy = (point: Uint8Array): boolean => isJwsSignedBy(message, fromBase64url(signature), point);
  const { certificate } = serialisedIdentity(row.place.transaction.creator);
  const found = registered
    ? isBy(pointOfJwk(registered as { x: string; y: string })) && 'registered key'
    : isBy(keyOf(certificate))
      ? 'certificate'
      : 'unknown';
  if (!found) return fail(`${String(row.value['by'])} did not sign the statement with its registered key`);
  verified.set(row, found);
  return found;
}

function pointOfJwk({ x, y }: { readonly x: string; readonly y: string }): Uint8Array {
  return concat(Uint8Array.of(4), fromBase64url(x), fromBase64url(y));
}
