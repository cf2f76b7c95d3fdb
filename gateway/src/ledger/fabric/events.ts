// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeEvent, CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import type { EventPosition, LedgerEvent } from '../port.js';
import { reopened } from './streams.js';

/** Where events come from: a stream from a block on, that breaks with its peer. */
export interface EventSource {
  /** The number of the next block. */
  nextBlock(): Promise<bigint>;
  open(fromBlock: bigint): Promise<CloseableAsyncIterable<ChaincodeEvent>>;
}

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
  let again: Exclude<EventPosition, 'now'> | undefined;
  const open = async (): Promise<CloseableAsyncIterable<ChaincodeEvent>> => {
    if (position === 'now') position = { block: await source.nextBlock() };
    again = position.afterTxId === undefined ? undefined : position;
    return source.open(position.block);
  };
  for await (const { blockNumber: block, transactionId: txId, eventName, payload } of reopened(
    open,
    signal,
  )) {
    const given = again?.block === block;
    if (!given || again?.afterTxId === txId) again = undefined;
    if (given) continue;
    position = { block, afterTxId: txId };
    yield { block, txId, name: eventName, payload };
  }
}
