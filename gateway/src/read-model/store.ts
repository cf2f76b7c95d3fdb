// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { CommittedBlock } from '../ledger/port.js';
import { changesOf, JOINT, keysWritten, type Changes, type EntriesByKey, type Entry } from './rows.js';
import type { Checkpoint, SchemaNames } from './schema.js';

/** Somebody else moved the checkpoint: another gateway projects into the same tables. */
export class CheckpointMovedError extends Error {
  override readonly name = 'CheckpointMovedError';
}

/** Tables of what holds now: what names a row, and what is put in its place when it changes. */
const HOLDING = {
  state: { key: ['namespace', 'key'], rest: ['block', 'tx', 'tx_id', 'value_hash'] },
  entries: { key: ['entry_table', 'id'], rest: ['key', 'block', 'tx', 'tx_id', 'value_hash', 'value'] },
} as const;

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
  for (const name of ['blocks', 'transactions', 'subjects', 'events', 'writes'] as const) {
    await insert(trx, name, changes[name]);
  }
  await insert(trx, 'history', changes.history.map(parsed));
  await replace(trx, 'state', changes.state);
  await replace(trx, 'entries', changes.entries);
}

/** Values travel inside the JSON of the whole list. */
function parsed(row: object): object {
  const { value } = row as { value?: string };
  return value === undefined ? row : { ...row, value: JSON.parse(value) as unknown };
}

/** Adds rows; `otherwise` says what to do with those that are there. */
async function insert(
  trx: Transaction<unknown>,
  table: string,
  rows: readonly object[],
  otherwise = '',
): Promise<void> {
  for (let first = 0; first < rows.length; first += MOST_ROWS) {
    const json = JSON.stringify(rows.slice(first, first + MOST_ROWS));
    await sql`insert into ${sql.raw(table)}
      select * from jsonb_populate_recordset(null::${sql.raw(table)}, ${json}::jsonb) ${sql.raw(otherwise)}`.execute(
      trx,
    );
  }
}

/** Takes away the rows that are null, and puts the others in the place of what was there. */
async function replace(
  trx: Transaction<unknown>,
  table: keyof typeof HOLDING,
  changes: ReadonlyMap<string, object | null>,
): Promise<void> {
  const { key, rest } = HOLDING[table];
  const gone = [...changes].filter(([, row]) => row === null).map(([name]) => name.split(JOINT));
  if (gone.length > 0) {
    await sql`delete from ${sql.raw(table)} where (${sql.raw(key.join(', '))}) in
      (select pair ->> 0, pair ->> 1 from jsonb_array_elements(${JSON.stringify(gone)}::jsonb) as gone(pair))`.execute(
      trx,
    );
  }
  const rows = [...changes.values()].filter((row) => row !== null).map(parsed);
  const set = rest.map((column) => `${column} = excluded.${column}`).join(', ');
  await insert(trx, table, rows, `on conflict (${key.join(', ')}) do update set ${set}`);
}
