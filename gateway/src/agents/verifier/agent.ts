// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { readEnvelope } from '@thingledger/protocol';
import type { Logger } from 'pino';
import type { Ledger } from '../../ledger/port.js';
import type { LedgerWriter } from '../../ledger/writer.js';
import { Examinations } from './examinations.js';
import type { Examiner } from './examine.js';
import { changesOf } from './intake.js';
import { defaultPatience, pause, type Patience } from './patience.js';
import { VerificationQueue, type DueGroup } from './queue.js';
import { Settler, type Counts } from './settle.js';

/** What a verifier agent needs; each is a port, so that it runs in the gateway's process or alone. */
export interface VerifierOptions extends Examiner {
  /** Folder of its queue. */
  readonly dir: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly ledger: Pick<Ledger, 'events'>;
  readonly writer: LedgerWriter;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly patience?: Partial<Patience>;
  /** Records examined at the same time. */
  readonly concurrency?: number;
  /** Records whose votes are on their way at the same time; the writer merges votes. */
  readonly votesInFlight?: number;
}

/** Counts of records since the start, and those under work now. */
export interface VerifierStats extends Counts {
  readonly examining: number;
}

/** How long after its deadline a record is kept: longer than it takes to expire. */
const FORGET_AFTER = 60 * 60_000;
/** Records read ahead of the work. */
const READ_AHEAD = 256;
const LONGEST_SLEEP = 5_000;
const CONCURRENCY = 16;
const VOTES_IN_FLIGHT = 5_000;

/**
 * A regulator's agent: looks at every announced record and votes on it (requirement T4). Resumable anywhere: what it
 * saw and where it stands is in its queue; that a vote counts once is the ledger's promise. Its unit of work is what is
 * due of one statement: that is read, checked against its signature and voted on together.
 */
export class VerifierAgent {
  readonly #stop = new AbortController();
  readonly #patience: Patience;
  readonly #examinations: Examinations;
  readonly #settler: Settler;
  /** By statement. */
  readonly #busy = new Map<string, Promise<void>>();
  /** Records taken up without a finding yet. */
  #open = 0;
  #wake: () => void = () => undefined;
  #loops: readonly Promise<void>[] = [];

  private constructor(
    private readonly options: VerifierOptions,
    readonly queue: VerificationQueue,
  ) {
    const { signal } = this.#stop;
    this.#patience = { ...defaultPatience, ...options.patience };
    this.#examinations = new Examinations(options, options.concurrency ?? CONCURRENCY, signal);
    this.#settler = new Settler({ ...options, queue, patience: this.#patience, signal });
    // One listener for each record under examination is no leak.
    setMaxListeners(0, signal);
  }

  /** Opens the queue and starts where the last run ended. */
  static async start(options: VerifierOptions): Promise<VerifierAgent> {
    const agent = new VerifierAgent(options, await VerificationQueue.open(options.dir));
    agent.#loops = [agent.#follow(), agent.#work()];
    return agent;
  }

  get stats(): VerifierStats {
    return { ...this.#settler.counts, examining: this.#examinations.running };
  }

  /** Takes nothing new, lets votes on their way arrive for `drainMillis`, closes the queue. */
  async close({ drainMillis = 5_000 }: { readonly drainMillis?: number } = {}): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await Promise.all(this.#loops);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, drainMillis)));
    await Promise.race([Promise.all(this.#busy.values()), patience]);
    clearTimeout(timer);
    await this.queue.close();
  }

  #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Reads the ledger's events into the queue, for ever. */
  async #follow(): Promise<void> {
    const { ledger, channel, chaincode, as, log } = this.options;
    const { signal } = this.#stop;
    for (let attempts = 0; !this.#stopping(); attempts += 1) {
      try {
        const from = (await this.queue.position()) ?? { block: 0n };
        for await (const event of ledger.events(channel, chaincode, from, as.identity, signal)) {
          attempts = 0;
          const envelope = readEnvelope(event);
          if (!envelope)
            log.warn({ txId: event.txId, event: event.name }, 'an event that is not ours was skipped');
          const changes = envelope ? changesOf(envelope, as.member) : new Map<string, never>();
          await this.queue.advance({ block: event.block, afterTxId: event.txId }, changes);
          if (changes.size > 0) this.#wake();
        }
      } catch (error) {
        if (!this.#stopping()) log.error({ err: error }, 'the ledger gives no events; trying again');
      }
      if (!this.#stopping()) await this.#sleep(pause(this.#patience, attempts));
    }
  }

  /** Hands out what is due, within the bounds. */
  async #work(): Promise<void> {
    const { log } = this.options;
    let ready: DueGroup[] = [];
    let sweptAt = 0;
    while (!this.#stopping()) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      try {
        const now = Date.now();
        if (now - sweptAt > LONGEST_SLEEP) {
          await this.#sweep(now);
          sweptAt = now;
        }
        if (ready.length === 0 && this.#hasRoom()) {
          ready = await this.queue.due(now, READ_AHEAD, new Set(this.#busy.keys()));
        }
        while (ready.length > 0 && this.#hasRoom()) this.#begin(ready.shift() as DueGroup);
        const next = ready.length > 0 ? Infinity : ((await this.queue.nextDue(now)) ?? Infinity);
        const alarm = setTimeout(this.#wake, Math.min(LONGEST_SLEEP, Math.max(1, next - now)));
        await woken;
        clearTimeout(alarm);
      } catch (error) {
        if (this.#stopping()) return;
        log.error({ err: error }, 'the verification queue failed; trying again');
        await this.#sleep(LONGEST_SLEEP);
      }
    }
  }

  #hasRoom(): boolean {
    const { concurrency = CONCURRENCY, votesInFlight = VOTES_IN_FLIGHT } = this.options;
    return this.#open < concurrency && this.#settler.counts.voting < votesInFlight;
  }

  #begin(group: DueGroup): void {
    const { statementId, items } = group;
    this.#open += items.length;
    const work = this.#handle(group).finally(() => {
      this.#busy.delete(statementId);
      this.#wake();
    });
    this.#busy.set(statementId, work);
  }

  /** Examines what is due of a statement; what is found is settled while the rest is still examined. Never throws. */
  async #handle({ statementId, items }: DueGroup): Promise<void> {
    const byId = new Map(items.map((item) => [item.recordId, item]));
    const group = { statementId, items: byId, startedAt: Date.now() };
    const open = new Set(byId.keys());
    const settled: Promise<void>[] = [];
    try {
      for await (const examined of this.#examinations.of(statementId, [...open])) {
        if (this.#stopping()) break;
        for (const { recordId } of examined) open.delete(recordId);
        this.#release(examined.length);
        settled.push(this.#settler.settle(group, examined));
      }
    } catch (error) {
      settled.push(this.#settler.fail([...open], error));
    }
    this.#release(open.size);
    await Promise.all(settled);
  }

  #release(records: number): void {
    this.#open -= records;
    this.#wake();
  }

  async #sweep(now: number): Promise<void> {
    for await (const item of this.queue.byDeadline()) {
      if (item.deadline + FORGET_AFTER > now) return;
      await this.queue.update(new Map([[item.recordId, () => undefined]]));
    }
  }

  #sleep(millis: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, millis);
      signal.addEventListener('abort', finish, { once: true });
      if (signal.aborted) finish();
    });
  }
}
