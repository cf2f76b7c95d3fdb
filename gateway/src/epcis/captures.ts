// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import { captureEvent, captureOf, Refusal, type Input } from '@thingledger/protocol';
import type { MasterDataElement } from '@thingledger/protocol/epcis';
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { WriteOutcome } from '../ledger/index.js';
import { pause } from '../ledger/submit/pace.js';
import type { Principal } from '../principal.js';
import type { NewObject, Vault } from '../vault/index.js';
import {
  AT_ONCE,
  eventIn,
  readEvents,
  servedBytes,
  thingOf,
  type BareEvent,
  type Reading,
  type ReadyEvent,
} from './documents.js';
import { decided, fateOf, isOpen, isUnfinished, ROLLED_BACK, saidOf, unsent, type Fate } from './fates.js';
import { gone, HandOvers, handsOver, type HandOverParts } from './hand-overs.js';
import type { OwnMasterData } from './master-data.js';
import type { OwnEvents, ReadEvent } from './own-events.js';
import {
  keyOf,
  newJobId,
  type EpcisStore,
  type ErrorBehaviour,
  type Job,
  type JobItem,
  type OwnEvent,
} from './store.js';

/** What capturing is done with. */
export interface CaptureParts extends HandOverParts {
  readonly store: EpcisStore;
  readonly own: OwnEvents;
  readonly masterData: Pick<OwnMasterData, 'keep'>;
  readonly vault: HandOverParts['vault'] & Pick<Vault, 'putAll'>;
  /** A participant of this member, for jobs of an earlier run. */
  readonly principalOf: (participant: string) => Promise<Principal | undefined>;
  readonly log: Pick<Logger, 'error'>;
  /** Pause before events without an outcome are sent again, in milliseconds: the first, and the longest. */
  readonly pauses?: { readonly first: number; readonly most: number };
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
/** Bytes of events on their way that need not be read back from the vault. */
const RECENT_BYTES = 32 * 1024 * 1024;
const KEEP_JOBS_MS = 7 * 24 * 3_600_000;
/** The caller's key was taken out of the wallet before its job was done. */
const GONE: Fate = { refusal: new Refusal('TL-CALLER-UNKNOWN').toData() };
const PAUSES = { first: 500, most: 60_000 };

/**
 * Captures events (EPCIS 2.0, section 8.2.6; requirement T8). What is accepted is on disk: the events in the vault, the
 * job in the store. A job goes on until each of its events has an outcome that is final, over restarts too; an event
 * sent twice is one, by the ledger. With `rollback` the events of a document are one transaction.
 */
export class Captures {
  readonly #parts: CaptureParts;
  readonly #queue = new PQueue({ concurrency: CONCURRENCY });
  readonly #notes = new PQueue({ concurrency: 1 });
  readonly #handOvers: HandOvers;
  readonly #stop = new AbortController();
  /** Events on their way, by the hash of their document. The vault has them all. */
  readonly #recent = new LRUCache<string, ReadyEvent>({ maxSize: RECENT_BYTES });

  constructor(parts: CaptureParts) {
    this.#parts = parts;
    this.#handOvers = new HandOvers(parts);
  }

