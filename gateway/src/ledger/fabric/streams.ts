// SPDX-License-Identifier: Apache-2.0
import type { CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import { fullJitter, pause } from '../submit/pace.js';
import { ledgerErrorOf } from './errors.js';

const RECONNECT_BASE_MS = 100;
const RECONNECT_MOST_MS = 5_000;

/**
 * The items of a stream that breaks with its peer and is opened again after each break, by a function that knows where
 * to go on. Ends when the signal aborts; throws only when the peer denies the identity.
 */
export async function* reopened<T>(
  open: () => Promise<CloseableAsyncIterable<T>>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    let stream: CloseableAsyncIterable<T> | undefined;
    const close = (): void => stream?.close();
    signal.addEventListener('abort', close);
    try {
      stream = await open();
      for await (const item of stream) {
        attempt = 0;
        yield item;
      }
    } catch (error) {
      const failed = ledgerErrorOf(error);
      if (failed.kind === 'denied') throw failed;
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
    await pause(fullJitter(attempt, RECONNECT_BASE_MS, RECONNECT_MOST_MS), signal);
  }
}
