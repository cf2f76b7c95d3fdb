// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';

/** Full jitter: anything between nothing and the doubled-up most, so that rivals do not meet again. */
export function fullJitter(attempt: number, baseMs: number, mostMs: number): number {
  return Math.random() * Math.min(mostMs, baseMs * 2 ** attempt);
}

/** Waits; returns early when the signal aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Aborted: the caller looks at its signal.
  }
}