  /** Takes up the jobs of an earlier run, and forgets those that were finished a week ago. */
  async resume(): Promise<void> {
    await this.#parts.store.sweepJobs(new Date(Date.now() - KEEP_JOBS_MS).toISOString());
    for (const job of await this.#parts.store.openJobs()) void this.#begin(job, 0);
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
    if (this.#queue.size + this.#queue.pending >= OPEN_JOBS)
      throw new Refusal('TL-OVERLOADED', { limit: OPEN_JOBS });
    const readings = await readEvents(events);
    const sends = behaviour === 'proceed' || readings.every((reading) => !('refusal' in reading));
    const kept = sends ? await this.#keep(readings, as) : readings.map(unsent);
    const spoilt = behaviour === 'rollback' && kept.some(({ refusal }) => refusal !== undefined);
    if (spoilt) for (const { dataHash = '' } of kept) this.#recent.delete(dataHash);
    const items = spoilt ? kept.map(({ dataHash: _, handOvers: __, ...item }) => item) : onceEach(kept);
    const createdAt = new Date().toISOString();
    const job: Job = {
      id: newJobId(),
      caller: as.id,
      createdAt,
      behaviour,
      items,
      ...(items.some(isUnfinished) ? {} : { finishedAt: createdAt }),
    };
    await this.#parts.masterData.keep(spoilt ? [] : masterData, job);
    return {
      job,
      done: job.finishedAt === undefined ? this.#begin(job, urgent ? 1 : 0, as) : Promise.resolve(job),
    };
  }

  /** Takes nothing more up, and gives the time to note the outcomes that are on their way; the rest is for the next run. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#queue.onIdle();
  }

  /** Puts the events into the vault; one that it does not take is refused. */
  async #keep(readings: readonly Reading[], as: Principal): Promise<JobItem[]> {
    const { vault, own } = this.#parts;
    const fresh: { readonly event: number; readonly reading: ReadyEvent; readonly object: NewObject }[] = [];
    const items: JobItem[] = [];
    for (const [event, reading] of readings.entries()) {
      if (event % AT_ONCE === AT_ONCE - 1) await breathe();
      if ('refusal' in reading) {
        items.push(unsent(reading, event));
        continue;
      }
      const { document, parsed, capture } = reading;
      const said = saidOf(capture);
      const present = own.get(keyOf(said));
      if (present) {
        const { dataHash, recordId } = present;
        items.push({ event, ...said, dataHash, recordId, known: true, ...dueOf(present) });
        continue;
      }
      // The same event has the same salt, so that a repeat stores nothing new.
      const bytes = servedBytes(document, vault.salts.salt(as.id, `epcis\n${keyOf(said)}`));
      const facts = { kind: 'bytes', thing: thingOf(parsed.event, said.eventHash), owner: as.id } as const;
      fresh.push({ event, reading, object: { bytes, facts } });
      items.push({ event, ...said });
    }
    const stored = await vault.putAll(fresh.map(({ object }) => object));
    for (const [at, { event, reading, object }] of fresh.entries()) {
      const dataHash = stored[at];
      const item = items[event];
      if (!item || dataHash === undefined) continue;
      if (dataHash instanceof Refusal) items[event] = { ...item, refusal: dataHash.toData() };
      else {
        items[event] = { ...item, dataHash };
        this.#recent.set(dataHash, reading, { size: object.bytes.length });
      }
    }
    return items;
  }

  #begin(job: Job, priority: number, as?: Principal): Promise<Job> {
    const done = this.#queue
      .add(() => this.#run(job, as), { priority })
      .then((ended) => {
        if (ended.finishedAt === undefined) throw new Refusal('TL-OUTCOME-UNKNOWN');
        return ended;
      });
    // Most callers do not wait for it.
    done.catch(() => undefined);
    return done;
  }

  /** Runs a job to its end, or to that of the gateway. Throws nothing: what fails is tried again. */
  async #run(begun: Job, as?: Principal): Promise<Job> {
    const { principalOf, store, log, pauses = PAUSES } = this.#parts;
    let job = begun;
    for (let attempts = 0; !this.#stopping() && job.finishedAt === undefined; attempts += 1) {
      const before = job.items.filter(isUnfinished).length;
      try {
        // What was kept before the last attempt failed counts.
        if (attempts > 0) job = (await store.job(job.caller, job.id)) ?? job;
        const caller = as ?? (await principalOf(job.caller));
        job = caller ? await this.#pass(job, caller) : await this.#note(job, () => GONE, job.caller);
        job = await this.#handOver(job, caller);
      } catch (error) {
        if (!this.#stopping()) log.error({ err: error, job: job.id }, 'a capture job failed; trying again');
      }
      if (job.items.filter(isUnfinished).length < before) attempts = 0;
      if (job.finishedAt === undefined)
        await pause(Math.min(pauses.most, pauses.first * 2 ** attempts), this.#stop.signal);
    }
    return job;
  }

  /** Hands over what the events say, once each of them is decided. */
  async #handOver(job: Job, as: Principal | undefined): Promise<Job> {
    if (job.items.some(isOpen)) return job;
    const keep = async (from: Job, items: readonly JobItem[]): Promise<Job> => {
      const done = !items.some(isUnfinished);
      const now: Job = { ...from, items, ...(done && { finishedAt: new Date().toISOString() }) };
      await this.#parts.store.saveJob(now, []);
      return now;
    };
    if (as) return this.#handOvers.advance(job, as, keep, () => this.#stopping());
    return job.finishedAt === undefined ? keep(job, job.items.map(gone)) : job;
  }

  /** Sends once what has no outcome, in the order of the document; what stands in it twice is one event. */
  async #pass(begun: Job, as: Principal): Promise<Job> {
    let job = begun;
    const open = [...new Map(job.items.filter(isOpen).map((item) => [keyOf(item), item])).values()];
    const whole = job.behaviour === 'rollback';
    const size = whole ? open.length : CHUNK;
    for (let start = 0; start < open.length && !this.#stopping(); start += size) {
      const chunk = open.slice(start, start + size);
      const fates = await this.#send(chunk, as, whole);
      job = await this.#note(job, (item) => fates.get(keyOf(item)), as.id);
    }
    return job;
  }

