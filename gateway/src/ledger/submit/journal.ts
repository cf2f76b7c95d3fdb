// SPDX-License-Identifier: Apache-2.0
import type { Commit } from '../port.js';
import type { WriteOutcome, RequestItem } from './job.js';
import { deal, type Share } from './outcomes.js';

/** A transaction that was, or may have been, handed to the orderers, and whose fate is not known yet. */
export interface OpenTransaction {
  readonly txId: string;
  readonly channel: string;
  /** The signed envelope, to be sent again as it is. */
  readonly envelope: Uint8Array;
  /** The contract's answer, which holds if the transaction is valid. */
  readonly result: Uint8Array;
  /** Its writes in order; those with a request are answered after a restart, too. */
  readonly writes: readonly (Share & { readonly request?: RequestItem | undefined })[];
}

/** The answer to one write of a request. */
export type RequestAnswer = RequestItem & { readonly answer: WriteOutcome };

/**
 * What the writer must not forget (design 5). Kept by the idempotency store, in one database with the answers to
 * requests, so that a kill at any moment leaves a request either open, or answered, or never begun.
 */
export interface Journal {
  /** Keeps an endorsed transaction before it is submitted. On disk when it returns. */
  open(transaction: OpenTransaction): Promise<void>;
  /** Forgets the transaction and keeps the answers of its writes, both or neither. */
  close(transaction: OpenTransaction, answers: readonly RequestAnswer[]): Promise<void>;
  /** Answers already known for a request, by place in it. */
  answersTo(requestId: string): Promise<ReadonlyMap<number, WriteOutcome>>;
  /** Transactions whose fate is not known. */
  openTransactions(): AsyncIterable<OpenTransaction>;
}

/** The answers of a transaction's writes, in order, as its endorsers gave them; they hold only once it is committed. */
export function answersOf({ result, writes }: OpenTransaction): WriteOutcome[] {
  return deal(result, writes).map((outcome) => ({ outcome }));
}

/** The same answers with the place of the transaction's commit; none when the transaction is not valid. */
export function committedAnswers(
  answers: readonly WriteOutcome[],
  { txId }: OpenTransaction,
  { code, block }: Commit,
): WriteOutcome[] {
  return code === 'VALID' ? answers.map((answer) => ({ ...answer, txId, block })) : [];
}

/** Those of the answers that belong to requests. */
export function requestAnswers(open: OpenTransaction, answers: readonly WriteOutcome[]): RequestAnswer[] {
  return open.writes.flatMap(({ request }, index) => {
    const answer = answers[index];
    return request && answer ? [{ ...request, answer }] : [];
  });
}
