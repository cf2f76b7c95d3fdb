// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '@thingledger/protocol';
import type { Journal, OpenTransaction, RequestAnswer, WriteOutcome } from '../ledger/index.js';
import { fromBytes, openDatabase, toBytes, type Database } from './database.js';
import { at, partsOf, requestIdOf, scopeOf, under } from './keys.js';

/** An answer that was given, as it left the gateway. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a request is to be done, or was. */
export type Begun =
  | { readonly kind: 'new'; readonly requestId: string }
  | { readonly kind: 'stored'; readonly answer: StoredAnswer };

interface RequestRecord {
  readonly fingerprint: string;
  readonly expires: number;
  readonly answer?: StoredAnswer;
}

interface OutcomeRecord {
  readonly txId?: string;
  readonly block?: string;
  readonly outcomes: readonly (readonly [index: number, outcome: WriteOutcome['outcome']])[];
}

interface Active {
  readonly fingerprint: string;
  /** Nothing of it was on disk when it began. */
  readonly fresh: boolean;
  /** Where the outcomes of its writes were noted since. */
  readonly noted: string[];
}

/** How long an Idempotency-Key is remembered after its request, in hours, when not configured otherwise. */
const DEFAULT_EXPIRY_HOURS = 24;

const HOUR_MS = 3_600_000;

/**
 * What a gateway remembers of requests and transactions: the answers to Idempotency-Keys (draft-ietf-httpapi
 * idempotency-key, semantics 1.7) and the journal of open transactions, in one database.
 *
 * A key is on disk from the moment that a transaction of its request may reach the orderers, together with that
 * transaction. A kill before leaves no trace, and the repeat does it anew; a kill after leaves the key running until
 * the transaction's fate is known, and the repeat then takes up the outcomes and does only what is missing.
 */
export class IdempotencyStore implements Journal {
  readonly #database: Database;
  readonly #expiryMs: number;
  readonly #active = new Map<string, Active>();
  /** How many open transactions each request has. */
  readonly #open = new Map<string, number>();

  private constructor(database: Database, expiryMs: number) {
    this.#database = database;
    this.#expiryMs = expiryMs;
  }

  /** Opens the store in a folder of its own. */
  static async open(dir: string, options: { readonly expiryHours?: number } = {}): Promise<IdempotencyStore> {
    const expiryMs = (options.expiryHours ?? DEFAULT_EXPIRY_HOURS) * HOUR_MS;
    const store = new IdempotencyStore(await openDatabase(dir), expiryMs);
    for await (const { writes } of store.openTransactions()) store.#count(scopesOf(writes), 1);
    return store;
  }

  /**
   * Begins a request. `stored` when it was answered before. Refuses with `TL-IDEMPOTENCY-RUNNING` while it runs or
   * while a transaction of it is of unknown fate, and with `TL-IDEMPOTENCY-MISMATCH` when the key belongs to another
   * request. What is begun must be ended by {@link complete} or {@link release}.
   */
  async begin(caller: string, key: string, fingerprint: string): Promise<Begun> {
    const scope = scopeOf(caller, key);
    const running = this.#active.get(scope);
    if (running)
      throw new Refusal(
        running.fingerprint === fingerprint ? 'TL-IDEMPOTENCY-RUNNING' : 'TL-IDEMPOTENCY-MISMATCH',
      );
    // Held before the first await, so that of two at the same moment only one is new.
    this.#active.set(scope, { fingerprint, fresh: false, noted: [] });
    let begun: Begun | undefined;
    try {
      begun = await this.#look(scope, fingerprint);
      return begun;
    } finally {
      if (begun?.kind !== 'new') this.#active.delete(scope);
    }
  }

