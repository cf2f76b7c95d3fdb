// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { MappingRecord } from '@thingledger/protocol';
import type { Logger } from 'pino';
import type { Fault } from '../../information-server/client/fetch.js';
import type { Ledger } from '../../ledger/port.js';
import type { LedgerWriter } from '../../ledger/writer.js';
import { examine, type Examiner, type Finding } from './examine.js';
import { changesOf, readEnvelope, unlessDone } from './intake.js';
import { defaultPatience, pause, waitEnds, type Patience } from './patience.js';
import { VerificationQueue, type QueueItem } from './queue.js';
import { castVote } from './vote.js';

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
  /** Votes on their way at the same time; the writer merges them. */
  readonly votesInFlight?: number;
}

/** Counts since the start. */
export interface VerifierStats {
  readonly accepted: number;
  readonly rejected: number;
  /** Attempts put off because data could not be had. */
  readonly postponed: number;
  /** Attempts put off because of the ledger or of the agent itself. */
  readonly failed: number;
  readonly examining: number;
  readonly voting: number;
}

/** How long after its deadline a record is kept: longer than it takes to expire. */
const FORGET_AFTER = 60 * 60_000;
/** Items read ahead of the work. */
const READ_AHEAD = 256;
const LONGEST_SLEEP = 5_000;

/**
 * A regulator's agent: looks at every announced record and votes on it (requirement T4). Resumable anywhere: what it
 * saw and where it stands is in its queue; that a vote counts once is the ledger's promise.
 */
export class VerifierAgent {
  readonly #stop = new AbortController();
  readonly #patience: Patience;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #counts = { accepted: 0, rejected: 0, postponed: 0, failed: 0 };
  #examining = 0;
  #voting = 0;
  #wake: () => void = () => undefined;
  #loops: readonly Promise<void>[] = [];

