// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { captureEvent, Refusal, type Input } from '@thingledger/protocol';
import type { MasterDataElement } from '@thingledger/protocol/epcis';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { WriteOutcome } from '../ledger/index.js';
import { pause } from '../ledger/submit/pace.js';
import type { Principal } from '../principal.js';
import { UnderWay } from '../under-way.js';
import { readEvents, type BareEvent } from './documents.js';
import {
  fateOf,
  GONE,
  isOpen,
  isUnfinished,
  onceEach,
  ROLLED_BACK,
  unsent,
  withItems,
  withoutAccount,
  type Fate,
} from './fates.js';
import { HandOvers, type HandOverParts } from './hand-overs.js';
import type { OwnMasterData } from './master-data.js';
import type { OwnEvents } from './own-events.js';
import { PendingEvents, type PendingParts, type Told } from './pending-events.js';
import { Recorder, type RecorderParts } from './recorder.js';
import { keyOf, newJobId, type EpcisStore, type ErrorBehaviour, type Job, type JobItem } from './store.js';
import { Sheets } from './sheets.js';
import { Turns } from './turns.js';

/** What capturing is done with. */
export interface CaptureParts extends HandOverParts, PendingParts, RecorderParts {
  readonly store: EpcisStore;
  readonly own: PendingParts['own'] & RecorderParts['own'] & Pick<OwnEvents, 'wasTaken'>;
  readonly masterData: Pick<OwnMasterData, 'keep'>;
  readonly vault: HandOverParts['vault'] & PendingParts['vault'];
  /** A participant of this member, for jobs of an earlier run. */
  readonly principalOf: (participant: string) => Promise<Principal | undefined>;
  readonly log: Pick<Logger, 'error'>;
  /** Pause before events without an outcome are sent again, in milliseconds: the first, and the longest. */
  readonly pauses?: { readonly first: number; readonly most: number };
}

/** Who sent a job to this run of the gateway, and whether somebody waits for its outcome; nothing of one taken up again. */
interface Sent {
  readonly urgent?: boolean;
  readonly as?: Principal;
}

/** How a document is to be captured, and what it says beside its events. */
interface Accepted {
  readonly behaviour: ErrorBehaviour;
  readonly urgent?: boolean;
  readonly masterData?: readonly MasterDataElement[];
}

/** Jobs under work at once; events that one of them sends at once. */
const CONCURRENCY = 8;
const CHUNK = 500;
/** Jobs that may be open, in this gateway. */
const OPEN_JOBS = 1000;
const KEEP_JOBS_MS = 7 * 24 * 3_600_000;
const PAUSES = { first: 500, most: 60_000 };

/**
 * Captures events (EPCIS 2.0, section 8.2.6; requirement T8). What is accepted is on disk: the events in the vault, the
 * job in the store. A job goes on until each of its events has an outcome that is final, over restarts too; an event
 * sent twice is one, by the ledger. With `rollback` the events of a document are one transaction.
 */
export class Captures {
  readonly #parts: CaptureParts;
  readonly #queue = new PQueue({ concurrency: CONCURRENCY });
  /** Every job that is open, whether an attempt at it is under way or it waits for the next. */
  readonly #open = new UnderWay();
  readonly #turns = new Turns();
  readonly #sheets = new Sheets();
  /** What may be on the ledger without anybody's knowing here, by what events are known by. */
  readonly #inDoubt = new Set<string>();
  #recalled: readonly Job[] = [];
  /** The open jobs as they were kept last, by id: who waits for one asks often. */
  readonly #kept = new Map<string, Job>();
  readonly #pending: PendingEvents;
  readonly #recorder: Recorder;
  readonly #handOvers: HandOvers;
  readonly #stop = new AbortController();

