// SPDX-License-Identifier: Apache-2.0
import type { OpenStatement, Statement, Transaction } from '@thingledger/kernel';
import {
  canonicalJson,
  recordIdOf,
  runsOf,
  type Runs,
  type StatementResult,
  type Trail,
} from '@thingledger/protocol';

/** What became of a statement. */
export interface Taken<T> {
  readonly result: StatementResult;
  /** The items that became records, and where; none when nothing was. */
  readonly items: readonly T[];
  readonly records: Runs | undefined;
}

/**
 * Takes the items of a statement one by one, each in a savepoint, and keeps the statement with those that became records.
 *
 * @param work makes a record of an item, with what of it is private; gives the first answer instead when the item was
 *   said before
 */
export async function takeStatement<T>(
  tx: Transaction,
  statement: Statement<T>,
  answer: StatementResult['answer'],
  work: (item: T, recordId: string, privatePart: unknown) => Promise<Record<string, unknown> | undefined>,
): Promise<Taken<T>> {
  const { version } = await tx.rules();
  const opened = await tx.statements.begin(statement, { by: tx.caller.id, rules: version });
  const repeated: StatementResult['repeated'] = {};
  const items: T[] = [];
  const places: number[] = [];
  const refused = await tx.each(statement.items, async (item, place) => {
    const first = await work(item, recordIdOf(opened.id, place), statement.privateParts[place]);
    if (first) {
      repeated[place] = first;
      return;
    }
    items.push(item);
    places.push(place);
  });
  const records = places.length > 0 ? runsOf(places) : undefined;
  if (records) tx.statements.keep(opened, records);
  return { result: { statementId: opened.id, answer, repeated, refused }, items, records };
}

/**
 * The record of a trail in which the caller said just this already: a repeated request changes nothing.
 *
 * @param mark what `markOf` gives of what is said now
 */
export async function saidBefore<R extends { readonly statement: OpenStatement; readonly said: object }>(
  tx: Transaction,
  trail: Trail,
  mark: string,
  said: object,
  read: (recordId: string) => Promise<R | undefined>,
): Promise<R | undefined> {
  for (const [recordId, known] of trail) {
    if (known !== mark) continue;
    const record = await read(recordId);
    if (record?.statement.row.by !== tx.caller.id) continue;
    if (canonicalJson(record.said) === canonicalJson(said)) return record;
  }
  return undefined;
}