  private constructor(
    private readonly options: VerifierOptions,
    readonly queue: VerificationQueue,
  ) {
    this.#patience = { ...defaultPatience, ...options.patience };
    // One listener for each record under examination is no leak.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Opens the queue and starts where the last run ended. */
  static async start(options: VerifierOptions): Promise<VerifierAgent> {
    const agent = new VerifierAgent(options, await VerificationQueue.open(options.dir));
    agent.#loops = [agent.#follow(), agent.#work()];
    return agent;
  }

  get stats(): VerifierStats {
    return { ...this.#counts, examining: this.#examining, voting: this.#voting };
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
    const { concurrency = 16, votesInFlight = 1000, log } = this.options;
    let ready: QueueItem[] = [];
    let sweptAt = 0;
    while (!this.#stopping()) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      try {
        const now = Date.now();
        if (now - sweptAt > LONGEST_SLEEP) {
          await this.#sweep(now);
          sweptAt = now;
        }
        if (ready.length === 0) ready = await this.queue.due(now, READ_AHEAD, new Set(this.#busy.keys()));
        while (ready.length > 0 && this.#examining < concurrency && this.#voting < votesInFlight) {
          this.#begin(ready.shift() as QueueItem);
        }
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

  #begin(item: QueueItem): void {
    this.#examining += 1;
    const work = this.#handle(item)
      .catch((error: unknown) => this.#fail(item, error))
      .catch((error: unknown) =>
        this.options.log.error({ err: error, record: item.recordId }, 'could not be put off'),
      )
      .finally(() => {
        this.#busy.delete(item.recordId);
        this.#wake();
      });
    this.#busy.set(item.recordId, work);
  }

  async #handle(item: QueueItem): Promise<void> {
    const startedAt = Date.now();
    const finding = await examine(this.options, item.recordId, this.#stop.signal).finally(() => {
      this.#examining -= 1;
      this.#wake();
    });
    if (this.#stopping()) return;
    const decision = await this.#decide(item, finding, startedAt);
    if (!decision) return;
    this.#voting += 1;
    try {
      await this.#vote(item, decision);
    } finally {
      this.#voting -= 1;
    }
  }

  /** The vote that a finding comes to, or undefined when there is none to cast now. */
  async #decide(item: QueueItem, finding: Finding, startedAt: number): Promise<Decision | undefined> {
    switch (finding.kind) {
      case 'closed':
        await this.queue.update(item.recordId, () => undefined);
        return undefined;
      case 'voted':
        await this.queue.update(item.recordId, done(finding.record, finding.decision, item.findings));
        return undefined;
      case 'accept':
        return { decision: 'accept', record: finding.record, reasons: [] };
      case 'reject':
        return { decision: 'reject', record: finding.record, reasons: finding.reasons };
      case 'wait': {
        const now = Date.now();
        const firstTriedAt = item.firstTriedAt ?? startedAt;
        const ends = waitEnds(this.#patience, firstTriedAt, item.deadline);
        if (now >= ends) return { decision: 'reject', record: finding.record, reasons: [finding.reason] };
        await this.#postpone(
          item,
          Math.min(ends, now + pause(this.#patience, item.attempts)),
          [finding.reason],
          firstTriedAt,
        );
        this.#counts.postponed += 1;
        return undefined;
      }
    }
  }

  async #vote(item: QueueItem, { decision, record, reasons }: Decision): Promise<void> {
    const { writer, as, log } = this.options;
    const { recordId } = item;
    const { cast, why } = await castVote(writer, { recordId, decision, reasons: reasons.slice(0, 10) }, as);
    if (cast === 'again') {
      log.warn({ record: recordId, code: why }, 'the vote is not on the ledger yet; trying again');
      await this.#postpone(
        item,
        Date.now() + pause(this.#patience, item.attempts),
        reasons,
        item.firstTriedAt,
      );
      this.#counts.failed += 1;
    } else if (cast === 'closed') {
      await this.queue.update(recordId, () => undefined);
    } else {
      if (decision === 'reject')
        log.info({ record: recordId, reasons: reasons.map(({ code }) => code) }, 'rejected');
      await this.queue.update(recordId, done(record, decision, reasons));
      this.#counts[decision === 'accept' ? 'accepted' : 'rejected'] += 1;
    }
  }

  /** Something that is not the record's fault went wrong: no vote, later again, and nobody else waits for it. */
  async #fail(item: QueueItem, error: unknown): Promise<void> {
    if (this.#stopping()) return;
    this.options.log.warn({ err: error, record: item.recordId }, 'could not be examined; trying again');
    await this.#postpone(
      item,
      Date.now() + pause(this.#patience, item.attempts),
      item.findings,
      item.firstTriedAt,
    );
    this.#counts.failed += 1;
  }

  async #postpone(
    item: QueueItem,
    dueAt: number,
    findings: readonly Fault[],
    firstTriedAt: number | undefined,
  ): Promise<void> {
    await this.queue.update(
      item.recordId,
      // Undefined due time: its own vote was seen in the meantime.
      (now) =>
        now && {
          ...now,
          attempts: now.attempts + 1,
          findings,
          firstTriedAt,
          dueAt: now.dueAt === undefined ? undefined : dueAt,
        },
    );
  }

  async #sweep(now: number): Promise<void> {
    for await (const item of this.queue.byDeadline()) {
      if (item.deadline + FORGET_AFTER > now) return;
      await this.queue.update(item.recordId, () => undefined);
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

interface Decision {
  readonly decision: 'accept' | 'reject';
  readonly record: MappingRecord;
  readonly reasons: Fault[];
}

/** The item after this regulator's vote is on the ledger. */
const done =
  (record: MappingRecord, ownVote: 'accept' | 'reject', findings: readonly Fault[]) =>
  (item: QueueItem | undefined): QueueItem | undefined =>
    unlessDone(
      item && {
        ...item,
        ownVote,
        findings,
        dueAt: undefined,
        quorum: record.quorum,
        regulators: record.regulators.length,
      },
    );
