// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientInput } from '@thingledger/client';
import { normaliseIdentifier } from '@thingledger/protocol';
import type { Consortium } from './consortium.js';
import { freshThing } from './custody.js';
import { until } from './until.js';

/** What a write was answered: the transaction that did it, and a record's id. */
export interface Answer {
  readonly txId: string;
  readonly recordId?: string;
}

/** One write of a load: a thing is registered, or its origin announced. */
export interface Write {
  /** The participant that asked. */
  readonly by: string;
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly thing: string;
  /** Only of an announcement. */
  readonly announcement?: ClientInput<'announceMappingRecord'>;
  /** When it was sent, and when its answer or failure came; milliseconds since 1970. */
  readonly begunAt: number;
  readonly endedAt: number;
  /** Absent when it was not acknowledged; then `error` says what came instead. */
  readonly answer?: Answer;
  readonly error?: unknown;
}

const quantity = { value: '10', unit: 'C62' };
const place = { latitude: 48.137, longitude: 11.575 };
/** Of one worker; ends a load that a failing test forgot. */
const MOST_THINGS = 2000;
const AFTER_FAILURE_MS = 400;

/** Sends a write, or sends it again: the same input with the same key. Never repeats it by itself. */
export async function send(
  consortium: Consortium,
  { by, key, thing, announcement }: Pick<Write, 'by' | 'key' | 'thing' | 'announcement'>,
): Promise<Answer> {
  const client = consortium.newClient(by, { retries: 0 });
  const options = { idempotencyKey: key };
  if (!announcement) {
    const { txId } = await client.registerThing({ thing, kind: 'product', quantity }, options);
    return { txId };
  }
  const { recordId, txId } = await client.announceMappingRecord(announcement, options);
  return { recordId, txId };
}

/**
 * Participants at work through their gateways: each worker registers a thing, stores its data and announces its origin,
 * again and again. Nothing is repeated; what is not acknowledged is noted as such.
 */
export class Load {
  readonly writes: Write[] = [];
  readonly #stop = new AbortController();
  readonly #workers: readonly Promise<void>[];

  private constructor(
    private readonly consortium: Consortium,
    participants: readonly string[],
    workers: number,
  ) {
    // One listener a worker is no leak.
    setMaxListeners(0, this.#stop.signal);
    this.#workers = participants.flatMap((by) => Array.from({ length: workers }, () => this.#work(by)));
  }

  /** @param workers of each participant */
  static start(consortium: Consortium, participants: readonly string[], workers: number): Load {
    return new Load(consortium, participants, workers);
  }

  /** Acknowledged writes of a participant, or of all, that were sent after a moment. */
  acknowledged(by?: string, after = 0): Write[] {
    return this.#filtered(by, after).filter(({ answer }) => answer !== undefined);
  }

  unacknowledged(by?: string, after = 0): Write[] {
    return this.#filtered(by, after).filter(({ answer }) => answer === undefined);
  }

  /** Writes that a moment found under way and that were never acknowledged. */
  cutOff(at: number): Write[] {
    return this.unacknowledged().filter(({ begunAt, endedAt }) => begunAt <= at && endedAt >= at);
  }

  /** Waits until so many writes sent from now on, or from `after` on, are acknowledged. */
  async goesOn(count: number, by?: string, after = Date.now(), patience = 60_000): Promise<void> {
    const whose = by === undefined ? '' : ` of ${by}`;
    await until(
      `${String(count)} acknowledged writes${whose}`,
      () => this.acknowledged(by, after).length >= count,
      patience,
    );
  }

  /** Milliseconds from a moment to the first acknowledgement of a write sent after it; undefined while there is none. */
  recovery(by: string, after: number): number | undefined {
    const ends = this.acknowledged(by, after).map(({ endedAt }) => endedAt - after);
    return ends.length > 0 ? Math.min(...ends) : undefined;
  }

  /** Sends nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#workers);
  }

  #filtered(by: string | undefined, after: number): Write[] {
    return this.writes.filter((write) => (by === undefined || write.by === by) && write.begunAt >= after);
  }

  async #work(by: string): Promise<void> {
    for (let n = 0; n < MOST_THINGS && !this.#stop.signal.aborted; n += 1) {
      const thing = normaliseIdentifier(freshThing());
      const done = (await this.#write({ by, thing })) && (await this.#announce(by, thing));
      if (!done)
        await sleep(AFTER_FAILURE_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #announce(by: string, thing: string): Promise<boolean> {
    const facts = { thing, quantity, to: by, eventTime: new Date(Date.now() - 1000).toISOString(), place };
    // Kept by the member itself, not on the ledger: when it fails there is nothing to announce.
    const stored = await this.consortium
      .as(by)
      .storeTraceabilityData({ document: facts })
      .catch(() => undefined);
    if (!stored) return false;
    const { hash: dataHash, informationServer } = stored;
    return this.#write({ by, thing, announcement: { ...facts, dataHash, informationServer } });
  }

  async #write(what: Pick<Write, 'by' | 'thing' | 'announcement'>): Promise<boolean> {
    const asked = { ...what, key: randomUUID(), begunAt: Date.now() };
    try {
      const answer = await send(this.consortium, asked);
      this.writes.push({ ...asked, endedAt: Date.now(), answer });
      return true;
    } catch (error) {
      this.writes.push({ ...asked, endedAt: Date.now(), error });
      return false;
    }
  }
}
