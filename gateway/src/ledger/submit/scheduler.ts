// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { Caller, Target } from '../caller.js';
import type { Job } from './job.js';
import { Keyspace, Lane } from './lane.js';
import type { WriterLimits } from './limits.js';

/** Lanes with nothing to do are dropped beyond this many. */
const KEPT_LANES = 1_000;

/** Carries a batch and settles every job of it; never throws. */
export type Carry = (target: Target, caller: Caller, jobs: readonly Job[]) => Promise<void>;

/**
 * Decides which writes go out together and when: one lane a caller and chaincode, served in turn, least recently
 * served first; never two transactions in flight that share a written key.
 */
export class Scheduler {
  readonly #limits: WriterLimits;
  readonly #carry: Carry;
  /** In the order in which they are to be served. */
  readonly #lanes = new Map<string, Lane>();
  readonly #keyspaces = new Map<string, Keyspace>();
  #inFlight = 0;
  #waiting = 0;
  #waitingBytes = 0;
  #pumping = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  constructor(limits: WriterLimits, carry: Carry) {
    this.#limits = limits;
    this.#carry = carry;
  }

  /** Writes that wait, their bytes, transactions in flight, lanes known. */
  get load(): { waiting: number; waitingBytes: number; inFlight: number; lanes: number } {
    return {
      waiting: this.#waiting,
      waitingBytes: this.#waitingBytes,
      inFlight: this.#inFlight,
      lanes: this.#lanes.size,
    };
  }

  /** Takes all the jobs of a request, or none: `TL-OVERLOADED` when more would wait than the limits allow. */
  enqueue(target: Target, caller: Caller, jobs: readonly Job[]): void {
    const lane = this.#laneOf(target, caller);
    const bytes = jobs.reduce((sum, job) => sum + job.bytes, 0);
    const { waiting, waitingPerCaller, waitingBytes } = this.#limits;
    if (
      this.#waiting + jobs.length > waiting ||
      lane.queue.length + jobs.length > waitingPerCaller ||
      this.#waitingBytes + bytes > waitingBytes
    ) {
      throw new Refusal('TL-OVERLOADED', {
        waiting: this.#waiting,
        limit: Math.min(waiting, waitingPerCaller),
      });
    }
    this.#waiting += jobs.length;
    this.#waitingBytes += bytes;
    for (const job of jobs) lane.add(job);
    this.#pumpSoon();
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async idle(): Promise<void> {
    if (this.#waiting === 0 && this.#inFlight === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #laneOf(target: Target, caller: Caller): Lane {
    const space = `${target.channel}|${target.chaincode}`;
    const name = `${space}|${caller.id}`;
    let lane = this.#lanes.get(name);
    if (!lane) {
      const keyspace = this.#keyspaces.get(space) ?? new Keyspace();
      this.#keyspaces.set(space, keyspace);
      lane = new Lane(target, keyspace, caller, this.#limits);
      this.#lanes.set(name, lane);
    }
    lane.caller = caller;
    return lane;
  }

  /** After the requests that arrived in this turn of the event loop are all in. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    clearTimeout(this.#timer);
    let soonest: number | undefined;
    for (let progress = true; progress;) {
      progress = false;
      soonest = undefined;
      for (const [name, lane] of [...this.#lanes]) {
        if (this.#inFlight >= this.#limits.transactions) return;
        const now = performance.now();
        const wait = lane.startsIn(now);
        if (wait === undefined) continue;
        if (wait > 0) {
          soonest = Math.min(soonest ?? wait, wait);
          continue;
        }
        const jobs = lane.take(now);
        if (jobs.length === 0) continue;
        progress = true;
        this.#launch(name, lane, jobs);
      }
    }
    if (soonest !== undefined) this.#timer = setTimeout(() => this.#pumpSoon(), Math.ceil(soonest));
  }

  #launch(name: string, lane: Lane, jobs: readonly Job[]): void {
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
    const landed = lane.launched(jobs);
    this.#inFlight += 1;
    this.#waiting -= jobs.length;
    this.#waitingBytes -= jobs.reduce((sum, job) => sum + job.bytes, 0);
    void this.#carry(lane.target, lane.caller, jobs).finally(() => {
      landed();
      this.#inFlight -= 1;
      if (lane.idle && this.#lanes.size > KEPT_LANES) this.#lanes.delete(name);
      if (this.#waiting === 0 && this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
      this.#pumpSoon();
    });
  }
}
