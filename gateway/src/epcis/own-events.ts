// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import { Refusal } from '@thingledger/protocol';
import { matches, parseEpcisEvent, type ContextualEvent, type EpcisQuery } from '@thingledger/protocol/epcis';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Vault } from '../vault/index.js';
import { eventIn, type BareEvent } from './documents.js';
import type { EpcisStore, OwnEvent } from './store.js';

/** An event that the member captured, read and ready to be asked. */
export interface IndexedEvent extends OwnEvent, ContextualEvent {
  /** Milliseconds since 1970. */
  readonly times: { readonly eventTime: number; readonly recordTime: number };
}

/** A place in the order of an answer. */
export interface Position {
  readonly time: number;
  readonly eventHash: string;
}

/** Documents read at once at start. */
const READS = 16;
/** What a query may cost: the work between two turns of others, and in all, in milliseconds. */
const TURN_MS = 10;
const QUERY_MS = 5_000;

/**
 * The member's own captured events in memory, made from store and vault at start (requirement T8). Only hashes and
 * identifiers are kept apart from the vault, so that what is deleted there is in no answer.
 */
export class OwnEvents {
  readonly #byHash = new Map<string, IndexedEvent>();
  readonly #byId = new Map<string, string>();
  readonly #ordered: Readonly<Record<EpcisQuery['orderBy'], IndexedEvent[]>> = {
    eventTime: [],
    recordTime: [],
  };

  /** @param queryMs the time that a query has, in milliseconds */
  constructor(
    private readonly vault: Pick<Vault, 'get'>,
    private readonly queryMs = QUERY_MS,
  ) {}

  /** Reads all events of the store. One that the vault no longer gives is left out. */
  async load(store: EpcisStore, log: Pick<Logger, 'warn'>): Promise<void> {
    const missing: Record<string, number> = {};
    const reads = new PQueue({ concurrency: READS });
    const read = async (event: OwnEvent): Promise<void> => {
      await this.add(event).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        missing[error.code] = (missing[error.code] ?? 0) + 1;
      });
    };
    await reads.addAll((await store.events()).map((event) => () => read(event)));
    if (Object.keys(missing).length > 0) log.warn({ missing }, 'captured events are not in the vault');
  }

  get(eventHash: string): IndexedEvent | undefined {
    return this.#byHash.get(eventHash);
  }

  /** The event of an event hash, or of the `eventID` that it was captured with. */
  find(id: string): IndexedEvent | undefined {
    return this.#byHash.get(id) ?? this.#byHash.get(this.#byId.get(id) ?? '');
  }

  /**
   * Takes an event in; it is there already when the same was captured before. Refuses as the vault does.
   *
   * @param known the event itself, where it need not be read from the vault
   */
  async add(own: OwnEvent, known?: BareEvent): Promise<void> {
    const { eventHash, dataHash, recordTime } = own;
    if (this.#byHash.has(eventHash)) return;
    const document = known ?? eventIn((await this.vault.get(dataHash)).bytes);
    const { event, namespaces } = parseEpcisEvent({ ...document, recordTime });
    const times = { eventTime: Date.parse(event.eventTime.trim()), recordTime: Date.parse(recordTime) };
    const indexed: IndexedEvent = { ...own, event, namespaces, times };
    if (this.#byHash.has(eventHash)) return;
    this.#byHash.set(eventHash, indexed);
    if (event.eventID !== undefined) this.#byId.set(event.eventID.trim(), eventHash);
    for (const by of ['eventTime', 'recordTime'] as const)
      this.#ordered[by].splice(placeIn(this.#ordered[by], by, { time: times[by], eventHash }), 0, indexed);
  }

  /**
   * Events that a query is answered with, in its order, after a place, at most `limit`. Others get their turn meanwhile.
   * Refuses with `TL-EPCIS-QUERY-TOO-COMPLEX` what takes longer than five seconds.
   */
  async select(query: EpcisQuery, limit: number, after?: Position): Promise<IndexedEvent[]> {
    const list = [...this.#ordered[query.orderBy]];
    if (query.orderDirection === 'DESC') list.reverse();
    const found: IndexedEvent[] = [];
    await inTurns(list, this.queryMs, (event) => {
      if ((!after || isAfter(event, after, query)) && matches(event, query)) found.push(event);
      return found.length < limit;
    });
    return found;
  }

  /** What all events say of something, each value once, sorted. Refuses as {@link select} does. */
  async distinct(valuesOf: (event: IndexedEvent) => readonly string[]): Promise<string[]> {
    const values = new Set<string>();
    await inTurns([...this.#byHash.values()], this.queryMs, (event) => {
      for (const value of valuesOf(event)) values.add(value);
      return true;
    });
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

  #forget({ eventHash, event, times }: IndexedEvent): void {
    if (!this.#byHash.delete(eventHash)) return;
    if (event.eventID !== undefined) this.#byId.delete(event.eventID.trim());
    for (const by of ['eventTime', 'recordTime'] as const)
      this.#ordered[by].splice(placeIn(this.#ordered[by], by, { time: times[by], eventHash }), 1);
  }
}

/** Visits events until `visit` says no, and lets others have their turn. */
async function inTurns(
  events: readonly IndexedEvent[],
  limitMs: number,
  visit: (event: IndexedEvent) => boolean,
): Promise<void> {
  const began = performance.now();
  let turn = began;
  for (const event of events) {
    if (!visit(event)) return;
    const now = performance.now();
    if (now - began > limitMs) throw new Refusal('TL-EPCIS-QUERY-TOO-COMPLEX', { seconds: limitMs / 1000 });
    if (now - turn < TURN_MS) continue;
    await breathe();
    turn = performance.now();
  }
}

function compare(a: Position, b: Position): number {
  if (a.time !== b.time) return a.time - b.time;
  return a.eventHash === b.eventHash ? 0 : a.eventHash < b.eventHash ? -1 : 1;
}

/** Where an event stands in an ascending list, or would. */
function placeIn(list: readonly IndexedEvent[], by: EpcisQuery['orderBy'], at: Position): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const event = list[middle] as IndexedEvent;
    if (compare({ time: event.times[by], eventHash: event.eventHash }, at) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAfter(event: IndexedEvent, after: Position, { orderBy, orderDirection }: EpcisQuery): boolean {
  const order = compare({ time: event.times[orderBy], eventHash: event.eventHash }, after);
  return orderDirection === 'ASC' ? order > 0 : order < 0;
}
