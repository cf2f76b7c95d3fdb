// SPDX-License-Identifier: Apache-2.0
import { ClassicLevel } from 'classic-level';

/** Envelopes are large and short-lived; a larger write buffer lets most be deleted before they reach a table file. */
const WRITE_BUFFER_BYTES = 32 * 1024 * 1024;

/** The gateway's own database of open transactions and answered requests; one process has it at a time. */
export type Database = ClassicLevel<string, Uint8Array>;

/** Opens it, and makes it when there is none. Fails when another process has it open. */
export async function openDatabase(dir: string): Promise<Database> {
  const database: Database = new ClassicLevel(dir, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    writeBufferSize: WRITE_BUFFER_BYTES,
  });
  await database.open();
  return database;
}

/** A value as the bytes of its JSON. */
export function toBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** The value of {@link toBytes}' bytes. */
export function fromBytes(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}
