// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeEvent, CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import type { EventPosition, LedgerEvent } from '../port.js';
import { fullJitter, pause } from '../submit/pace.js';
import { ledgerErrorOf } from './errors.js';

/** Where events come from: a stream from a block on, that breaks with its peer. */
export interface EventSource {
  /** The number of the next block. */
  nextBlock(): Promise<bigint>;
  open(fromBlock: bigint): Promise<CloseableAsyncIterable<ChaincodeEvent>>;
}

const RECONNECT_BASE_MS = 100;
const RECONNECT_MOST_MS = 5_000;

/**
 * Follows a breaking stream of events without a gap and without a repeat: after each break it opens the stream again at
 * the block of the last event and leaves out what was given already. The service's own "after this transaction" is not
 * used: it skips everything when that transaction is not in the stream.
 */
export async function* followEvents(
  source: EventSource,
  from: EventPosition,
  signal: AbortSignal,
): AsyncGenerator<LedgerEvent, void, void> {
  let position = from;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    let stream: CloseableAsyncIterable<ChaincodeEvent> | undefined;
    const close = (): void => stream?.close();
    signal.addEventListener('abort', close);
    try {
      if (position === 'now') position = { block: await source.nextBlock() };
      const { block, afterTxId } = position;
      stream = await source.open(block);
      let passed = afterTxId === undefined;
      for await (const event of stream) {
        attempt = 0;
        const again = !passed && event.blockNumber === block;
        passed = !again || event.transactionId === afterTxId;
        if (again) continue;
        position = { block: event.blockNumber, afterTxId: event.transactionId };
        yield {
          block: event.blockNumber,
          txId: event.transactionId,
          name: event.eventName,
          payload: event.payload,
        };
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
