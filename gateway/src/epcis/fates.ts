// SPDX-License-Identifier: Apache-2.0
import { Refusal, type SaidByEvent } from '@thingledger/protocol';
import { handOverOf, type EpcisEvent } from '@thingledger/protocol/epcis';
import { isFinal, type WriteOutcome } from '../ledger/index.js';
import type { Reading } from './documents.js';
import { keyOf, type Job, type JobItem } from './store.js';

/** What became of an event that was sent. */
export type Fate = Pick<JobItem, 'recordId' | 'known' | 'refusal'> | typeof ROLLED_BACK;

/** The event itself was not refused; it is as if it had not been sent. */
export const ROLLED_BACK = 'rolled back';

/** The caller's key was taken out of the wallet before its job was done. */
export const GONE = { refusal: new Refusal('TL-CALLER-UNKNOWN').toData() };

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

/** An event as it is before it is sent. */
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

/** A job with its items as they are now, finished when nothing is left to do for any of them. */
export function withItems(job: Omit<Job, 'items'>, items: readonly JobItem[], now: string): Job {
  return { ...job, items, ...(items.some(isUnfinished) ? {} : { finishedAt: now }) };
}

/** The items of a job, some of them as they are now. */
export function replaced(items: readonly JobItem[], by: readonly JobItem[]): readonly JobItem[] {
  const places = new Map(by.map((item) => [item.event, item]));
  return items.map((item) => places.get(item.event) ?? item);
}

/** Marks an event that hands something over, or tries to; costs nothing where it names no destination. */
export function dueOf(captured: { readonly event: EpcisEvent } | undefined): Pick<JobItem, 'handOvers'> {
  if (!captured) return {};
  try {
    return handOverOf(captured.event) ? { handOvers: 'due' } : {};
  } catch {
    return { handOvers: 'due' };
  }
}

/** The items of a document in which an event that stands there twice hands over once. */
export function onceEach(items: readonly JobItem[]): readonly JobItem[] {
  const seen = new Set<string>();
  return items.map((item) => {
    const { handOvers, ...rest } = item;
    if (handOvers === undefined) return item;
    const again = seen.has(keyOf(item));
    seen.add(keyOf(item));
    return again ? rest : item;
  });
}

/** An event whose account is no longer there to hand over. */
export function withoutAccount(item: JobItem): JobItem {
  return isHandOverOpen(item) ? { ...item, handOvers: [GONE] } : item;
}
