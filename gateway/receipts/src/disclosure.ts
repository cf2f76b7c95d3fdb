// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { openWith, type OpenDocument } from '@thingledger/protocol/disclosure';
import type { Check } from './checks.js';

/** What came of verifying a copy of traceability data. */
export interface DisclosureReport {
  readonly kind: 'disclosure';
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
  readonly checks: readonly Check[];
  /** What the copy does not prove, one sentence each. */
  readonly notProved: readonly string[];
}

const notProved = ['That what it says is true: only that it is what was announced under this hash.'];

/**
 * Verifies a copy of traceability data in which members may be hidden (requirements T3, T7), without network, clock or
 * files. Whatever the bytes, it answers with a report and never throws.
 *
 * @param hash the `dataHash` of the mapping record, 64 hexadecimal digits, from a source other than the copy
 */
export function verifyDisclosure(disclosure: unknown, hash?: string): DisclosureReport {
  const compared = hash !== undefined;
  const base = { kind: 'disclosure', compared, notProved } as const;
  try {
    const opened = openWith((text) => bytesToHex(sha256(utf8ToBytes(text))), disclosure, hash?.toLowerCase());
    const detail = `${opened.hash}${compared ? ', as given' : ''}; hidden are ${String(opened.hidden)} members`;
    return { ...base, ok: true, checks: [{ check: 'hash', ok: true, detail }], ...opened };
  } catch (error) {
    const { problem } = (error as { fields?: { problem?: unknown } }).fields ?? {};
    const words = error instanceof Error ? error.message : 'unreadable';
    const detail = typeof problem === 'string' ? `${words}: ${problem}` : words;
    return { ...base, ok: false, checks: [{ check: 'hash', ok: false, detail }] };
  }
}
