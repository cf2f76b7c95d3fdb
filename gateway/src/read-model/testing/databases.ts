// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../engine/database.js';
import { openPglite } from '../engine/pglite.js';
import { openPostgres } from '../engine/postgres.js';
import { createPostgres } from '../../testing/postgres.js';
import type { SchemaNames } from '../schema.js';

/** A database for one test file. */
export interface TestDatabase {
  /** Opens it, again after it was closed. */
  open(): Promise<Database>;
  remove(): Promise<void>;
}

/** Both kinds that the read model runs on; the second is a real server, in processes of its own. */
export const kinds: readonly (readonly [name: string, make: () => Promise<TestDatabase>])[] = [
  ['PGlite', pgliteFolder],
  ['PostgreSQL', postgresServer],
];

async function pgliteFolder(): Promise<TestDatabase> {
  const dir = await mkdtemp(join(tmpdir(), 'thingledger-pglite-'));
  return {
    open: () => openPglite(join(dir, 'read-model')),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function postgresServer(): Promise<TestDatabase> {
  const { url, remove } = await createPostgres();
  return {
    open: () => Promise.resolve(openPostgres(url, () => undefined)),
    remove,
  };
}

const TABLES = ['checkpoint', 'blocks', 'transactions', 'events', 'writes', 'state', 'entries', 'history'];

/** A digest of every table's rows, whatever order they lie in. */
export async function digestOf(
  { db }: Database,
  { rows }: Pick<SchemaNames, 'rows'>,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const table of TABLES) {
    const found = await sql<{ digest: string }>`
      select count(*) || ' ' || coalesce(md5(string_agg(line, '\n' order by line)), '') as digest
      from (select one::text as line from ${sql.id(rows, table)} as one) as lines`.execute(db);
    digests[table] = found.rows[0]?.digest ?? '';
  }
  return digests;
}
