// SPDX-License-Identifier: Apache-2.0

/** How the writer groups, paces and bounds its work. Times in milliseconds, sizes in bytes of JSON. */
export interface WriterLimits {
  /** Most calls in one transaction; the contract takes 1,000. */
  readonly batchOperations: number;
  /** Most items of statements in one transaction; a statement takes 2,000. */
  readonly batchItems: number;
  readonly batchBytes: number;
  /** Most transactions of one caller in flight on one channel. */
  readonly depth: number;
  /** While a caller has a transaction in flight, this many waiting operations start another beside it. */
  readonly pipelineAt: number;
  /** Most transactions in flight gateway-wide. Each holds one slot of the peer's gateway service. */
  readonly transactions: number;
  /** Longest wait for the requests of the last transaction to come back before the next one goes without them. */
  readonly gatherMs: number;
  /** That wait is over when none has come for so long. */
  readonly quietMs: number;
  /** A write that was overtaken for this long has its keys kept free for it. */
  readonly overtakenMs: number;
  /** Operations that may wait, gateway-wide and of one caller; beyond it, `TL-OVERLOADED`. */
  readonly waiting: number;
  readonly waitingPerCaller: number;
  readonly waitingBytes: number;
  /** Longest time for which a batch whose endorsers differ is proposed anew: one of them may lag, and catch up. */
  readonly differMs: number;
  /** Fresh proposals after a conflict, or differing endorsers, and the pace of their full jitter. */
  readonly retries: number;
  readonly retryBaseMs: number;
  readonly retryMostMs: number;
  /** How long one transaction's outcome is pursued before it is called unknown. */
  readonly outcomeMs: number;
  /** How long to wait for the commit after the orderers took the transaction, and after they did not. */
  readonly commitMs: number;
  readonly commitAfterErrorMs: number;
  /** Pace of the pursuit of unknown outcomes in the background. */
  readonly reconcileBaseMs: number;
  readonly reconcileMostMs: number;
}

/** Chosen by measurement on two cores; see README. */
export const defaultLimits: WriterLimits = {
  batchOperations: 1000,
  batchItems: 2000,
  batchBytes: 1024 * 1024,
  depth: 3,
  pipelineAt: 96,
  transactions: 12,
  gatherMs: 40,
  quietMs: 12,
  overtakenMs: 500,
  waiting: 20_000,
  waitingPerCaller: 10_000,
  waitingBytes: 64 * 1024 * 1024,
  // A peer whose orderer hangs takes its blocks from another one after two seconds (network/src/render/core.ts).
  differMs: 6_000,
  retries: 5,
  retryBaseMs: 50,
  retryMostMs: 1_000,
  outcomeMs: 45_000,
  commitMs: 30_000,
  commitAfterErrorMs: 2_000,
  reconcileBaseMs: 1_000,
  reconcileMostMs: 60_000,
};
