// SPDX-License-Identifier: Apache-2.0
import { Refusal, type operations, type Output } from '@thingledger/protocol';
import { sql, type Transaction } from 'kysely';
import type { QueryLimits } from '../../config/config.js';
import { sqlStateOf, type Database } from '../engine/database.js';
import { readCheckpoint, type SchemaNames } from '../schema.js';
import { loadParser, requireQuery } from './statement.js';

/** Queries that run or wait; more are shed. */
const MOST_AT_ONCE = 16;
/** How much longer than its own time-out a server has before its work is cut off. */
const GRACE_MS = 250;

type Answer = Output<typeof operations.querySql>;

/** Asks the read model in SQL, as its reader, in a transaction that can not write. */
export class SqlQueries {
  #running = 0;

  constructor(
    private readonly database: Database,
    private readonly names: SchemaNames,
    private readonly limits: QueryLimits,
  ) {}

  /**
   * The answer to one query. Refuses with `TL-SQL-MALFORMED`, `TL-SQL-NOT-A-QUERY`, `TL-SQL-FORBIDDEN` before the
   * database sees it, then with `TL-SQL-FAILED`, `TL-SQL-TIMEOUT`, `TL-SQL-TOO-LARGE`; with `TL-OVERLOADED` and
   * `TL-READ-MODEL-UNAVAILABLE` when it may succeed later.
   */
  async ask(text: string, rows: number): Promise<Answer> {
    await loadParser();
    const query = requireQuery(text);
    if (this.#running >= MOST_AT_ONCE) throw new Refusal('TL-OVERLOADED', { limit: MOST_AT_ONCE });
    this.#running += 1;
    try {
      return await this.#run(query, Math.min(rows, this.limits.rows));
    } finally {
      this.#running -= 1;
    }
  }

  async #run(query: string, rows: number): Promise<Answer> {
    const { database, names, limits } = this;
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await database.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (trx) => {
          const checkpoint = await readCheckpoint(trx, names);
          await enter(trx, names, limits.seconds * 1000);
          timer = setTimeout(
            () => {
              late = true;
              database.cutOff?.();
            },
            limits.seconds * 1000 + GRACE_MS,
          );
          const found = await sql<Line>`${sql.raw(lines(query, rows + 1, limits.bytes))}`.execute(trx);
          clearTimeout(timer);
          return { ...answerOf(found.rows, rows, limits.bytes), block: Number(checkpoint?.block ?? -1) };
        });
    } catch (error) {
      const refusal = this.#refusalOf(error, late);
      throw refusal;
    } finally {
      clearTimeout(timer);
    }
  }

  #refusalOf(error: unknown, late: boolean): unknown {
    if (error instanceof Refusal) return error;
    const state = sqlStateOf(error);
    if (late || state === '57014') return new Refusal('TL-SQL-TIMEOUT', { limit: this.limits.seconds });
    if (state === '42501') return new Refusal('TL-SQL-FORBIDDEN', {}, messageOf(error));
    // Out of memory: a database in this process gives what it took back only when it begins anew.
    if (state?.startsWith('53')) this.database.cutOff?.();
    const theirs = ['0A', '21', '22', '42', '53', '54'].includes(state?.slice(0, 2) ?? '');
    if (theirs) return new Refusal('TL-SQL-FAILED', { sqlState: state ?? '' }, messageOf(error));
    return new Refusal('TL-READ-MODEL-UNAVAILABLE');
  }
}

/** From here on the transaction has the reader's rights, sees the published views by their bare names, and is timed. */
async function enter(
  trx: Transaction<unknown>,
  { views, reader }: SchemaNames,
  millis: number,
): Promise<void> {
  await sql`set local search_path to ${sql.id(views)}`.execute(trx);
  await sql`set local statement_timeout to ${sql.lit(millis)}`.execute(trx);
  await sql`set local max_parallel_workers_per_gather to 0`.execute(trx);
  await sql`set local role ${sql.id(reader)}`.execute(trx);
}

interface Line {
  /** A row as JSON; null from where the answer is too large on. */
  readonly line: string | null;
  /** Number of columns, in the first row. */
  readonly width: number | null;
}

/** Rows come as JSON made by the database, so that every kind of it writes them alike, and are counted there. */
function lines(query: string, rows: number, bytes: number): string {
  return `
    select case when total <= ${String(bytes)} then line end as line,
      case when place = 1 then (select count(*) from json_object_keys(line::json)) end as width
    from (
      select line, row_number() over () as place,
        sum(octet_length(line)) over (rows between unbounded preceding and current row) as total
      from (select row_to_json(answer.*)::text as line from (\n${query}\n) as answer limit ${String(rows)}) as lines
    ) as counted`;
}

function answerOf(found: readonly Line[], most: number, bytes: number): Omit<Answer, 'block'> {
  const rows = found.slice(0, most).map(({ line }) => {
    if (line === null) throw new Refusal('TL-SQL-TOO-LARGE', { limit: bytes });
    return JSON.parse(line) as Record<string, unknown>;
  });
  const columns = Object.keys(rows[0] ?? {});
  const width = found[0]?.width ?? 0;
  if (rows.length > 0 && width !== columns.length) {
    throw new Refusal(
      'TL-SQL-FAILED',
      { sqlState: '42702' },
      'Two columns have the same name: give each its own',
    );
  }
  return { columns, rows, truncated: found.length > most };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : 'The database gave no reason';
}