  /** What became of events, by their keys; nothing of one without an outcome. */
  async #send(items: readonly JobItem[], as: Principal, whole: boolean): Promise<Map<string, Fate>> {
    const inputs = await Promise.all(items.map((item) => this.#inputOf(item)));
    const sent = inputs.filter((input) => !(input instanceof Refusal));
    const spoilt = whole && sent.length < inputs.length;
    const outcomes = spoilt ? [] : await this.#parts.writer.submitAll(captureEvent, sent, as, { whole });
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

  /** The input of an event; a refusal when the vault no longer gives it. */
  async #inputOf({ dataHash = '' }: JobItem): Promise<Input<typeof captureEvent> | Refusal> {
    const { vault, informationServer } = this.#parts;
    try {
      const recent = this.#recent.get(dataHash);
      const document = recent?.document ?? eventIn((await vault.get(dataHash)).bytes);
      return { ...(recent?.capture ?? captureOf(document)), informationServer, dataHash, document };
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  /** Keeps the fates that are known now, and with the last of them the end of the job. */
  async #note(job: Job, fateFor: (item: JobItem) => Fate | undefined, by: string): Promise<Job> {
    const { own } = this.#parts;
    const fated = job.items.map((item) => (isOpen(item) ? decided(item, fateFor(item)) : item));
    const captured = new Map<string, Omit<OwnEvent, 'recordTime'>>();
    for (const [at, item] of fated.entries()) {
      const { eventHash, declaration, dataHash, recordId } = item;
      const before = job.items[at];
      if (!before || !isOpen(before) || recordId === undefined) continue;
      if (eventHash === undefined || dataHash === undefined || own.get(keyOf(item))) continue;
      const said = { eventHash, ...(declaration !== undefined && { declaration }) };
      captured.set(keyOf(item), { ...said, dataHash, recordId, by });
    }
    const readings = await Promise.all(
      [...captured.values()].map((event) =>
        own.read(event, this.#recent.get(event.dataHash)?.parsed).catch(unlessDeleted),
      ),
    );
    const read = new Map(readings.flatMap((event) => (event ? [[keyOf(event), event] as const] : [])));
    const items = onceEach(
      fated.map((item, at) => {
        const captures = item.recordId !== undefined && job.items[at] && isOpen(job.items[at]);
        return captures ? { ...item, ...dueOf(read.get(keyOf(item)) ?? own.get(keyOf(item))) } : item;
      }),
    );
    // Captured or refused, an event is no longer on its way.
    for (const [at, { dataHash = '' }] of job.items.entries())
      if (!items[at] || !isOpen(items[at])) this.#recent.delete(dataHash);
    // One after the other, and seen only once kept: who follows by record time misses none and sees none too early.
    return this.#notes.add(() => this.#keepNotes(job, items, [...captured.values()], readings));
  }

  async #keepNotes(
    job: Job,
    items: readonly JobItem[],
    captured: readonly Omit<OwnEvent, 'recordTime'>[],
    readings: readonly (ReadEvent | undefined)[],
  ): Promise<Job> {
    const { store, own } = this.#parts;
    const recordTime = own.nextRecordTime();
    const now: Job = { ...job, items, ...(items.some(isUnfinished) ? {} : { finishedAt: recordTime }) };
    const fresh = captured.filter((event) => !own.get(keyOf(event)));
    await store.saveJob(
      now,
      fresh.map((event) => ({ ...event, recordTime })),
    );
    own.take(
      readings.filter((reading) => reading !== undefined),
      recordTime,
    );
    return now;
  }

  #stopping(): boolean {
    return this.#stop.signal.aborted;
  }
}

/** An event may be deleted from the vault while it is on its way; it is captured all the same. */
function unlessDeleted(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error;
}

/** Marks an event that hands something over. */
function dueOf(captured: Pick<ReadEvent, 'event'> | undefined): Pick<JobItem, 'handOvers'> {
  return captured && handsOver(captured.event) ? { handOvers: 'due' } : {};
}

/** An event that stands in a document twice hands over once. */
function onceEach(items: readonly JobItem[]): readonly JobItem[] {
  const seen = new Set<string>();
  return items.map((item) => {
    const { handOvers, ...rest } = item;
    if (handOvers === undefined) return item;
    const again = seen.has(keyOf(item));
    seen.add(keyOf(item));
    return again ? rest : item;
  });
}
