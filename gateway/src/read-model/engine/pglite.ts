// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Database } from './database.js';
import { lockFolder } from './lock.js';
import type { ThreadAnswer, ThreadRequest } from './pglite-messages.js';

type Result = Extract<ThreadAnswer, { ok: true }>['result'];
type Statement = Pick<ThreadRequest, 'sql' | 'parameters' | 'close'>;

/** By the package's own name: tests run the sources, a thread runs what was built of them. */
const THREAD = createRequire(import.meta.url).resolve('@thingledger/gateway/pglite-thread');

/**
 * PostgreSQL inside this process, its state in a folder (PGlite): one connection, which its users have in turn. It opens
 * with the first query, in a thread of its own. A folder that does not open is emptied: it holds nothing that can not be
 * made again.
 *
 * @throws FolderInUseError when another process has the folder open
 */
export async function openPglite(dir: string): Promise<Database> {
  const unlock = await lockFolder(`${dir}.lock`);
  const pool = new OneConnection(dir);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  let closed: Promise<void> | undefined;
  return {
    name: 'PGlite in the data folder',
    db,
    cutOff: () => {
      pool.cutOff();
    },
    close: () => (closed ??= db.destroy().then(unlock, unlock)),
  };
}

/** What Kysely takes for a pool: its one connection goes from hand to hand. */
class OneConnection {
  #thread: PgliteThread | undefined;
  #last: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(private readonly dir: string) {}

  async connect(): Promise<PostgresPoolClient> {
    const before = this.#last;
    let release: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      if (this.#ended) throw new Error('the database is closed');
      const thread = await this.#open();
      const query = async (sql: string, parameters: readonly unknown[]): Promise<Result> =>
        thread.ask({ sql, parameters });
      return { query, release } as unknown as PostgresPoolClient;
    } catch (error) {
      release();
      throw error;
    }
  }

  cutOff(): void {
    this.#thread?.kill();
    this.#thread = undefined;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#last;
    await this.#thread?.close();
    this.#thread = undefined;
  }

  async #open(): Promise<PgliteThread> {
    if (this.#thread?.alive === true) return this.#thread;
    const thread = (this.#thread = new PgliteThread(this.dir));
    try {
      await thread.opened;
      return thread;
    } catch {
      // Torn by a power cut, or of another version: all that it held can be made again from blocks.
      await thread.close();
      await rm(this.dir, { recursive: true, force: true });
      this.#thread = new PgliteThread(this.dir);
      await this.#thread.opened;
      return this.#thread;
    }
  }
}

interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the thread. Whoever holds a connection of an earlier one gets errors, never another's transaction. */
class PgliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #over: Error | undefined;
  readonly opened: Promise<unknown>;

  constructor(dir: string) {
    this.#worker = new Worker(THREAD, { workerData: { dir } });
    this.opened = this.#await(0);
    this.#worker.on('message', (answer: ThreadAnswer) => {
      this.#settle(answer);
    });
    this.#worker.on('error', (error: Error) => {
      this.#fail(error);
    });
    this.#worker.on('exit', () => {
      this.#fail(new Error('the database ended'));
    });
  }

  get alive(): boolean {
    return this.#over === undefined;
  }

  ask({ sql, parameters, close = false }: Statement): Promise<Result> {
    if (this.#over) return Promise.reject(this.#over);
    const id = (this.#next += 1);
    const answer = this.#await(id);
    this.#worker.postMessage({ id, sql, parameters, close } satisfies ThreadRequest);
    return answer;
  }

  async close(): Promise<void> {
    if (!this.#over) await this.ask({ sql: '', parameters: [], close: true }).catch(() => undefined);
    await this.#worker.terminate();
  }

  kill(): void {
    this.#fail(new Error('the statement was cut off'));
    void this.#worker.terminate();
  }

  #await(id: number): Promise<Result> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.result);
    else waiting?.reject(Object.assign(new Error(answer.message), { code: answer.code }));
  }

  #fail(error: Error): void {
    this.#over ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }
}
