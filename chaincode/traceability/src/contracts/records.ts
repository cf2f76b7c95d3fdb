// SPDX-License-Identifier: Apache-2.0
import type { OpenStatement, Transaction } from '@thingledger/kernel';
import {
  Announcement,
  announceMappingRecord,
  isIn,
  operationId,
  placeOfRecord,
  statements,
  things,
  trails,
  votes,
  type DecidedRecord,
  type Trail,
} from '@thingledger/protocol';
import { termsOf, verdictOf, type Decidable, type Terms } from '../domain/verification';
import { voteAt } from '../domain/vote';

/** A mapping record with its statement and what deciding it takes. */
export interface Loaded extends Decidable {
  readonly statement: OpenStatement;
}

/** The terms of the records of a statement. */
export async function termsOfStatement(tx: Transaction, { row }: OpenStatement): Promise<Terms> {
  return termsOf(row.at, await tx.rules(row.rules));
}

/** A statement of announcements; undefined when there is none of this id, or it states something else. */
export async function openAnnouncements(
  tx: Transaction,
  statementId: string,
): Promise<OpenStatement | undefined> {
  const statement = await tx.statements.open(statementId);
  return statement?.row.operation === operationId(announceMappingRecord) ? statement : undefined;
}

/** A record by its id. Each regulator's votes have a key of their own, so no range is read. */
export async function load(tx: Transaction, recordId: string): Promise<Loaded | undefined> {
  const { statementId, index } = placeOfRecord(recordId);
  const statement = await openAnnouncements(tx, statementId);
  if (!statement || !isIn(statement.row.records, index)) return undefined;
  const terms = await termsOfStatement(tx, statement);
  const cast = await tx.state.getAll(
    votes,
    terms.regulators.map((regulator) => [statementId, regulator]),
  );
  return {
    recordId,
    said: statement.item(Announcement, index),
    terms,
    votes: terms.regulators.flatMap(
      (regulator, at) => voteAt(cast[at] ?? [], statementId, index, regulator) ?? [],
    ),
    statement,
  };
}

/** The records of a trail, newest first, down to the last one accepted at a time. */
export async function recentOf(tx: Transaction, trail: Trail, at: string): Promise<Loaded[]> {
  const recent: Loaded[] = [];
  for (const [recordId] of [...trail].reverse()) {
    const record = await load(tx, recordId);
    if (!record) continue;
    recent.push(record);
    if (verdictOf(record, at).status === 'accepted') break;
  }
  return recent;
}

/** The accepted record that brought a thing to whoever announced the next one; `known` are decided already. */
async function previousOf(
  tx: Transaction,
  { recordId, said }: Loaded,
  at: string,
  known: ReadonlyMap<string, DecidedRecord>,
): Promise<string | undefined> {
  const trail = (await tx.state.get(trails, said.thing)) ?? [];
  const place = trail.findIndex(([id]) => id === recordId);
  const grounds = (await tx.state.get(things, said.thing))?.grounds ?? [];
  const ground = grounds.findLast((one) => one.trail <= place);
  const start = ground?.trail ?? 0;
  const before = place > start ? known.get(trail[place - 1]?.[0] ?? '') : undefined;
  if (before) return before.status === 'accepted' ? before.record.recordId : before.record.previous;
  // When a record was announced all before it were decided, so what they came to is settled.
  const recent = await recentOf(tx, trail.slice(start, place), at);
  return recent.find((one) => verdictOf(one, at).status === 'accepted')?.recordId ?? ground?.record;
}

/** A record with its votes and what they come to at a time. */
async function decided(
  tx: Transaction,
  record: Loaded,
  at: string,
  known: ReadonlyMap<string, DecidedRecord>,
): Promise<DecidedRecord> {
  const { recordId, said, terms, statement } = record;
  const previous = await previousOf(tx, record, at, known);
  const { at: announcedAt, txId, signature } = statement.row;
  return {
    record: {
      ...said,
      ...terms,
      recordId,
      announcedAt,
      txId,
      signature,
      ...(previous === undefined ? {} : { previous }),
    },
    votes: [...record.votes],
    ...verdictOf(record, at),
  };
}

/**
 * The records of a list of ids that were announced by a time, with what they had come to. What they have in common is
 * read once, and the rest together.
 */
export async function decidedRecords(
  tx: Transaction,
  recordIds: readonly string[],
  at: string,
): Promise<DecidedRecord[]> {
  if (recordIds.length === 0) return [];
  await tx.state.getAll(
    statements,
    recordIds.map((id) => [placeOfRecord(id).statementId]),
  );
  const records: Loaded[] = [];
  for (const recordId of recordIds) {
    const record = await load(tx, recordId);
    if (record && record.statement.row.at <= at) records.push(record);
  }
  const named = records.map(({ said }) => said.thing);
  await tx.state.prefetch(named.flatMap((id) => [trails.key(id), things.key(id)]));
  const found = new Map<string, DecidedRecord>();
  for (const record of records) found.set(record.recordId, await decided(tx, record, at, found));
  return [...found.values()];
}
