// SPDX-License-Identifier: Apache-2.0
import type { Identity, Ledger } from '../port.js';
import {
  answersOf,
  committedAnswers,
  requestAnswers,
  type Journal,
  type OpenTransaction,
} from './journal.js';
import type { WriterLimits } from './limits.js';
import { fullJitter, pause } from './pace.js';
import { pursue } from './pursue.js';

/**
 * Brings transactions of unknown fate to their end in the background, however long the network is away: asks, sends
 * the same envelope again, asks. The write was accepted, so it is carried through; MVCC makes a late one harmless.
 */
export class Reconciler {
  readonly #open = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(
    private readonly ledger: Ledger,
    private readonly journal: Journal,
    /** Any identity of the member: asking needs no more. */
    private readonly member: Identity,
    private readonly limits: WriterLimits,
    private readonly fault: (error: unknown) => void,
  ) {}

  /** Transactions being pursued. */
  get size(): number {
    return this.#open.size;
  }

  /** Pursues a transaction until its fate is known; the promise resolves after the first try. */
  adopt(transaction: OpenTransaction): Promise<void> {
    const { txId } = transaction;
    const known = this.#open.get(txId);
    if (known) return known;
    const first = this.#settle(transaction).then((settled) => {
      if (settled) this.#open.delete(txId);
      else void this.#keepOn(transaction);
    });
    this.#open.set(txId, first);
    return first;
  }

  /** Gives up for now; what is open stays in the journal for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#open.values());
  }

  async #keepOn(transaction: OpenTransaction): Promise<void> {
    const { reconcileBaseMs, reconcileMostMs } = this.limits;
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      await pause(fullJitter(attempt, reconcileBaseMs, reconcileMostMs), this.#stop.signal);
      if (await this.#settle(transaction)) break;
    }
    this.#open.delete(transaction.txId);
  }

  async #settle(transaction: OpenTransaction): Promise<boolean> {
    const { signal } = this.#stop;
    try {
      const commit = await pursue(this.ledger, transaction, this.member, this.limits, {
        outcomeMs: this.limits.commitMs,
        askFirst: true,
        signal,
      });
      if (!commit) return false;
      const answers = committedAnswers(answersOf(transaction), transaction, commit);
      await this.journal.close(transaction, requestAnswers(transaction, answers));
      return true;
    } catch (error) {
      this.fault(error);
      return false;
    }
  }
}
