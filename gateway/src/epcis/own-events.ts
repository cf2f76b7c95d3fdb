// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import { Refusal } from '@thingledger/protocol';
import {
  matcherOf,
  parseEpcisEvent,
  type ContextualEvent,
  type EpcisQuery,
  type MasterData,
  type Steps,
} from '@thingledger/protocol/epcis';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Vault } from '../vault/index.js';
import { eventIn, type BareEvent } from './documents.js';
import type { Position } from './position.js';
import { keyOf, type EpcisStore, type OwnEvent } from './store.js';

/** An event that the member captured, read and ready to be asked. */
export interface IndexedEvent extends OwnEvent, ContextualEvent {
  /** Milliseconds since 1970. */
  readonly times: { readonly eventTime: number; readonly recordTime: number };
}

/** An event read from the vault, to be taken in when it is recorded. */
export type ReadEvent = Omit<OwnEvent, 'recordTime'> & ContextualEvent;

/** What a look at newly recorded events came to. */
export interface Recorded {
  readonly events: readonly IndexedEvent[];
  /** All up to here was looked at. */
  readonly upTo: Position;
  /** Whether nothing recorded is left beyond it. */
  readonly done: boolean;
}

/** Documents read at once at start. */
const READS = 16;
/** What a query may cost: the work between two turns of others, and in all, in milliseconds. */
const TURN_MS = 10;
const QUERY_MS = 5_000;
/** Events looked at for one {@link Recorded}. */
const LOOKED_AT = 5_000;

/**
 * The member's own captured events in memory, made from store and vault at start (requirement T8). Only hashes and
 * identifiers are kept apart from the vault, so that what is deleted there is in no answer.
 */
