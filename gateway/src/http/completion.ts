// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { digestOf, parseInput, type Operation } from '@thingledger/protocol';
import type { Principal } from '../principal.js';
import type { RawInput } from './input.js';

/** Which request an input came in: what its derived id hangs on. */
export interface Origin {
  /** The Idempotency-Key, if the caller sent one. */
  readonly key?: string | undefined;
  /** The place in a bulk request. */
  readonly index?: number;
}

/**
 * Parses an input after filling in the id member that a caller may leave out in REST: derived from the Idempotency-Key,
 * so that a repeat through any gateway names the same entry, else random. What the caller sent is never replaced.
 */
export function completeInput(operation: Operation, raw: RawInput, as: Principal, origin: Origin): unknown {
  return parseInput(operation, withId(operation, raw, as, origin));
}

function withId(operation: Operation, raw: RawInput, as: Principal, origin: Origin): RawInput {
  const { idMember } = operation;
  if (idMember === undefined || raw[idMember] !== undefined) return raw;
  return { ...raw, [idMember]: entryId(as, origin) };
}

/** 128 bits in hexadecimal: fits an entry id, and nobody meets another's by chance. */
function entryId(as: Principal, { key, index }: Origin): string {
  if (key === undefined) return randomUUID();
  return digestOf(index === undefined ? [as.id, key] : [as.id, key, index]).slice(0, 32);
}
