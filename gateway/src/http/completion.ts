// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  Announcement,
  announcementToSign,
  digestOf,
  parseInput,
  parseWith,
  type Operation,
} from '@thingledger/protocol';
import type { Principal } from '../principal.js';
import { signEs256 } from '../wallet/signing.js';
import type { RawInput } from './input.js';

/** Which request an input came in: what its derived id hangs on. */
export interface Origin {
  /** The Idempotency-Key, if the caller sent one. */
  readonly key?: string | undefined;
  /** The place in a bulk request. */
  readonly index?: number;
}

const Unsigned = Announcement.omit({ signature: true });

/**
 * Fills in what a caller may leave out in REST and parses the whole: the id member, derived from the Idempotency-Key so
 * that a repeat through any gateway names the same entry, else random; and the signature of an announcement by the key
 * the wallet holds. What the caller sent is never replaced: one who keeps its own key signs itself.
 */
export function completeInput(operation: Operation, raw: RawInput, as: Principal, origin: Origin): unknown {
  const { signatureMember } = operation;
  const input = withId(operation, raw, as, origin);
  if (signatureMember === undefined || input[signatureMember] !== undefined)
    return parseInput(operation, input);
  const { signature: _, ...unsigned } = input;
  const announcement = parseWith(Unsigned, unsigned);
  return { ...announcement, signature: signEs256(as.identity, announcementToSign(announcement)) };
}

function withId(operation: Operation, raw: RawInput, as: Principal, origin: Origin): RawInput {
  const { idMember } = operation;
  if (idMember === undefined || raw[idMember] !== undefined) return raw;
  const chosen = entryId(as, origin);
  return { ...raw, [idMember]: operation.newId?.(raw, chosen) ?? chosen };
}

/** 128 bits in hexadecimal: fits an entry id, and nobody meets another's by chance. */
function entryId(as: Principal, { key, index }: Origin): string {
  if (key === undefined) return randomUUID();
  return digestOf(index === undefined ? [as.id, key] : [as.id, key, index]).slice(0, 32);
}
