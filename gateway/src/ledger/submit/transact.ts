// SPDX-License-Identifier: Apache-2.0
import { operationId, operations, Refusal } from '@thingledger/protocol';
import type { Caller, Target } from '../caller.js';
import { LedgerError, type Commit, type Endorsed, type Ledger } from '../port.js';
import { contractRefusal, refusalOf } from '../refusal-of.js';
import { assemble } from './batch.js';
import type { Job, WriteOutcome } from './job.js';
import {
  answersOf,
  committedAnswers,
  requestAnswers,
  type Journal,
  type OpenTransaction,
} from './journal.js';
import type { WriterLimits } from './limits.js';
import { isDone, refusedOutcome, rolledBack, type Share } from './outcomes.js';
import { fullJitter, pause } from './pace.js';
import { pursue } from './pursue.js';

/** Counters of one writer; they only grow. */
export interface Tally {
  /** Transactions handed to the orderers, and operations in the valid ones. */
  transactions: number;
  operations: number;
  /** Writes refused before ordering. */
  refused: number;
  conflicts: number;
  mismatches: number;
  policyFailures: number;
  splits: number;
  resends: number;
  unknown: number;
}

/** What carrying transactions needs. */
export interface Carrier {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly limits: WriterLimits;
  readonly tally: Tally;
  /** Aborts when the gateway stops without waiting. */
  readonly signal: AbortSignal;
  /** Takes over a transaction whose fate is still unknown. */
  adopt(transaction: OpenTransaction): void;
  /** A fault of the gateway itself, such as a full disk. */
  fault(error: unknown): void;
}

/**
 * Why an attempt settled nothing: `again` a fresh proposal may succeed, `later` it may when a peer has caught up, `once` it
 * may once, `halve` its halves may.
 */
interface Failure {
  readonly next: 'again' | 'later' | 'once' | 'halve';
  readonly refusal: Refusal;
}

/** Nothing was ordered, because some writes were rolled back; the others go without them. */
interface Without {
  readonly next: 'without';
  readonly rest: readonly Job[];
}

/**
 * Carries writes in one transaction and settles each of them, whatever happens; never throws. A fresh proposal is made
 * only where README's table says so. When a batch keeps failing its halves are tried on their own, so that one write
 * can not fail the others for ever; the patience with lagging peers is the whole batch's.
 */
export async function transact(
  carrier: Carrier,
  target: Target,
  caller: Caller,
  batch: readonly Job[],
  patientUntil = performance.now() + carrier.limits.differMs,
): Promise<void> {
  const { limits, signal } = carrier;
  let jobs = batch;
  let once = 0;
  for (let attempt = 0; ; attempt += 1) {
    const failure = await attemptOnce(carrier, target, caller, jobs).catch((error: unknown) => {
      carrier.fault(error);
      settleAll(jobs, refusalOf(error));
      return undefined;
    });
    if (!failure) return;
    if (failure.next === 'without') {
      jobs = failure.rest;
      if (jobs.length === 0) return;
      continue;
    }
    once += failure.next === 'once' ? 1 : 0;
    const patient = failure.next === 'later' && performance.now() < patientUntil;
    const spent = failure.next === 'halve' || (attempt >= limits.retries && !patient) || once > 1;
    if (signal.aborted || (spent && (jobs.length === 1 || failure.next === 'once'))) {
      settleAll(jobs, failure.refusal);
      return;
    }
    if (spent) {
      carrier.tally.splits += 1;
      const half = Math.ceil(jobs.length / 2);
      await transact(carrier, target, caller, jobs.slice(0, half), patientUntil);
      await transact(carrier, target, caller, jobs.slice(half), patientUntil);
      return;
    }
    await pause(fullJitter(attempt, limits.retryBaseMs, limits.retryMostMs), signal);
  }
}

