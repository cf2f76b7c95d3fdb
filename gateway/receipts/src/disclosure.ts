// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { openWith, type OpenDocument } from '@thingledger/protocol/disclosure';

/** What came of verifying a copy of traceability data. */
export interface DisclosureReport {
  /** Whether the copy is whole in itself and, where a hash was given, comes to it. */
  readonly ok: boolean;
  /** The hash that the copy comes to: what the mapping record must hold as `dataHash`. */
  readonly hash?: string;
  /** Whether the one who verifies gave the hash; if not, it must be compared by hand. */
  readonly compared: boolean;
  /** What is open of the document; present when ok. */
  readonly document?: OpenDocument;
  /** How many members are hidden. */
  readonly hidden?: number;
  /** What is wrong; present when not ok. */
  readonly problem?: string;
}

/** Whether a file says of itself that it is a copy of traceability data. */
export function isDisclosure(value: unknown): boolean {
  return (value as { readonly type?: unknown } | null)?.type === 'ThingLedgerDisclosure';
}

/**
 * Verifies a copy of traceability data in which members may be hidden (requirements T3, T7), without network, clock or
 * files. Whatever the bytes, it answers with a report and never throws.
 *
 * @param hash the `dataHash` of the mapping record, 64 hexadecimal digits, from a source other than the copy
 */
export function verifyDisclosure(disclosure: unknown, hash?: string): DisclosureReport {
  const compared = hash !== undefined;
  try {
    const opened = openWith((text) => bytesToHex(sha256(utf8ToBytes(text))), disclosure, hash?.toLowerCase());
    return { ok: true, compared, ...opened };
  } catch (error) {
    const { problem } = (error as { fields?: { problem?: unknown } }).fields ?? {};
    const words = error instanceof Error ? error.message : 'unreadable';
    return { ok: false, compared, problem: typeof problem === 'string' ? `${words}: ${problem}` : words };
  }
}
