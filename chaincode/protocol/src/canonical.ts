// SPDX-License-Identifier: Apache-2.0
import { configure } from 'safe-stable-stringify';

/** Any value that JSON can carry; `undefined` members are left out. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

// Members sorted by UTF-16 code units, and numbers and texts as JSON.stringify writes them, are what RFC 8785 asks for.
const stringify = configure({ strict: true, deterministic: true });

/**
 * The one byte-exact JSON form of a value (RFC 8785, JSON Canonicalization Scheme). State, returns, events, and
 * everything that is hashed or signed is written in it. Throws on NaN, infinities, bigint,
 * circles, and on what has no JSON form.
 */
export function canonicalJson(value: unknown): string {
  const text = stringify(value);
  if (text === undefined) throw new TypeError('The value has no JSON form');
  return text;
}
