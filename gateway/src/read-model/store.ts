// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CommittedBlock } from '../ledger/port.js';
import { changesOf, JOINT, keysWritten, type Changes, type EntriesByKey, type Entry } from './rows.js';
import type { Checkpoint, SchemaNames } from './schema.js';

/** Somebody else moved the checkpoint: another gateway projects into the same tables. */
export class CheckpointMovedError extends Error {
  override readonly name = 'CheckpointMovedError';
}

/** Tables that only ever grow. */
const GROWING = ['blocks', 'transactions', 'subjects', 'events', 'writes', 'outdated'] as const;

/**
 * Puts the blocks after the checkpoint into the tables and moves it, in one SQL statement: whatever ends the process, all
 * of it is there or nothing, and a busy process waits for its turn twice, not once a table. Gives how many values were
 * unreadable.
 *
 * @param after where the tables stand; undefined before the first block
 * @param blocks those that follow, in order; at least one
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
  const present = await presentEntries(db, rows, keysWritten(blocks, chaincode));
  // What was present is so still when the checkpoint moves from where it is thought to be.
  const changes = changesOf(blocks, present, chaincode);
  const written = await sql`
    with moved as (
      update ${sql.id(rows, 'checkpoint')} set block = ${Number(reached.block)}, hash = ${reached.hash}
      where block is not distinct from ${after === undefined ? null : Number(after.block)}::bigint returning block),
    ${sql.join(partsOf(rows, changes))}
    select block from moved`.execute(db);
  if (written.rows.length !== 1) throw new CheckpointMovedError('the checkpoint was moved by another');
  return { ...reached, unreadable: changes.unreadable };
}

async function presentEntries(
  db: Kysely<unknown>,
  rows: string,
  keys: readonly string[],
): Promise<EntriesByKey> {
  const present = new Map<string, Entry[]>();
  if (keys.length === 0) return present;
  const found = await sql<{ entry_table: string; id: string; key: string; value: unknown }>`
    select entry_table, id, key, value from ${sql.id(rows, 'entries')}
    where key in (select json_array_elements_text(${JSON.stringify(keys)}::json))`.execute(db);
  for (const { key, entry_table, id, value } of found.rows) {
    const entries = present.get(key) ?? [];
    entries.push({ entry_table, id, value: canonicalJson(value) });
    present.set(key, entries);
  }
  return present;
}

/** The parts of the statement that change tables; all see them as they were before, and do nothing unless it moved. */
function partsOf(rows: string, { entries, replaced, ...changes }: Changes): RawBuilder<unknown>[] {
  const holding = sql.id(rows, 'entries');
  const gone = [...entries].flatMap(([name, row]) => (row === null ? [name] : []));
  const fresh = [...entries.values()].filter((row) => row !== null);
  return [
    ...GROWING.filter((table) => changes[table].length > 0).map((table) =>
      addition(rows, table, changes[table]),
    ),
    sql`replaced as (insert into ${sql.id(rows, 'outdated')} select held.* from ${holding} as held, moved
      where (entry_table, id) in ${pairsOf(replaced)})`,
    sql`gone as (delete from ${holding} using moved where (entry_table, id) in ${pairsOf(gone)})`,
    // Chaincode that goes astray may say a row under two keys: then the last one holds, and nothing stops.
    addition(rows, 'entries', fresh, LAST_HOLDS),
  ];
}

const LAST_HOLDS = `on conflict (entry_table, id) do update set
  key = excluded.key, block = excluded.block, tx = excluded.tx, tx_id = excluded.tx_id,
  value_hash = excluded.value_hash, value = excluded.value`;

function addition(
  rows: string,
  table: string,
  added: readonly object[],
  otherwise = '',
): RawBuilder<unknown> {
  const json = JSON.stringify(added.map(parsed));
  const into = sql.id(rows, table);
  return sql`${sql.id(`${table} added`)} as (insert into ${into} select fresh.*
    from json_populate_recordset(null::${into}, ${json}::json) as fresh, moved ${sql.raw(otherwise)})`;
}

/** Values travel inside the JSON of the whole list. */
function parsed(row: object): object {
  const { value } = row as { value?: string };
  return value === undefined ? row : { ...row, value: JSON.parse(value) as unknown };
}

function pairsOf(names: Iterable<string>): RawBuilder<unknown> {
  const pairs = JSON.stringify(Array.from(names, (name) => name.split(JOINT)));
  return sql`(select pair ->> 0, pair ->> 1 from json_array_elements(${pairs}::json) as pairs(pair))`;
}
