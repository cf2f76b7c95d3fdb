// SPDX-License-Identifier: Apache-2.0
import type { EpcisQuery } from '@thingledger/protocol/epcis';
import type { BareEvent } from '../documents.js';
import type { OwnEvents } from '../own-events.js';
import type { Position } from '../position.js';
import { keyOf } from '../store.js';

/** How much is sent at once. */
export interface BatchLimits {
  readonly events: number;
  /** Of the events as JSON; one larger event goes alone. */
  readonly bytes: number;
}

/** A hundred events or a mebibyte. */
export const BATCH: BatchLimits = { events: 100, bytes: 1 << 20 };

/** Events for a subscriber. */
export interface Batch {
  readonly events: readonly BareEvent[];
  /** All that matches up to here is in it. */
  readonly upTo: Position;
}

/**
 * The next events behind a place that match, in the order in which they were recorded, up to `until` or to the last one
 * recorded. Without events there is nothing more. What was deleted from the vault is left out.
 */
export async function batchAfter(
  own: OwnEvents,
  query: EpcisQuery,
  after: Position,
  limits: BatchLimits,
  until?: Position,
): Promise<Batch> {
  const events: BareEvent[] = [];
  let upTo = after;
  let bytes = 0;
  for (;;) {
    const found = await own.recorded(query, upTo, limits.events - events.length, until);
    for (const indexed of found.events) {
      const event = await own.answer(indexed);
      const size = event ? Buffer.byteLength(JSON.stringify(event)) : 0;
      if (events.length > 0 && bytes + size > limits.bytes) return { events, upTo };
      if (event) events.push(event);
      bytes += size;
      upTo = { time: indexed.times.recordTime, key: keyOf(indexed) };
    }
    upTo = found.upTo;
    if (found.done || events.length >= limits.events) return { events, upTo };
  }
}
