// SPDX-License-Identifier: Apache-2.0
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './database.js';

const CONNECTIONS = 4;
const CONNECT_MS = 5_000;
/** A server that fell silent is noticed; so is a lock that nobody gives back. */
const SILENT_MS = 10_000;
const LOCKED_MS = 30_000;

/** Block numbers are numbers, as on PGlite; the rest as the driver has it. */
function parserOf(type: Parameters<typeof pg.types.getTypeParser>[0], format?: 'text'): unknown {
  return type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format);
}

/** A PostgreSQL server, 16 or later. Connections are made when they are needed. */
export function openPostgres(url: string, onFault: (error: Error) => void): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: SILENT_MS,
    lock_timeout: LOCKED_MS,
    application_name: 'thingledger-gateway',
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // A connection that breaks while nobody uses it.
  pool.on('error', onFault);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return { name: `PostgreSQL at ${new URL(url).host}`, db, close: () => db.destroy() };
}
