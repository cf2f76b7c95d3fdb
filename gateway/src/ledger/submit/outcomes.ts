// SPDX-License-Identifier: Apache-2.0
import { catalogue, outcomeAt, type Outcome, Refusal, type StatementResult } from '@thingledger/protocol';

/** Where the outcome of one piece of a write is found: a call of the batch, and the place in its statement. */
export interface Part {
  readonly call: number;
  readonly place?: number;
}

/** The parts of a batch's outcomes that are one write's. */
export interface Share {
  readonly parts: readonly Part[];
  /** Its answer is the list of its parts' outcomes. */
  readonly list: boolean;
}

/** Deals the outcomes in a batch's result to its writes, in order. Throws when the result is not that of such a batch. */
export function deal(result: Uint8Array, shares: readonly Share[]): Outcome[] {
  const { outcomes } = JSON.parse(Buffer.from(result).toString('utf8')) as { outcomes?: Outcome[] };
  const outcomeOf = ({ call, place }: Part): Outcome => {
    const outcome = outcomes?.[call];
    if (!outcome) throw new Error(`a batch gave no outcome of its call ${String(call)}`);
    return outcome.ok && place !== undefined ? outcomeAt(outcome.result as StatementResult, place) : outcome;
  };
  return shares.map(({ parts, list }) => {
    const own = parts.map(outcomeOf);
    return list ? { ok: true, result: { outcomes: own } } : (own[0] as Outcome);
  });
}

/** Whether any part of a write was done. */
export function isDone(outcome: Outcome, { list }: Share): boolean {
  if (!list || !outcome.ok) return outcome.ok;
  return partsOf(outcome, 0).some(({ ok }) => ok);
}

/** The outcomes of the parts of a list; its own for each of `count` where all of it was refused. */
export function partsOf(outcome: Outcome, count: number): readonly Outcome[] {
  if (!outcome.ok) return Array.from({ length: count }, () => outcome);
  return (outcome.result as { outcomes: Outcome[] }).outcomes;
}

/** What becomes of a list that is done whole or not at all, when the ledger refuses a part of it; undefined when it does not. */
export function rolledBack(outcome: Outcome): Outcome | undefined {
  if (!outcome.ok) return undefined;
  const parts = partsOf(outcome, 0);
  if (parts.every(({ ok }) => ok)) return undefined;
  const outcomes = parts.map((part) => (part.ok ? refusedOutcome(new Refusal('TL-ROLLED-BACK')) : part));
  return { ok: true, result: { outcomes } };
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
