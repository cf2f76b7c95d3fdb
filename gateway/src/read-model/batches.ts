// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommittedBlock } from '../ledger/port.js';
import { anyOf } from '../signals.js';

/** So many blocks and bytes of values fill one SQL transaction. Statements are deflated, so their rows are far larger. */
const MOST_BLOCKS = 200;
const MOST_BYTES = 256 * 1024;
/** How long a block waits for a next one to share its transaction. */
const LINGER_MS = 5;

/** Blocks in the lists in which they are stored: one after another when they come slowly, many at once to catch up. */
export async function* batchesOf(
  follow: (signal: AbortSignal) => AsyncIterable<CommittedBlock>,
  signal: AbortSignal,
): AsyncGenerator<CommittedBlock[], void, void> {
  const left = new AbortController();
  const until = anyOf(signal, left.signal);
  const source = follow(until.signal)[Symbol.asyncIterator]();
  const pull = (): Promise<IteratorResult<CommittedBlock>> => {
    const next = source.next();
    // Looked at later; until then its failure is nobody's.
    next.catch(() => undefined);
    return next;
  };
  try {
    for (let next = pull(); ;) {
      const first = await next;
      if (first.done === true) return;
      const batch = [first.value];
      let bytes = bytesOf(first.value);
      next = pull();
      while (batch.length < MOST_BLOCKS && bytes < MOST_BYTES) {
        const ready = await Promise.race([next, sleep(LINGER_MS)]);
        if (!ready || ready.done === true) break;
        batch.push(ready.value);
        bytes += bytesOf(ready.value);
        next = pull();
      }
      yield batch;
    }
  } finally {
    // A block that is being waited for may never come, and a generator can not return before that.
    left.abort();
    until.release();
    await source.return?.();
  }
}

function bytesOf({ transactions }: CommittedBlock): number {
  return transactions
    .flatMap(({ writes }) => writes)
    .reduce((bytes, { key, value }) => bytes + key.length + (value?.length ?? 0), 0);
}
