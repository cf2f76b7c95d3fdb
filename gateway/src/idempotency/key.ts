// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, Refusal, sha256 } from '@thingledger/protocol';

const BARE = /^[\x21-\x7e]{1,255}$/;
/** A String of RFC 8941 section 3.3.3: only quote and backslash are escaped. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * The key in an `Idempotency-Key` header: a structured-field string as the IETF draft asks, or the bare characters that
 * many clients send. Refuses with `TL-IDEMPOTENCY-MALFORMED`.
 */
export function parseIdempotencyKey(header: string): string {
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1');
  const key = quoted ?? text;
  if (!BARE.test(key) || (quoted === undefined && text.startsWith('"'))) {
    throw new Refusal('TL-IDEMPOTENCY-MALFORMED');
  }
  return key;
}

/**
 * What makes two requests the same: method, route with its parameters filled in, and body in canonical form
 * (semantics 1.7). 64 hexadecimal digits.
 */
export function fingerprintOf(method: string, route: string, body: unknown): string {
  return sha256(canonicalJson([method.toUpperCase(), route, body ?? null]));
}
