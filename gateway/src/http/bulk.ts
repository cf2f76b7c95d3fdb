// SPDX-License-Identifier: Apache-2.0
import { operations, Refusal, type BulkOutcome, type Operation } from '@thingledger/protocol';
import type { WriteOutcome } from '../ledger/submit/job.js';
import { problemOf, problemOfError } from './problem.js';

/** Neither a list of lists, nor queries and proofs by the hundred, each of which may take seconds. */
const ALWAYS_ALONE: ReadonlySet<string> = new Set([
  operations.runBatch.name,
  operations.querySql.name,
  operations.getBundle.name,
]);

/** Whether an operation has a bulk form: every write has, but those that come alone. */
export function hasBulkForm(operation: Operation): boolean {
  return operation.rest.method !== 'get' && !ALWAYS_ALONE.has(operation.name);
}

/** The items of a bulk request. Refuses with `TL-INPUT-INVALID` and `TL-INPUT-TOO-LARGE`. */
export function bulkItems(body: unknown, limit: number): readonly unknown[] {
  if (!Array.isArray(body) || body.length === 0) {
    throw new Refusal(
      'TL-INPUT-INVALID',
      { fields: ['(body)'] },
      'The body must be a list with at least one item',
    );
  }
  if (body.length > limit)
    throw new Refusal('TL-INPUT-TOO-LARGE', { limit, items: body.length }, 'The list has too many items');
  return body;
}

/** An item that was never tried: its refusal stands in its place in the list. */
export interface RefusedItem {
  readonly refused: unknown;
}

/** The items one by one made ready; one that is refused does not stop the others. */
export function prepareItems<T>(
  items: readonly unknown[],
  prepare: (item: unknown, index: number) => T,
): (T | RefusedItem)[] {
  return items.map((item, index) => {
    try {
      return prepare(item, index);
    } catch (error) {
      if (error instanceof Refusal) return { refused: error };
      throw error;
    }
  });
}

/** An outcome of the writer as the item of an answer. */
export function bulkOutcomeOf({ outcome, txId, block }: WriteOutcome): BulkOutcome {
  const where = { ...(txId !== undefined && { txId }), ...(block !== undefined && { block: String(block) }) };
  return outcome.ok
    ? { ok: true, result: outcome.result, ...where }
    : { ok: false, problem: problemOf(outcome.refusal, { ...(txId !== undefined && { txId }) }), ...where };
}

/** A refusal as the item of an answer. */
export function refusedOutcome(error: unknown): BulkOutcome {
  return { ok: false, problem: problemOfError(error) };
}
