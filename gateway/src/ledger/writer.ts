// SPDX-License-Identifier: Apache-2.0
import { Refusal, type Operation } from '@thingledger/protocol';
import type { Caller, Target } from './caller.js';
import type { Identity, Ledger } from './port.js';
import { excessOf, newJob, newWhole, type WriteOutcome } from './submit/job.js';
import type { Journal } from './submit/journal.js';
import { defaultLimits, type WriterLimits } from './submit/limits.js';
import { partsOf, refusedOutcome } from './submit/outcomes.js';
import { Reconciler } from './submit/reconciler.js';
import { Scheduler } from './submit/scheduler.js';
import { transact, type Carrier, type Tally } from './submit/transact.js';

/** Ties a write to the request that it belongs to, so that a restart does not lose its answer. */
export interface WriteOptions {
  /** From the idempotency store's `begin`. */
  readonly requestId?: string | undefined;
}

/** How the inputs of a list go together. */
export interface ListOptions extends WriteOptions {
  /**
   * All of them are done or none is: when the ledger refuses one, the others are refused with `TL-ROLLED-BACK`; when they
   * are more than one statement takes, all with `TL-INPUT-TOO-LARGE`. They
   * have no request; who sends them again after a crash finds done what was done.
   */
  readonly whole?: boolean;
}

/** What a writer is doing and has done, for metrics. */
export interface WriterStats extends Readonly<Tally> {
  /** Writes that wait for a transaction, and their bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Transactions in flight. */
  readonly inFlight: number;
  readonly lanes: number;
  /** Transactions of unknown fate that are pursued in the background. */
  readonly unresolved: number;
}

/**
 * Puts writes on the ledger: group commit, pipelining, fairness among callers, retries where a retry is right, and an
 * outcome that is never guessed (design 5).
 *
 * What the ledger says becomes an outcome, good or bad; it is not thrown. Thrown are `TL-OVERLOADED` and `TL-DRAINING`,
 * before anything is done.
 */
export interface LedgerWriter {
  /** Writes one operation, whose input is parsed already. */
  submit(operation: Operation, input: unknown, as: Caller, options?: WriteOptions): Promise<WriteOutcome>;
  /** Writes a list of inputs; an outcome for each, in order. They share transactions, and their fate if told so. */
  submitAll(
    operation: Operation,
    inputs: readonly unknown[],
    as: Caller,
    options?: ListOptions,
  ): Promise<WriteOutcome[]>;
  /** At start: pursues the transactions that a crash left open; resolves after the first try at each. */
  recover(): Promise<void>;
  /** Takes no more and resolves when all that was taken is settled. */
  drain(): Promise<void>;
  /** Stops at once. What is in flight stays in the journal, and is resolved at the next start. */
  close(): Promise<void>;
  stats(): WriterStats;
}

/** What a writer is made of. */
export interface WriterParts {
  readonly ledger: Ledger;
  readonly journal: Journal;
  /** The channel and chaincode of an operation. */
  readonly route: (operation: Operation) => Target;
  /** An identity of the member, to ask for outcomes after a restart, when the caller is not there. */
  readonly member: Identity;
  readonly limits?: Partial<WriterLimits>;
  /** Told of faults of the gateway itself, such as a full disk. */
  readonly onFault?: (error: unknown) => void;
}

/** Makes a writer over any ledger. */
export function createWriter(parts: WriterParts): LedgerWriter {
  const { ledger, journal, route } = parts;
  const limits = { ...defaultLimits, ...parts.limits };
  const fault = parts.onFault ?? (() => undefined);
  const stop = new AbortController();
  const tally: Tally = {
    transactions: 0,
    operations: 0,
    refused: 0,
    conflicts: 0,
    mismatches: 0,
    policyFailures: 0,
    splits: 0,
    resends: 0,
    unknown: 0,
  };
  const reconciler = new Reconciler(ledger, journal, parts.member, limits, fault);
  const carrier: Carrier = {
    ledger,
    journal,
    limits,
    tally,
    signal: stop.signal,
    adopt: (transaction) => void reconciler.adopt(transaction),
    fault,
  };
  const scheduler = new Scheduler(limits, (target, caller, jobs) => transact(carrier, target, caller, jobs));
  let draining = false;

  const submitWhole = async (
    operation: Operation,
    inputs: readonly unknown[],
    as: Caller,
  ): Promise<WriteOutcome[]> => {
    if (draining) throw new Refusal('TL-DRAINING');
    const place = { request: undefined, leads: true, since: performance.now() };
    const { job, answer } = newWhole(operation, inputs, as.id, place);
    const excess = excessOf(job, limits.batchItems);
    if (excess) return inputs.map(() => ({ outcome: refusedOutcome(excess) }));
    scheduler.enqueue(route(operation), as, [job]);
    const { outcome, ...carried } = await answer;
    return partsOf(outcome, inputs.length).map((part) => ({ ...carried, outcome: part }));
  };

  const submitAll: LedgerWriter['submitAll'] = async (operation, inputs, as, options = {}) => {
    const { requestId, whole = false } = options;
    if (inputs.length === 0) return [];
    if (whole && inputs.length > 1) return submitWhole(operation, inputs, as);
    const known = requestId === undefined ? undefined : await journal.answersTo(requestId);
    if (draining) throw new Refusal('TL-DRAINING');
    const now = performance.now();
    let leads = true;
    const writes = inputs.map((input, index) => {
      const answered = known?.get(index);
      if (answered) return { job: undefined, answer: Promise.resolve(answered) };
      const request = requestId === undefined ? undefined : { requestId, index };
      const write = newJob(operation, input, as.id, { request, leads, since: now });
      leads = false;
      return write;
    });
    scheduler.enqueue(
      route(operation),
      as,
      writes.flatMap(({ job }) => job ?? []),
    );
    return Promise.all(writes.map(({ answer }) => answer));
  };

  return {
    submitAll,
    async submit(operation, input, as, options) {
      const [outcome] = await submitAll(operation, [input], as, options);
      return outcome as WriteOutcome;
    },
    async recover() {
      const first: Promise<void>[] = [];
      for await (const transaction of journal.openTransactions()) first.push(reconciler.adopt(transaction));
      await Promise.all(first);
    },
    async drain() {
      draining = true;
      await scheduler.idle();
      await reconciler.stop();
    },
    async close() {
      draining = true;
      stop.abort();
      await scheduler.idle();
      await reconciler.stop();
    },
    stats: () => ({ ...tally, ...scheduler.load, unresolved: reconciler.size }),
  };
}