export class OwnEvents {
  readonly #byKey = new Map<string, IndexedEvent>();
  /** Of those with one hash, the event and its declarations of error, the one recorded last. */
  readonly #newest = new Map<string, IndexedEvent>();
  readonly #byId = new Map<string, string>();
  /** Keys of events that the ledger has and the vault gives no more. */
  readonly #deleted = new Set<string>();
  readonly #ordered: Readonly<Record<EpcisQuery['orderBy'], IndexedEvent[]>> = {
    eventTime: [],
    recordTime: [],
  };
  readonly #listeners = new Set<() => void>();
  #lastRecorded = 0;

  /** @param queryMs the time that a query has, in milliseconds */
  constructor(
    private readonly vault: Pick<Vault, 'get'>,
    private readonly masterData: MasterData,
    private readonly queryMs = QUERY_MS,
  ) {}

  /** Reads all events of the store. One that the vault no longer gives is left out. */
  async load(store: EpcisStore, log: Pick<Logger, 'warn'>): Promise<void> {
    const missing: Record<string, number> = {};
    const reads = new PQueue({ concurrency: READS });
    const found: [ReadEvent, string][] = [];
    const read = async (event: OwnEvent): Promise<void> => {
      const { recordTime, ...own } = event;
      try {
        found.push([await this.read(own), recordTime]);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        missing[error.code] = (missing[error.code] ?? 0) + 1;
        this.#deleted.add(keyOf(event));
      }
    };
    await reads.addAll((await store.events()).map((event) => () => read(event)));
    // In the order in which they came: of those with one id the last is found by it.
    found.sort(([, a], [, b]) => (a < b ? -1 : a === b ? 0 : 1));
    this.#insert(found);
    if (Object.keys(missing).length > 0) log.warn({ missing }, 'captured events are not in the vault');
  }

  /** The event of a key. */
  get(key: string): IndexedEvent | undefined {
    return this.#byKey.get(key);
  }

  /** Whether the member captured an event of this key, be it deleted since. */
  wasTaken(key: string): boolean {
    return this.#byKey.has(key) || this.#deleted.has(key);
  }

  /** The event of an event hash, or of the `eventID` that it was captured with; declared to be in error, if it was. */
  find(id: string): IndexedEvent | undefined {
    return this.#newest.get(id) ?? this.#newest.get(this.#byId.get(id) ?? '');
  }

  /**
   * Reads an event from the vault. Refuses as the vault does.
   *
   * @param known the event itself, where it need not be read from there
   */
  async read(own: Omit<OwnEvent, 'recordTime'>, known?: ContextualEvent): Promise<ReadEvent> {
    const event = known ?? parseEpcisEvent(eventIn((await this.vault.get(own.dataHash)).bytes));
    return { ...own, ...event };
  }

  /**
   * A record time later than all before, so that the order of record times is the order in which events are taken in:
   * who has seen all up to one misses none. ISO 8601 in UTC.
   */
  nextRecordTime(): string {
    this.#lastRecorded = Math.max(Date.now(), this.#lastRecorded + 1);
    return new Date(this.#lastRecorded).toISOString();
  }

  /** The place behind everything that is recorded now. */
  get end(): Position {
    return { time: this.#lastRecorded + 1, key: '' };
  }

  /** Takes in events that are kept, with the record time that they were kept with, and tells the listeners. */
  take(events: readonly ReadEvent[], recordTime: string): void {
    this.#insert(events.map((event) => [event, recordTime]));
    if (events.length > 0) for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` whenever events were recorded, until the returned function is called. */
  onRecorded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #insert(reads: readonly (readonly [event: ReadEvent, recordTime: string])[]): void {
    const added = reads.flatMap(([read, recordTime]) => this.#index(read, recordTime) ?? []);
    for (const by of ['eventTime', 'recordTime'] as const) mergeInto(this.#ordered[by], added, by);
  }

  /** The event, to be found by its key and ids from now on; undefined when it was there. */
  #index(read: ReadEvent, recordTime: string): IndexedEvent | undefined {
    const { eventHash, event } = read;
    const key = keyOf(read);
    if (this.#byKey.has(key)) return undefined;
    const times = { eventTime: Date.parse(event.eventTime.trim()), recordTime: Date.parse(recordTime) };
    // What its context declares is in the namespaces; what was recorded before, elsewhere, does not count.
    const { '@context': _, recordTime: __, ...said } = event;
    // In this order: what is added to a copy makes it twice as large, and there are many of these.
    const indexed: IndexedEvent = { times, recordTime, ...read, event: { recordTime, ...said } };
    this.#lastRecorded = Math.max(this.#lastRecorded, times.recordTime);
    this.#byKey.set(key, indexed);
    const newest = this.#newest.get(eventHash);
    if (!newest || newest.times.recordTime <= times.recordTime) this.#newest.set(eventHash, indexed);
    if (event.eventID !== undefined) this.#byId.set(event.eventID.trim(), eventHash);
    return indexed;
  }

  /** Events after a place in the order in which they were recorded that match, at most `limit`; it ends within a few turns. */
  async recorded(query: EpcisQuery, after: Position, limit: number, until?: Position): Promise<Recorded> {
    const ordered = this.#ordered.recordTime;
    const start = placeBehind(ordered, 'recordTime', after);
    const behind = until ? placeBehind(ordered, 'recordTime', until) : ordered.length;
    const list = ordered.slice(start, Math.min(behind, start + LOOKED_AT));
    const isAsked = matcherOf(query, this.masterData);
    const events: IndexedEvent[] = [];
    let upTo = after;
    let looked = 0;
    const look = function* (): Steps<void> {
      for (const event of list) {
        looked += 1;
        if (yield* isAsked(event)) events.push(event);
        upTo = placeOf(event, 'recordTime');
        if (events.length >= limit) return;
        yield;
      }
    };
    await inTurns(look(), Infinity);
    return { events, upTo, done: start + looked >= behind };
  }

  /**
   * Events that a query is answered with, in its order, after a place, at most `limit`. Others get their turn meanwhile.
   * Refuses with `TL-EPCIS-QUERY-TOO-COMPLEX` what takes longer than five seconds.
   */
  async select(query: EpcisQuery, limit: number, after?: Position): Promise<IndexedEvent[]> {
    const list = [...this.#ordered[query.orderBy]];
    if (query.orderDirection === 'DESC') list.reverse();
    const isAsked = matcherOf(query, this.masterData);
    const found: IndexedEvent[] = [];
    const look = function* (): Steps<void> {
      for (const event of list) {
        if ((!after || isAfter(event, after, query)) && (yield* isAsked(event))) found.push(event);
        if (found.length >= limit) return;
        yield;
      }
    };
    await inTurns(look(), this.queryMs);
    return found;
  }

  /** What all events say of something, each value once, sorted. Refuses as {@link select} does. */
  async distinct(valuesOf: (event: IndexedEvent) => readonly string[]): Promise<string[]> {
    const values = new Set<string>();
    const list = [...this.#byKey.values()];
    const look = function* (): Steps<void> {
      for (const event of list) {
        for (const value of valuesOf(event)) values.add(value);
        yield;
      }
    };
    await inTurns(look(), this.queryMs);
    return [...values].sort();
  }

  /**
   * An event as it is answered: as it was captured, with the time at which it was recorded, and its event hash for
   * `eventID` where it had none. Undefined, and forgotten, when it was deleted. Refuses with `TL-DATA-ALTERED`.
   */
  async answer(indexed: IndexedEvent): Promise<BareEvent | undefined> {
    try {
      const document = eventIn((await this.vault.get(indexed.dataHash)).bytes);
      const { eventHash, recordTime } = indexed;
      return { ...document, recordTime, eventID: document['eventID'] ?? eventHash };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'TL-DATA-ALTERED') throw error;
      this.#forget(indexed);
      return undefined;
    }
  }

  #forget(gone: IndexedEvent): void {
    const { eventHash, event, times } = gone;
    const key = keyOf(gone);
    if (!this.#byKey.delete(key)) return;
    this.#deleted.add(key);
    for (const by of ['eventTime', 'recordTime'] as const)
      this.#ordered[by].splice(placeIn(this.#ordered[by], by, { time: times[by], key }), 1);
    if (this.#newest.get(eventHash) !== gone) return;
    const rest = this.#ordered.recordTime.findLast((each) => each.eventHash === eventHash);
    if (rest) this.#newest.set(eventHash, rest);
    else this.#newest.delete(eventHash);
    if (!rest && event.eventID !== undefined) this.#byId.delete(event.eventID.trim());
  }
}

/** Does work to its end, and lets others have their turn between its steps. */
async function inTurns(steps: Steps<void>, limitMs: number): Promise<void> {
  const began = performance.now();
  let turn = began;
  while (steps.next().done !== true) {
    const now = performance.now();
    if (now - began > limitMs) throw new Refusal('TL-EPCIS-QUERY-TOO-COMPLEX', { seconds: limitMs / 1000 });
    if (now - turn < TURN_MS) continue;
    await breathe();
    turn = performance.now();
  }
}

function placeOf(event: IndexedEvent, by: EpcisQuery['orderBy']): Position {
  return { time: event.times[by], key: keyOf(event) };
}

function compare(a: Position, b: Position): number {
  if (a.time !== b.time) return a.time - b.time;
  return a.key === b.key ? 0 : a.key < b.key ? -1 : 1;
}

/** Adds events to an ascending list, for the price of those that stand behind the first of them. */
function mergeInto(list: IndexedEvent[], added: readonly IndexedEvent[], by: EpcisQuery['orderBy']): void {
  const rest = added.toSorted((a, b) => compare(placeOf(a, by), placeOf(b, by)));
  const [first] = rest;
  if (!first) return;
  const moved = list.splice(placeIn(list, by, placeOf(first, by)));
  let at = 0;
  for (const event of rest) {
    const place = placeOf(event, by);
    for (; at < moved.length; at += 1) {
      const behind = moved[at] as IndexedEvent;
      if (compare(placeOf(behind, by), place) > 0) break;
      list.push(behind);
    }
    list.push(event);
  }
  for (const behind of moved.slice(at)) list.push(behind);
}

/** Where an event stands in an ascending list, or would. */
function placeIn(list: readonly IndexedEvent[], by: EpcisQuery['orderBy'], at: Position): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const event = list[middle] as IndexedEvent;
    if (compare(placeOf(event, by), at) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where an ascending list goes on after an event, which may be in it or not. */
function placeBehind(list: readonly IndexedEvent[], by: EpcisQuery['orderBy'], at: Position): number {
  const place = placeIn(list, by, at);
  const there = list[place];
  return there && compare(placeOf(there, by), at) === 0 ? place + 1 : place;
}

function isAfter(event: IndexedEvent, after: Position, { orderBy, orderDirection }: EpcisQuery): boolean {
  const order = compare(placeOf(event, orderBy), after);
  return orderDirection === 'ASC' ? order > 0 : order < 0;
}