  constructor(parts: CaptureParts) {
    this.#parts = parts;
    this.#pending = new PendingEvents(parts);
    this.#recorder = new Recorder(parts, this.#pending);
    this.#handOvers = new HandOvers(parts);
    // One for each job that waits for its next attempt is no leak.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Learns what an earlier run left open, before anything is accepted: what it may have sent is in doubt. */
  async recall(): Promise<void> {
    this.#recalled = await this.#parts.store.openJobs();
    for (const { items } of this.#recalled)
      for (const item of items) if (isOpen(item)) this.#inDoubt.add(keyOf(item));
  }

  /** Takes up the jobs of an earlier run, and forgets those that were finished a week ago. */
  async resume(): Promise<void> {
    await this.#parts.store.sweepJobs(new Date(Date.now() - KEEP_JOBS_MS).toISOString());
    for (const job of this.#recalled) void this.#begin(job, {});
    this.#recalled = [];
  }

  /**
   * Accepts a list of events: `job` is kept, and `done` gives it when it is finished. With `rollback`, nothing is sent
   * when any event is invalid. Master data is kept with the job, before events are sent. Refuses with
   * `TL-EPCIS-MASTER-DATA-LIMIT`, `TL-OVERLOADED` and `TL-DRAINING`; `done` with `TL-OUTCOME-UNKNOWN` when the
   * gateway stops before the end.
   */
  async accept(
    events: readonly BareEvent[],
    as: Principal,
    { behaviour, urgent = false, masterData = [] }: Accepted,
  ): Promise<{ readonly job: Job; readonly done: Promise<Job> }> {
    if (this.#stopping()) throw new Refusal('TL-DRAINING');
    if (this.#open.size >= OPEN_JOBS) throw new Refusal('TL-OVERLOADED', { limit: OPEN_JOBS });
    const readings = await readEvents(events);
    const sends = behaviour === 'proceed' || readings.every((reading) => !('refusal' in reading));
    const kept = sends ? await this.#pending.keep(readings, as.id) : readings.map(unsent);
    const spoilt = behaviour === 'rollback' && kept.some(({ refusal }) => refusal !== undefined);
    if (spoilt) this.#pending.forget(kept);
    const items = spoilt ? kept.map(({ dataHash: _, handOvers: __, ...item }) => item) : onceEach(kept);
    const createdAt = new Date().toISOString();
    const job = withItems({ id: newJobId(), caller: as.id, createdAt, behaviour }, items, createdAt);
    await this.#parts.masterData.keep(spoilt ? [] : masterData, job);
    return {
      job,
      done: job.finishedAt === undefined ? this.#begin(job, { urgent, as }) : Promise.resolve(job),
    };
  }

  /** A job of this caller as it is now; undefined when it has no such job. */
  async job(caller: string, id: string): Promise<Job | undefined> {
    const open = this.#kept.get(id);
    return open?.caller === caller ? open : this.#parts.store.job(caller, id);
  }

  /** Takes nothing more up, and gives the time to note the outcomes that are on their way; the rest is for the next run. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#open.idle();
  }

  #begin(job: Job, sent: Sent): Promise<Job> {
    const done = this.#open.track(this.#run(job, sent)).then((ended) => {
      if (ended.finishedAt === undefined) throw new Refusal('TL-OUTCOME-UNKNOWN');
      return ended;
    });
    // Most callers do not wait for it.
    done.catch(() => undefined);
    return done;
  }

  /**
   * Runs a job to its end, or to that of the gateway. Throws nothing: what fails is tried again. Between two attempts it
   * gives up its place, so that jobs that keep failing do not hold up the others.
   */
  async #run(begun: Job, sent: Sent): Promise<Job> {
    const { pauses = PAUSES } = this.#parts;
    const priority = sent.urgent ? 1 : 0;
    let job = begun;
    this.#kept.set(job.id, job);
    for (let attempts = 0; !this.#stopping() && job.finishedAt === undefined; attempts += 1) {
      const before = job.items.filter(isUnfinished).length;
      job = await this.#queue.add(() => this.#attempt(job, attempts > 0, sent), { priority });
      if (job.items.filter(isUnfinished).length < before) attempts = 0;
      if (job.finishedAt === undefined)
        await pause(Math.min(pauses.most, pauses.first * 2 ** attempts), this.#stop.signal);
    }
    this.#kept.delete(job.id);
    return job;
  }

  /** Takes a job as far as it goes now; what was kept before an attempt failed counts for the one that comes again. */
  async #attempt(begun: Job, again: boolean, { urgent, as }: Sent): Promise<Job> {
    const { principalOf, store, log } = this.#parts;
    let job = begun;
    if (this.#stopping()) return job;
    try {
      if (again) job = (await store.job(job.caller, job.id)) ?? job;
      const caller = as ?? (await principalOf(job.caller));
      // Who sends one event alone is to hear when the ledger has it.
      job = caller
        ? await this.#pass(job, caller, !urgent)
        : await this.#recorder.record(job, () => GONE, job.caller);
      job = await this.#handOver(job, caller);
    } catch (error) {
      if (!this.#stopping()) log.error({ err: error, job: job.id }, 'a capture job failed; trying again');
    }
    return job;
  }

  /** Hands over what the events say, once each of them is decided. */
  async #handOver(job: Job, as: Principal | undefined): Promise<Job> {
    if (job.items.some(isOpen)) return job;
    const keep = async (from: Job, items: readonly JobItem[]): Promise<Job> => {
      const now = withItems(from, items, new Date().toISOString());
      await this.#parts.store.saveJob(now, []);
      this.#kept.set(now.id, now);
      return now;
    };
    if (as) return this.#handOvers.advance(job, as, keep, () => this.#stopping());
    return job.finishedAt === undefined ? keep(job, job.items.map(withoutAccount)) : job;
  }

  /**
   * Sends once what has no outcome, in the order of the document; what stands in it twice is one event. What another job
   * is sending is left until that one knows what became of it.
   */
  async #pass(begun: Job, as: Principal, mayBeFresh: boolean): Promise<Job> {
    let job = begun;
    const open = [...new Map(job.items.filter(isOpen).map((item) => [keyOf(item), item])).values()];
    const whole = job.behaviour === 'rollback';
    const mine = this.#turns.take(job.id, open, whole);
    const size = whole ? mine.length : CHUNK;
    try {
      for (let start = 0; start < mine.length && !this.#stopping(); start += size) {
        const chunk = mine.slice(start, start + size);
        const inputs = await Promise.all(
          chunk.map((item) => this.#pending.inputOf(item, this.#howTold(keyOf(item), mayBeFresh))),
        );
        for (const item of chunk) this.#inDoubt.add(keyOf(item));
        const fates = await this.#sheets.with(inputs, (dealt) => this.#send(chunk, dealt, as, whole));
        job = await this.#recorder.record(job, (item) => fates.get(keyOf(item)), as.id);
        this.#kept.set(job.id, job);
        for (const key of fates.keys()) this.#inDoubt.delete(key);
      }
    } finally {
      this.#turns.pass(job.id, mine);
    }
    return job;
  }

  /** What became of events, by their keys; nothing of one without an outcome. */
  async #send(
    items: readonly JobItem[],
    inputs: readonly (Input<typeof captureEvent> | Refusal)[],
    as: Principal,
    whole: boolean,
  ): Promise<Map<string, Fate>> {
    const { writer } = this.#parts;
    const sent = inputs.filter((input) => !(input instanceof Refusal));
    const spoilt = whole && sent.length < inputs.length;
    const outcomes = spoilt ? [] : await writer.submitAll(captureEvent, sent, as, { whole });
    const fates = new Map<string, Fate>();
    let next = 0;
    for (const [at, input] of inputs.entries()) {
      let fate: Fate | undefined;
      if (input instanceof Refusal) fate = { refusal: input.toData() };
      else fate = spoilt ? ROLLED_BACK : fateOf(outcomes[next++] as WriteOutcome);
      if (fate) fates.set(keyOf(items[at] ?? {}), fate);
    }
    return fates;
  }

  /** What the ledger is told of whether an event was sent before. */
  #howTold(key: string, mayBeFresh: boolean): Told {
    if (this.#inDoubt.has(key)) return { again: true };
    return mayBeFresh && !this.#parts.own.wasTaken(key) ? { fresh: true } : {};
  }

  #stopping(): boolean {
    return this.#stop.signal.aborted;
  }
}
