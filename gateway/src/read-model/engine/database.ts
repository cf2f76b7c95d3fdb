// SPDX-License-Identifier: Apache-2.0
import type { Kysely } from 'kysely';

/** A PostgreSQL, in this process or elsewhere, as the read model uses it. The same SQL runs on every kind. */
export interface Database {
  /** For people: what it is, without a password. */
  readonly name: string;
  readonly db: Kysely<unknown>;
  /**
   * Ends by force what runs now, where the server does not heed `statement_timeout`. Committed rows stay, everything
   * under way fails, and the next query finds the database open again.
   */
  cutOff?(): void;
  /** Waits for what runs, then closes. */
  close(): Promise<void>;
}

/** The SQLSTATE that PostgreSQL gave for a failed statement; undefined where the error is none of its. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
