// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalize } from 'json-canonicalize';

/** Any value that JSON can carry; `undefined` members are left out. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * The one byte-exact JSON form of a value (RFC 8785, JSON Canonicalization Scheme). State, returns, events, and
 * everything that is hashed or signed is written in it. Throws on NaN, infinities and bigint.
 */
export function canonicalJson(value: unknown): string {
  return canonicalize(value);
}

/** SHA-256 as 64 lower-case hexadecimal digits, of bytes or of a text's UTF-8 form. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 of a value's canonical JSON. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
