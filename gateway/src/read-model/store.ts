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

/** Chaincode that goes astray may say a row under two keys: then the last one holds, and nothing stops. */
const LAST_HOLDS = `on conflict (entry_table, id) do update set ${[
  'key',
  'block',
  'tx',
  'tx_id',
  'value_hash',
  'value',
]
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')}`;

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
  await retire(trx, [...changes.replaced]);
  await insert(trx, 'outdated', changes.outdated.map(parsed));
  const entries = [...changes.entries.values()].filter((row) => row !== null);
  await insert(trx, 'entries', entries.map(parsed), LAST_HOLDS);
}

/** Moves entries to those that no longer hold. */
async function retire(trx: Transaction<unknown>, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const pairs = JSON.stringify(names.map((name) => name.split(JOINT)));
  await sql`with gone as (
      delete from entries where (entry_table, id) in
        (select pair ->> 0, pair ->> 1 from jsonb_array_elements(${pairs}::jsonb) as pairs(pair))
      returning entries.*)
    insert into outdated select * from gone`.execute(trx);
}

/** Values travel inside the JSON of the whole list. */
function parsed(row: object): object {
  const { value } = row as { value?: string };
  return value === undefined ? row : { ...row, value: JSON.parse(value) as unknown };
}

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
