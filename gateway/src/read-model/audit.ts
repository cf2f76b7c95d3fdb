// SPDX-License-Identifier: Apache-2.0
import {
  AUDIT_THINGS,
  Refusal,
  type AuditFilter,
  type AuditRow,
  type AuditScope,
} from '@thingledger/protocol';
import { sql, type RawBuilder } from 'kysely';
import { sqlStateOf, type Database } from './engine/database.js';
import { readCheckpoint, type SchemaNames } from './schema.js';

/** What is asked of the tables. */
export interface AuditQuestion extends AuditFilter {
  /** `block.index` of the last row of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** What the caller may see, and who that is. */
  readonly scope: AuditScope;
  readonly caller: { readonly id: string; readonly member: string };
}

/** Rows in the order of the ledger. */
export interface AuditPage {
  readonly rows: AuditRow[];
  readonly next?: string;
  /** The last block in the tables; -1 before the first. */
  readonly block: number;
}

interface Found {
  readonly block: number;
  readonly tx: number;
  readonly tx_id: string;
  readonly code: string;
  readonly member: string | null;
  readonly creator: string | null;
  readonly at: Date | null;
  readonly operations: string[];
  readonly thing_count: number;
  readonly things: string[];
}

const TX_ID_LENGTH = 200;
/** Time that a question may take, in milliseconds, where the database heeds it. */
const PATIENCE_MS = 10_000;

/**
 * Who did what (requirement X2), out of the tables of transactions and of what they name. Refuses with
 * `TL-SQL-TIMEOUT` and `TL-READ-MODEL-UNAVAILABLE`.
 */
export async function auditRows(
  { db }: Database,
  names: SchemaNames,
  question: AuditQuestion,
): Promise<AuditPage> {
  const where = sql.join(conditionsOf(question), sql` and `);
  const { limit } = question;
  try {
    return await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (trx) => {
        await sql`set local search_path to ${sql.id(names.rows)}`.execute(trx);
        await sql`set local statement_timeout to ${sql.lit(PATIENCE_MS)}`.execute(trx);
        const checkpoint = await readCheckpoint(trx, names);
        const found = await sql<Found>`
          with page as (
            select * from transactions t where ${where} order by block, tx limit ${limit + 1}
          )
          select page.*, named.thing_count, named.things from page cross join lateral (
            select count(*)::integer as thing_count,
              coalesce(jsonb_agg(thing order by thing) filter (where place <= ${AUDIT_THINGS}), '[]') as things
            from (select thing, row_number() over (order by thing) as place from (
              select subject as thing from subjects s
                where s.block = page.block and s.tx = page.tx and s.kind = 'thing'
              union
              select e.value #>> '{thing}' from subjects s
                join entries e on e.entry_table = 'mapping_records' and e.id = s.subject
                where s.block = page.block and s.tx = page.tx and s.kind = 'record'
            ) as things) as numbered
          ) as named order by page.block, page.tx`.execute(trx);
        const rows = found.rows.slice(0, limit).map(rowOf);
        const last = rows.at(-1);
        return {
          rows,
          ...(found.rows.length > limit && last && { next: `${String(last.block)}.${String(last.index)}` }),
          block: Number(checkpoint?.block ?? -1),
        };
      });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (sqlStateOf(error) === '57014') throw new Refusal('TL-SQL-TIMEOUT', { limit: PATIENCE_MS / 1000 });
    throw new Refusal('TL-READ-MODEL-UNAVAILABLE');
  }
}

function conditionsOf(question: AuditQuestion): RawBuilder<unknown>[] {
  const { participant, member, about, thing, operation, since, until, fromBlock, toBlock } = question;
  const conditions = [sql`true`, ...scopeOf(question)];
  if (participant !== undefined) conditions.push(calledBy(participant));
  if (member !== undefined) conditions.push(sql`t.member = ${member}`);
  if (about !== undefined) conditions.push(names('participant', sql`s.subject = ${about}`));
  if (thing !== undefined) conditions.push(namesThing(thing));
  if (operation !== undefined)
    conditions.push(sql`exists (select 1 from jsonb_array_elements_text(t.operations) as called(id)
      where ${operation} in (id, split_part(id, ':', 2)))`);
  if (since !== undefined) conditions.push(sql`t.at >= ${since}::timestamptz`);
  if (until !== undefined) conditions.push(sql`t.at <= ${until}::timestamptz`);
  if (fromBlock !== undefined) conditions.push(sql`t.block >= ${fromBlock}`);
  if (toBlock !== undefined) conditions.push(sql`t.block <= ${toBlock}`);
  if (question.validity !== undefined)
    conditions.push(question.validity === 'valid' ? sql`t.code = 'VALID'` : sql`t.code <> 'VALID'`);
  if (question.after !== undefined) {
    const [block = '0', tx = '0'] = question.after.split('.');
    conditions.push(sql`(t.block, t.tx) > (${Number(block)}::bigint, ${Number(tx)}::integer)`);
  }
  return conditions;
}

function scopeOf({ scope, caller }: AuditQuestion): RawBuilder<unknown>[] {
  switch (scope) {
    case 'all':
      return [];
    case 'member': {
      const ofMember = sql`s.subject like ${`%@${caller.member}`}`;
      return [sql`(t.member = ${caller.member} or ${names('participant', ofMember)})`];
    }
    case 'participant':
      return [sql`(${calledBy(caller.id)} or ${names('participant', sql`s.subject = ${caller.id}`)})`];
  }
}

function calledBy(participant: string): RawBuilder<unknown> {
  const at = participant.lastIndexOf('@');
  return sql`(t.member = ${participant.slice(at + 1)} and t.creator = ${participant.slice(0, at)})`;
}

function names(kind: string, which: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(t.block, t.tx) in (select s.block, s.tx from subjects s where s.kind = ${kind} and ${which})`;
}

function namesThing(thing: string): RawBuilder<unknown> {
  return sql`(t.block, t.tx) in (
    select s.block, s.tx from subjects s where s.kind = 'thing' and s.subject = ${thing}
    union
    select s.block, s.tx from subjects s where s.kind = 'record' and s.subject in (
      select id from entries where entry_table = 'mapping_records' and value #>> '{thing}' = ${thing}))`;
}

function rowOf(found: Found): AuditRow {
  const { block, tx, tx_id, code, member, creator, at, operations, things, thing_count } = found;
  return {
    block,
    index: tx,
    // Of what was turned down the id can be any text.
    txId: tx_id.slice(0, TX_ID_LENGTH),
    ...(at && { at: at.toISOString() }),
    ...(member !== null && creator !== null && { participant: `${creator}@${member}` }),
    operations,
    things,
    thingCount: thing_count,
    outcome: code,
  };
}
