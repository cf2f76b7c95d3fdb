// SPDX-License-Identifier: Apache-2.0
import type { Touches } from '@thingledger/protocol';
import type { Caller, Target } from '../caller.js';
import type { Job } from './job.js';
import { clash, KeyTable } from './keys.js';
import type { WriterLimits } from './limits.js';

/** The keys of one chaincode's state: those in flight, and those kept free for a write that was overtaken too long. */
export class Keyspace {
  readonly held = new KeyTable();
  #waitingFor: Job | undefined;

  /** Keeps the keys of a job free; one job at a time, the first to ask. */
  keepFreeFor(job: Job): void {
    this.#waitingFor ??= job;
  }

  taken(job: Job): void {
    if (this.#waitingFor === job) this.#waitingFor = undefined;
  }

  admits(job: Job): boolean {
    if (this.held.conflicts(job.touches)) return false;
    return (
      this.#waitingFor === undefined ||
      this.#waitingFor === job ||
      !clash(this.#waitingFor.touches, job.touches)
    );
  }
}

/** The waiting writes of one caller on one chaincode of a channel, and the pace at which they go out. */
export class Lane {
  queue: Job[] = [];
  inFlight = 0;
  /** Requests that wait and that are in flight; the writes of a bulk request count as one. */
  waitingRequests = 0;
  flyingRequests = 0;
  /** How many requests the caller was last seen to keep going at a time. */
  #population = 1;
  /** When the last transaction was settled, and when a write came or one was settled last. */
  #settledAt = -Infinity;
  #stirredAt = -Infinity;
  readonly #limits: WriterLimits;

  constructor(
    readonly target: Target,
    readonly keyspace: Keyspace,
    /** The caller with its latest certificate. */
    public caller: Caller,
    limits: WriterLimits,
  ) {
    this.#limits = limits;
  }

  add(job: Job): void {
    this.queue.push(job);
    this.waitingRequests += job.leads ? 1 : 0;
    this.#population = Math.max(this.#population, this.waitingRequests + this.flyingRequests);
    this.#stirredAt = job.since;
  }

  /**
   * Milliseconds until the next transaction may start; 0 is now, undefined is not before something else happens. With
   * nothing in flight it starts at once, unless more requests were seen going a moment ago: their answers have just
   * gone out, and going without them would make them wait for a whole transaction.
   */
  startsIn(now: number): number | undefined {
    if (this.queue.length === 0 || this.inFlight >= this.#limits.depth) return undefined;
    if (this.inFlight > 0) return this.queue.length >= this.#limits.pipelineAt ? 0 : undefined;
    // What is left of a bulk request waits for nobody.
    if (this.waitingRequests === 0 || this.waitingRequests >= this.#population) return 0;
    const until = Math.min(this.#settledAt + this.#limits.gatherMs, this.#stirredAt + this.#limits.quietMs);
    if (now < until) return until - now;
    this.#population = Math.max(1, this.waitingRequests);
    return 0;
  }

  /** Takes the next batch: in order, except that writes whose keys are in use stay behind with all that touch the same. */
  take(now: number): Job[] {
    const { batchOperations, batchItems, batchBytes, overtakenMs } = this.#limits;
    const taken: Job[] = [];
    const left: Job[] = [];
    const passed = new KeyTable();
    let [calls, items, bytes] = [0, 0, 0];
    let at = 0;
    // Looking at a few batches' worth is enough to fill one, and keeps a long queue of blocked writes cheap.
    for (; at < this.queue.length && at < 4 * batchItems; at += 1) {
      const job = this.queue[at] as Job;
      if (passed.conflicts(job.touches) || !this.keyspace.admits(job)) {
        passed.hold([job.touches]);
        left.push(job);
        if (now - job.since > overtakenMs) this.keyspace.keepFreeFor(job);
        continue;
      }
      if (
        taken.length > 0 &&
        (calls + job.calls > batchOperations ||
          items + job.items > batchItems ||
          bytes + job.bytes > batchBytes)
      )
        break;
      taken.push(job);
      this.keyspace.taken(job);
      calls += job.calls;
      items += job.items;
      bytes += job.bytes;
    }
    if (taken.length > 0) this.queue = [...left, ...this.queue.slice(at)];
    return taken;
  }

  /** Notes that jobs went out; the returned function notes that they were settled. */
  launched(jobs: readonly Job[]): () => void {
    const requests = jobs.filter((job) => job.leads).length;
    const release = this.keyspace.held.hold(jobs.map((job): Touches => job.touches));
    this.inFlight += 1;
    this.waitingRequests -= requests;
    this.flyingRequests += requests;
    return () => {
      release();
      this.inFlight -= 1;
      this.flyingRequests -= requests;
      this.#settledAt = this.#stirredAt = performance.now();
    };
  }

  get idle(): boolean {
    return this.inFlight === 0 && this.queue.length === 0;
  }
}
