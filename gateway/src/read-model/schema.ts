// SPDX-License-Identifier: Apache-2.0
import { sha256, tables } from '@thingledger/protocol';
import { sql, type Kysely, type Transaction } from 'kysely';
import { indexStatement, viewStatements } from './views.js';

/** Where the read model of one member and channel lies in a database that it may share with others. */
export interface SchemaNames {
  /** The projector's own tables. */
  readonly rows: string;
  /** What is published. */
  readonly views: string;
  /** The role that may read what is published, and nothing else. */
  readonly reader: string;
}

const LONGEST_NAME = 50;

/** Names of a member's read model of a channel. They need quotes. */
export function schemaNames(member: string, channel: string): SchemaNames {
  const name = `${member}.${channel}`;
  const base = name.length <= LONGEST_NAME ? name : `${member}.${sha256(channel).slice(0, 16)}`;
  return { rows: `${base}.rows`, views: base, reader: `${base}.reader` };
}

/** The projector's tables. `block` and `tx`, the place in the block, are the version of a key as Fabric counts it. */
const ROWS: readonly string[] = [
  `create table checkpoint (
    one boolean primary key default true check (one),
    definition text not null, chaincode text not null, block bigint, hash text)`,
  `create table blocks (
    block bigint primary key, hash text not null, previous_hash text not null, transactions integer not null)`,
  `create table transactions (
    block bigint, tx integer, tx_id text not null, code text not null, member text, creator text, at timestamptz,
    operations jsonb not null, primary key (block, tx))`,
  'create index on transactions (tx_id)',
  'create index on transactions (member, creator)',
  'create index on transactions (at)',
  `create table subjects (
    block bigint, tx integer, kind text, subject text, primary key (block, tx, kind, subject))`,
  'create index on subjects (kind, subject)',
  `create table events (
    block bigint, tx integer, place integer, tx_id text not null, name text not null, type text, event jsonb,
    primary key (block, tx, place))`,
  'create index on events (type)',
  `create table writes (
    block bigint, tx integer, place integer, tx_id text not null, namespace text not null, key text not null,
    value_hash text, primary key (block, tx, place))`,
  'create index on writes (namespace, key, block desc, tx desc)',
  // What a key holds is what was written to it last: a transaction writes a key once.
  `create view state as select namespace, key, block, tx, tx_id, value_hash from (
    select distinct on (namespace, key) * from writes order by namespace, key, block desc, tx desc) as latest
    where value_hash is not null`,
  `create table entries (
    entry_table text, id text, key text not null, block bigint not null, tx integer not null, tx_id text not null,
    value_hash text not null, value jsonb not null, primary key (entry_table, id))`,
  'create index on entries (key)',
  `create table outdated (
    entry_table text, id text, key text not null, block bigint, tx integer, tx_id text not null,
    value_hash text, value jsonb)`,
  'create index on outdated (entry_table, id)',
  'create view history as table entries union all table outdated',
  ...tables.flatMap((table) => table.lookups.map((member) => indexStatement(table, member))),
];

/** To be raised when rows come out of the same entries in another way: neither tables nor views tell that. */
const MAPPING = 2;

/** What the tables and views look like and are made of, in one word: another one, and everything is built anew from the first block. */
const DEFINITION = sha256(JSON.stringify([ROWS, viewStatements('rows'), MAPPING]));

/** The last block that the tables hold. */
export interface Checkpoint {
  readonly block: bigint;
  readonly hash: string;
}

/** Where the tables stand; undefined when they are empty or were made by another definition of them. */
export async function readCheckpoint(
  db: Kysely<unknown>,
  { rows }: Pick<SchemaNames, 'rows'>,
): Promise<Checkpoint | undefined> {
  const found = await sql<{ block: number | null; hash: string | null }>`
    select block, hash from ${sql.id(rows, 'checkpoint')}`.execute(db);
  const [row] = found.rows;
  return row?.block == null || row.hash === null ? undefined : { block: BigInt(row.block), hash: row.hash };
}

/** Whether the tables are there, as this version of the gateway makes them, of this chaincode. */
export async function isPrepared(
  db: Kysely<unknown>,
  { rows }: SchemaNames,
  chaincode: string,
): Promise<boolean> {
  const there = await sql`select 1 from information_schema.tables
    where table_schema = ${rows} and table_name = 'checkpoint'`.execute(db);
  if (there.rows.length === 0) return false;
  const same = await sql`select 1 from ${sql.id(rows, 'checkpoint')}
    where definition = ${DEFINITION} and chaincode = ${chaincode}`.execute(db);
  return same.rows.length > 0;
}

/** Makes empty tables, the views over them, and the role that may read these; what was there before is dropped. */
export async function rebuild(db: Kysely<unknown>, names: SchemaNames, chaincode: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const run = (statement: string): Promise<unknown> => sql.raw(statement).execute(trx);
    const [rows, views, reader] = [names.rows, names.views, names.reader].map((name) => `"${name}"`);
    await run(`drop schema if exists ${String(views)} cascade`);
    await run(`drop schema if exists ${String(rows)} cascade`);
    await run(`create schema ${String(rows)}`);
    await run(`create schema ${String(views)}`);
    await makeReader(trx, names.reader);
    await run(`set local search_path to ${String(rows)}`);
    for (const statement of ROWS) await run(statement);
    await sql`insert into checkpoint (definition, chaincode) values (${DEFINITION}, ${chaincode})`.execute(
      trx,
    );
    await run(`set local search_path to ${String(views)}`);
    for (const statement of viewStatements(names.rows)) await run(statement);
    await run(`grant usage on schema ${String(views)} to ${String(reader)}`);
    await run(`grant select on all tables in schema ${String(views)} to ${String(reader)}`);
  });
}

async function makeReader(trx: Transaction<unknown>, reader: string): Promise<void> {
  const known = await sql`select 1 from pg_roles where rolname = ${reader}`.execute(trx);
  if (known.rows.length === 0) {
    await sql`create role ${sql.id(reader)} nologin`.execute(trx);
  }
  await sql`grant ${sql.id(reader)} to current_user`.execute(trx);
}
