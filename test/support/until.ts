// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until there is an answer other than undefined or false, and gives it.
 *
 * @param what names the awaited condition in the error
 * @param patience milliseconds
 * @throws when no answer came in time; with the last error as its cause when asking failed
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  patience: number,
): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > end) {
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`waited ${String(patience / 1000)} s in vain for ${what}${why}`, { cause });
    }
    await sleep(50);
  }
}

/** Does something with every item, so many at a time; the results in the items' order. */
export async function inParallel<T, R>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const [index, item] of left) results[index] = await work(item);
    }),
  );
  return results;
}
