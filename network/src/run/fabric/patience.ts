// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';

const AGAIN_MS = 500;

/**
 * Does work until it succeeds, again and again while its failure may pass; then fails as it did last.
 *
 * @param patience milliseconds to keep trying
 */
export async function patiently<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  patience = 60_000,
): Promise<T> {
  for (const deadline = Date.now() + patience; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline || !mayPass(error)) throw error;
      await pause(AGAIN_MS);
    }
  }
}
