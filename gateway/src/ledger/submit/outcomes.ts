// SPDX-License-Identifier: Apache-2.0
import { catalogue, type Outcome, type Refusal } from '@thingledger/protocol';

/** How the outcomes of a batch belong to one of its writes. */
export interface Share {
  readonly operations: number;
  readonly list: boolean;
}

/** The outcomes inside a batch's result. Throws when the result is not that of a batch of so many operations. */
export function batchOutcomes(result: Uint8Array, shares: readonly Share[]): Outcome[] {
  const { outcomes } = JSON.parse(Buffer.from(result).toString('utf8')) as { outcomes?: Outcome[] };
  const expected = shares.reduce((sum, share) => sum + share.operations, 0);
  if (!Array.isArray(outcomes) || outcomes.length !== expected) {
    throw new Error(`a batch of ${expected} operations gave ${outcomes?.length ?? 'no'} outcomes`);
  }
  return outcomes;
}

/** Deals a batch's outcomes to its writes, in order. */
export function deal(outcomes: readonly Outcome[], shares: readonly Share[]): Outcome[] {
  let at = 0;
  return shares.map(({ operations, list }) => {
    const own = outcomes.slice(at, (at += operations));
    return list ? { ok: true, result: { outcomes: own } } : (own[0] as Outcome);
  });
}

/** A refusal in the form of an outcome. */
export function refusedOutcome(refusal: Refusal): Outcome {
  const { code, detail, fields } = refusal.toData();
  if (fields === undefined) return { ok: false, refusal: { code, detail } };
  const copied = Object.entries(fields).map(([name, value]): [string, Field] => [
    name,
    typeof value === 'object' ? [...value] : value,
  ]);
  return { ok: false, refusal: { code, detail, fields: Object.fromEntries(copied) } };
}

type Field = string | number | boolean | string[];

/**
 * Whether an outcome is the last word: done, or refused by the ledger's rules. Not final is what says nothing about the
 * ledger, such as unavailable, overloaded or unknown; a repeat with the same Idempotency-Key asks again.
 */
export function isFinal(outcome: Outcome): boolean {
  if (outcome.ok) return true;
  const { status } = catalogue[outcome.refusal.code];
  return status < 500 && status !== 429;
}
