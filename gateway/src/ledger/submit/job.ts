// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  operationId,
  operations,
  type Operation,
  type Outcome,
  type Touches,
} from '@thingledger/protocol';
import { touchedBy } from './keys.js';

/** What became of one write. */
export interface WriteOutcome {
  readonly outcome: Outcome;
  /** The transaction that carried it; absent when no transaction was ordered for it. */
  readonly txId?: string;
  /** The block that holds the transaction. */
  readonly block?: bigint;
}

/** The request that a write belongs to, as the idempotency store knows it, and its place in that request. */
export interface RequestItem {
  readonly requestId: string;
  readonly index: number;
}

/** One write that waits for its transaction: one operation, or a list that must stay in one transaction. */
export interface Job {
  /** The operations as members of a batch's JSON array. */
  readonly text: string;
  readonly bytes: number;
  readonly operations: number;
  /** Its answer is the list of its operations' outcomes. */
  readonly list: boolean;
  readonly touches: Touches;
  readonly request: RequestItem | undefined;
  /** False for all but the first write of a bulk request: a caller that comes back comes back once. */
  readonly leads: boolean;
  readonly since: number;
  settle(answer: WriteOutcome): void;
}

/** The members of a batch that an operation with its input comes to. */
export function encodeCalls(
  operation: Operation,
  input: unknown,
): { text: string; operations: number; list: boolean } {
  if (operation.name === operations.runBatch.name) {
    const calls = (input as { operations: unknown[] }).operations;
    return { text: canonicalJson(calls).slice(1, -1), operations: calls.length, list: true };
  }
  const id = JSON.stringify(operationId(operation));
  return { text: `{"input":${canonicalJson(input)},"operation":${id}}`, operations: 1, list: false };
}

/** Makes a job and the promise of its answer. */
export function newJob(
  operation: Operation,
  input: unknown,
  caller: string,
  place: { readonly request: RequestItem | undefined; readonly leads: boolean; readonly now: number },
): { job: Job; answer: Promise<WriteOutcome> } {
  let settle: (answer: WriteOutcome) => void = () => undefined;
  const answer = new Promise<WriteOutcome>((resolve) => {
    settle = resolve;
  });
  const calls = encodeCalls(operation, input);
  const job: Job = {
    ...calls,
    bytes: Buffer.byteLength(calls.text),
    touches: touchedBy(operation, input, caller),
    request: place.request,
    leads: place.leads,
    since: place.now,
    settle,
  };
  return { job, answer };
}

/** The one argument of the batch function. */
export function batchArgument(jobs: readonly Job[]): string {
  return `{"operations":[${jobs.map((job) => job.text).join(',')}]}`;
}