/** One proposal from endorsement to the end; undefined when every job was settled. */
async function attemptOnce(
  carrier: Carrier,
  target: Target,
  caller: Caller,
  jobs: readonly Job[],
): Promise<Failure | Without | undefined> {
  const { ledger, journal, tally } = carrier;
  const { argument, transient, shares } = assemble(jobs, caller);
  const call = {
    ...target,
    fn: operationId(operations.runBatch),
    args: [argument],
    ...(Object.keys(transient).length > 0 && { transient }),
  };
  let endorsed: Endorsed;
  try {
    endorsed = await ledger.endorse(call, caller.identity, carrier.signal);
  } catch (error) {
    return notEndorsed(carrier, jobs, error);
  }
  const open: OpenTransaction = {
    txId: endorsed.txId,
    channel: endorsed.channel,
    envelope: endorsed.envelope,
    result: endorsed.result,
    writes: shares.map((share, index) => ({ ...share, request: jobs[index]?.request })),
  };
  const answers = answersOf(open);
  // What endorsers answered holds if the transaction is valid: the refusals in it are known before it is ordered.
  const rest = jobs.filter((job, index) => !isRolledBack(job, answers[index]));
  if (rest.length < jobs.length) {
    tally.refused += jobs.length - rest.length;
    return { next: 'without', rest };
  }
  if (!answers.some(({ outcome }, index) => isDone(outcome, shares[index] as Share))) {
    // Nothing would be written: ordering it would take a place in a block and tell nobody more.
    tally.refused += jobs.length;
    answers.forEach((answer, index) => jobs[index]?.settle(answer));
    return undefined;
  }
  await journal.open(open);
  tally.transactions += 1;
  const commit = await pursue(ledger, open, caller.identity, carrier.limits, {
    outcomeMs: carrier.limits.outcomeMs,
    askFirst: false,
    signal: carrier.signal,
    onResend: () => {
      tally.resends += 1;
    },
  });
  if (!commit) {
    tally.unknown += 1;
    carrier.adopt(open);
    settleAll(jobs, new Refusal('TL-OUTCOME-UNKNOWN', { txId: open.txId }));
    return undefined;
  }
  const committed = committedAnswers(answers, open, commit);
  await journal.close(open, requestAnswers(open, committed)).catch((error: unknown) => {
    carrier.fault(error);
    // The fate is known and on the ledger; until the journal has noted it, repeats of its requests would be told to wait.
    carrier.adopt(open);
  });
  if (commit.code !== 'VALID') return invalid(tally, commit, open.txId);
  tally.operations += jobs.reduce((sum, job) => sum + job.pieces.length, 0);
  committed.forEach((answer, index) => jobs[index]?.settle(answer));
  return undefined;
}

/** Settles a write that is done whole or not at all, when a part of it is refused. */
function isRolledBack(job: Job, answer: WriteOutcome | undefined): boolean {
  const outcome = job.whole && answer ? rolledBack(answer.outcome) : undefined;
  if (!outcome) return false;
  job.settle({ outcome });
  return true;
}

function notEndorsed(carrier: Carrier, jobs: readonly Job[], error: unknown): Failure | undefined {
  if (!(error instanceof LedgerError)) throw error;
  const refusal = contractRefusal(error);
  if (refusal) {
    carrier.tally.refused += jobs.length;
    settleAll(jobs, refusal);
    return undefined;
  }
  if (error.kind === 'mismatch') {
    carrier.tally.mismatches += 1;
    return { next: 'later', refusal: refusalOf(error) };
  }
  // A no without a code is a fault in the contract that a single write may cause: the halves find it.
  if (error.kind === 'refused') return { next: 'halve', refusal: refusalOf(error) };
  settleAll(jobs, refusalOf(error));
  return undefined;
}

function invalid(tally: Tally, commit: Commit, txId: string): Failure {
  const fields = { txId, reason: commit.code };
  switch (commit.code) {
    case 'MVCC_READ_CONFLICT':
    case 'PHANTOM_READ_CONFLICT':
      tally.conflicts += 1;
      return { next: 'again', refusal: new Refusal('TL-LEDGER-CONFLICT', fields) };
    case 'ENDORSEMENT_POLICY_FAILURE':
    case 'CHAINCODE_VERSION_CONFLICT':
    case 'EXPIRED_CHAINCODE':
      tally.policyFailures += 1;
      return { next: 'once', refusal: new Refusal('TL-LEDGER-REFUSED', fields) };
    default:
      return { next: 'halve', refusal: new Refusal('TL-LEDGER-REFUSED', fields) };
  }
}

function settleAll(jobs: readonly Job[], refusal: Refusal): void {
  const outcome = refusedOutcome(refusal);
  for (const job of jobs) job.settle({ outcome });
}