  async #look(scope: string, fingerprint: string): Promise<Begun> {
    const record = await this.#request(scope);
    const open = this.#open.has(scope);
    const alive = record !== undefined && (record.expires > Date.now() || open);
    if (alive) {
      if (record.fingerprint !== fingerprint) throw new Refusal('TL-IDEMPOTENCY-MISMATCH');
      if (record.answer) return { kind: 'stored', answer: record.answer };
      if (open) throw new Refusal('TL-IDEMPOTENCY-RUNNING');
    } else if (record) {
      // Expired but not yet swept: its outcomes must not answer the new request.
      await this.#database.clear(under(`outcomes/${scope}.`));
    }
    this.#active.set(scope, { fingerprint, fresh: !alive, noted: [] });
    return { kind: 'new', requestId: requestIdOf(scope, fingerprint) };
  }

  /**
   * Keeps the answer of a request for repeats, refusals too. One that says nothing final (5xx, 429) is not kept: the
   * repeat asks again.
   */
  async complete(requestId: string, answer: StoredAnswer): Promise<void> {
    const { scope, fingerprint } = partsOf(requestId);
    const active = this.#active.get(scope);
    try {
      if (answer.status >= 500 || answer.status === 429) return;
      const expires = Date.now() + this.#expiryMs;
      const record: RequestRecord = { fingerprint, expires, answer };
      const batch = this.#database.batch();
      batch.put(at.request(scope), toBytes(record));
      batch.put(at.expiry(expires, scope), new Uint8Array());
      for (const key of active?.noted ?? []) batch.del(key);
      await batch.write();
    } finally {
      this.#active.delete(scope);
    }
  }

  /** Ends a request without an answer to keep. */
  release(requestId: string): void {
    this.#active.delete(partsOf(requestId).scope);
  }

  async open(transaction: OpenTransaction): Promise<void> {
    const { txId, channel, envelope, result, writes } = transaction;
    const expires = Date.now() + this.#expiryMs;
    const requestIds = requestIdsOf(writes);
    const scopes = requestIds.map((requestId) => partsOf(requestId).scope);
    const batch = this.#database.batch();
    batch.put(at.transaction(txId), toBytes({ channel, writes }));
    batch.put(at.envelope(txId), envelope);
    batch.put(at.result(txId), result);
    for (const requestId of requestIds) {
      const { scope, fingerprint } = partsOf(requestId);
      batch.put(at.request(scope), toBytes({ fingerprint, expires } satisfies RequestRecord));
      batch.put(at.expiry(expires, scope), new Uint8Array());
    }
    this.#count(scopes, 1);
    try {
      await batch.write({ sync: true });
    } catch (error) {
      this.#count(scopes, -1);
      throw error;
    }
  }

  async close({ txId, writes }: OpenTransaction, answers: readonly RequestAnswer[]): Promise<void> {
    const batch = this.#database.batch();
    batch.del(at.transaction(txId)).del(at.envelope(txId)).del(at.result(txId));
    const byRequest = new Map<string, RequestAnswer[]>();
    for (const answer of answers) {
      const own = byRequest.get(answer.requestId);
      if (own) own.push(answer);
      else byRequest.set(answer.requestId, [answer]);
    }
    for (const [requestId, own] of byRequest) {
      const key = at.outcomes(requestId, txId);
      batch.put(key, toBytes(recordOf(own)));
      this.#active.get(partsOf(requestId).scope)?.noted.push(key);
    }
    // Not synced: what the disk loses with its power leaves the transaction open, and its fate is found again.
    await batch.write();
    this.#count(scopesOf(writes), -1);
  }

  async answersTo(requestId: string): Promise<ReadonlyMap<number, WriteOutcome>> {
    const answers = new Map<number, WriteOutcome>();
    const active = this.#active.get(partsOf(requestId).scope);
    if (active?.fresh) return answers;
    for await (const [key, bytes] of this.#database.iterator(under(`outcomes/${requestId}/`))) {
      active?.noted.push(key);
      const { txId, block, outcomes } = fromBytes(bytes) as OutcomeRecord;
      for (const [index, outcome] of outcomes) {
        answers.set(index, {
          outcome,
          ...(txId === undefined ? {} : { txId }),
          ...(block === undefined ? {} : { block: BigInt(block) }),
        });
      }
    }
    return answers;
  }

  async *openTransactions(): AsyncIterable<OpenTransaction> {
    for await (const [key, bytes] of this.#database.iterator(under('transaction/'))) {
      const txId = key.slice('transaction/'.length);
      const [envelope, result] = await this.#database.getMany([at.envelope(txId), at.result(txId)]);
      if (!envelope || !result) continue;
      yield { txId, envelope, result, ...(fromBytes(bytes) as Pick<OpenTransaction, 'channel' | 'writes'>) };
    }
  }

  /** Forgets what has expired by now; gives the number of keys forgotten. */
  async sweep(now = Date.now()): Promise<number> {
    let forgotten = 0;
    const due = { gte: 'expiry/', lt: at.expiry(now + 1, '') };
    for await (const key of this.#database.keys(due)) {
      const scope = key.slice(key.lastIndexOf('/') + 1);
      if (this.#active.has(scope) || this.#open.has(scope)) continue;
      const record = await this.#request(scope);
      if (record && record.expires <= now) {
        await this.#database.clear(under(`outcomes/${scope}.`));
        await this.#database.del(at.request(scope));
        forgotten += 1;
      }
      await this.#database.del(key);
    }
    return forgotten;
  }

  /** Whether answers and transactions could be kept now: writes a value to disk and reads it back. Rejects when not. */
  async probe(): Promise<void> {
    const written = randomUUID();
    await this.#database.put(at.probe, toBytes(written), { sync: true });
    const read = await this.#database.get(at.probe);
    if (!read || fromBytes(read) !== written) throw new Error('the database gives back another value');
    // Files that were removed can still be written, by those who have them open; CURRENT names those of the database.
    await access(join(this.#database.location, 'CURRENT'));
  }

  /** Closes the database. The journal is kept. */
  async shut(): Promise<void> {
    await this.#database.close();
  }

  #count(scopes: readonly string[], by: 1 | -1): void {
    for (const scope of scopes) {
      const count = (this.#open.get(scope) ?? 0) + by;
      if (count > 0) this.#open.set(scope, count);
      else this.#open.delete(scope);
    }
  }

  async #request(scope: string): Promise<RequestRecord | undefined> {
    const bytes = await this.#database.get(at.request(scope));
    return bytes && (fromBytes(bytes) as RequestRecord);
  }
}

function requestIdsOf(writes: OpenTransaction['writes']): string[] {
  return [...new Set(writes.flatMap(({ request }) => request?.requestId ?? []))];
}

function scopesOf(writes: OpenTransaction['writes']): string[] {
  return requestIdsOf(writes).map((requestId) => partsOf(requestId).scope);
}

function recordOf(answers: readonly RequestAnswer[]): OutcomeRecord {
  const { txId, block } = answers[0]?.answer ?? {};
  return {
    ...(txId === undefined ? {} : { txId }),
    ...(block === undefined ? {} : { block: block.toString() }),
    outcomes: answers.map(({ index, answer }) => [index, answer.outcome] as const),
  };
}
