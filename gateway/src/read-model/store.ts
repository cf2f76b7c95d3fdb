// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { CommittedBlock } from '../ledger/port.js';
import { changesOf, JOINT, keysWritten, type Changes, type EntriesByKey, type Entry } from './rows.js';
import type { Checkpoint, SchemaNames } from './schema.js';

/** Somebody else moved the checkpoint: another gateway projects into the same tables. */
export class CheckpointMovedError extends Error {
  override readonly name = 'CheckpointMovedError';
}

/** Columns of the tables that rows are added to, as `jsonb_to_recordset` wants them. */
const COLUMNS = {
  blocks: 'block bigint, hash text, previous_hash text, transactions integer',
  transactions:
    'block bigint, tx integer, tx_id text, code text, member text, creator text, at timestamptz, operations jsonb',
  events: 'block bigint, tx integer, place integer, tx_id text, name text, type text, event jsonb',
  writes: 'block bigint, tx integer, place integer, tx_id text, namespace text, key text, value_hash text',
  state: 'namespace text, key text, block bigint, tx integer, tx_id text, value_hash text',
  entries:
    'entry_table text, id text, key text, block bigint, tx integer, tx_id text, value_hash text, value jsonb',
  history:
    'entry_table text, id text, key text, block bigint, tx integer, tx_id text, value_hash text, value jsonb',
} as const;

type TableName = keyof typeof COLUMNS;

/** Most rows of one statement: PostgreSQL bounds the size of a JSON value. */
const MOST_ROWS = 2000;

/**
 * Puts the blocks after the checkpoint into the tables and moves it, in one SQL transaction: whatever ends the process,
 * all of it is there or nothing. Gives how many values were unreadable.
 *
 * @throws CheckpointMovedError when the tables do not stand where the caller thinks
 */
export async function store(
  db: Kysely<unknown>,
  { rows, chaincode }: Pick<SchemaNames, 'rows'> & { readonly chaincode: string },
  after: Checkpoint | undefined,
  blocks: readonly CommittedBlock[],
): Promise<Checkpoint & { readonly unreadable: number }> {
  const last = blocks.at(-1);
  if (!last) throw new RangeError('no blocks to store');
  const reached = { block: last.number, hash: Buffer.from(last.hash).toString('hex') };
  return db.transaction().execute(async (trx) => {
    await sql`set local search_path to ${sql.id(rows)}`.execute(trx);
    const moved = await sql`
      update checkpoint set block = ${Number(reached.block)}, hash = ${reached.hash}
      where block is not distinct from ${after === undefined ? null : Number(after.block)}::bigint`.execute(
      trx,
    );
    if (moved.numAffectedRows !== 1n) throw new CheckpointMovedError('the checkpoint was moved by another');
    const present = await presentEntries(trx, keysWritten(blocks, chaincode));
    const changes = changesOf(blocks, present, chaincode);
    await write(trx, changes);
    return { ...reached, unreadable: changes.unreadable };
  });
}

async function presentEntries(trx: Transaction<unknown>, keys: readonly string[]): Promise<EntriesByKey> {
  const present = new Map<string, Entry[]>();
  if (keys.length === 0) return present;
  const found = await sql<{ entry_table: string; id: string; key: string; value: unknown }>`
    select entry_table, id, key, value from entries
    where key in (select jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb))`.execute(trx);
  for (const { key, entry_table, id, value } of found.rows) {
    const entries = present.get(key) ?? [];
    entries.push({ entry_table, id, value: canonicalJson(value) });
    present.set(key, entries);
  }
  return present;
}

async function write(trx: Transaction<unknown>, changes: Changes): Promise<void> {
  for (const name of ['blocks', 'transactions', 'events', 'writes'] as const) {
    await insert(trx, name, changes[name]);
  }
  await insert(trx, 'history', changes.history.map(parsed));
  await remove(trx, 'state', ['namespace', 'key'], changes.state);
  await insert(trx, 'state', [...changes.state.values()], 'namespace, key');
  await remove(trx, 'entries', ['entry_table', 'id'], changes.entries);
  await insert(trx, 'entries', [...changes.entries.values()].map(parsed), 'entry_table, id');
}

/** Values travel inside the JSON of the whole list. */
function parsed(row: object | null): object | null {
  const value = (row as { value?: string } | null)?.value;
  return value === undefined ? row : { ...row, value: JSON.parse(value) as unknown };
}

async function insert(
  trx: Transaction<unknown>,
  table: TableName,
  rows: readonly (object | null)[],
  key?: string,
): Promise<void> {
  const columns = COLUMNS[table];
  const names = columns.split(', ').map((column) => column.slice(0, column.indexOf(' ')));
  const replace =
    key === undefined
      ? ''
      : ` on conflict (${key}) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`;
  const there = rows.filter((row) => row !== null);
  for (let first = 0; first < there.length; first += MOST_ROWS) {
    const json = JSON.stringify(there.slice(first, first + MOST_ROWS));
    await sql`insert into ${sql.raw(`${table} (${names.join(', ')}) select ${names.join(', ')}`)}
      from jsonb_to_recordset(${json}::jsonb) as row(${sql.raw(columns)})${sql.raw(replace)}`.execute(trx);
  }
}

async function remove(
  trx: Transaction<unknown>,
  table: TableName,
  [first, second]: readonly [string, string],
  changes: ReadonlyMap<string, object | null>,
): Promise<void> {
  const gone = [...changes].filter(([, row]) => row === null).map(([name]) => name.split(JOINT));
  if (gone.length === 0) return;
  const pairs: RawBuilder<unknown> = sql`jsonb_array_elements(${JSON.stringify(gone)}::jsonb)`;
  await sql`delete from ${sql.raw(table)} where (${sql.id(first)}, ${sql.id(second)}) in
    (select pair ->> 0, pair ->> 1 from ${pairs} as gone(pair))`.execute(trx);
}
