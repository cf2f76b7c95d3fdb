// SPDX-License-Identifier: Apache-2.0
import { catalogue, type CatalogueEntry, type RefusalCode } from '@thingledger/protocol';

/** How long a verifier waits for data that it can not have at once. Milliseconds. */
export interface Patience {
  /** Most time spent on one record; never more than half of what is left until the record's deadline. */
  readonly most: number;
  readonly firstRetry: number;
  readonly slowestRetry: number;
}

/** Ten minutes, first retry after half a second. */
export const defaultPatience: Patience = { most: 600_000, firstRetry: 500, slowestRetry: 30_000 };

/**
 * Whether a fault of fetching may pass by itself. A refusal may: the server's own peer can be behind the verifier's,
 * or the two clocks apart.
 */
export function mayPass(code: RefusalCode): boolean {
  const entry: CatalogueEntry = catalogue[code];
  return entry.retryable === true || code === 'TL-VERIFY-REFUSED';
}

/** When waiting for data ends, counted from the first attempt. */
export function waitEnds(patience: Patience, firstTriedAt: number, deadline: number): number {
  return firstTriedAt + Math.min(patience.most, Math.max(0, deadline - firstTriedAt) / 2);
}

/** Time until the next attempt: doubling, with a fifth of jitter so that records do not march in step. */
export function pause(patience: Patience, attempts: number, random: () => number = Math.random): number {
  const base = Math.min(patience.slowestRetry, patience.firstRetry * 2 ** Math.min(attempts, 20));
  return Math.round(base * (0.9 + 0.2 * random()));
}
