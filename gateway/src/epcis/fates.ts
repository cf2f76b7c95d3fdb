// SPDX-License-Identifier: Apache-2.0
import type { SaidByEvent } from '@thingledger/protocol';
import { isFinal, type WriteOutcome } from '../ledger/index.js';
import type { Reading } from './documents.js';
import type { JobItem } from './store.js';

/** What became of an event that was sent. */
export type Fate = Pick<JobItem, 'recordId' | 'known' | 'refusal'> | typeof ROLLED_BACK;

/** The event itself was not refused; it is as if it had not been sent. */
export const ROLLED_BACK = 'rolled back';

/** Whether the fate of an event is not known yet. */
export function isOpen({ recordId, refusal, dataHash }: JobItem): boolean {
  return dataHash !== undefined && recordId === undefined && refusal === undefined;
}

/** Whether something is left to do for an event: to capture it, or to hand over what it says. */
export function isUnfinished(item: JobItem): boolean {
  return isOpen(item) || isHandOverOpen(item);
}

/** Whether what an event hands over has no outcome yet. */
export function isHandOverOpen({ handOvers = [] }: JobItem): boolean {
  return handOvers === 'due' || handOvers.some(({ announcement }) => announcement !== undefined);
}

/** An event with its fate; one that is as if it had not been sent has no document that waits. */
export function decided(item: JobItem, fate: Fate | undefined): JobItem {
  if (fate !== ROLLED_BACK) return { ...item, ...fate };
  const { dataHash: _, ...rest } = item;
  return rest;
}

export function unsent(reading: Reading, event: number): JobItem {
  return 'refusal' in reading
    ? { event, refusal: reading.refusal.toData() }
    : { event, ...saidOf(reading.capture) };
}

/** What an event of a job is known by. */
export function saidOf({ eventHash, declaration }: SaidByEvent): { eventHash: string; declaration?: string } {
  return { eventHash, ...(declaration && { declaration: declaration.hash }) };
}

/** What became of an event that was sent; undefined when nobody knows yet. */
export function fateOf({ outcome, txId }: WriteOutcome): Fate | undefined {
  if (!isFinal(outcome)) return undefined;
  if (!outcome.ok)
    return outcome.refusal.code === 'TL-ROLLED-BACK' ? ROLLED_BACK : { refusal: outcome.refusal };
  const result = outcome.result as { recordId: string; txId: string };
  const known = txId !== undefined && result.txId !== txId;
  return { recordId: result.recordId, ...(known && { known }) };
}
