// SPDX-License-Identifier: Apache-2.0
import type { OpenStatement, Statement, Transaction } from '@thingledger/kernel';
import {
  captureEvent,
  ChangeReport,
  changePages,
  contents,
  effectsOf,
  EventCapture,
  isIn,
  markOf,
  operationId,
  placeOfRecord,
  publicThing,
  Refusal,
  reportChange,
  reportOf,
  servers,
  things,
  thingsIn,
  type ChangeRecord,
  type Contained,
  type StatementResult,
  type StoredThing,
  type Trail,
} from '@thingledger/protocol';
import { makeChange, type Subject } from '../domain/change';
import { latestEventTime } from '../domain/custody';
import { Standings } from './standing';
import { saidBefore, takeStatement } from './take';

/** A thing's row names fewer than twice so many of its changes; the earlier ones are on pages of so many. */
const PAGE = 100;

/** The most things in one answer about contents. */
const MOST_CONTAINED = 5000;

/** Takes a statement of changes: each is made at once, or refused (requirement T5). */
export async function takeChanges(
  tx: Transaction,
  statement: Statement<ChangeReport>,
): Promise<StatementResult> {
  const { txId, caller } = tx;
  const latest = latestEventTime(tx.now, await tx.rules());
  const taken = await takeStatement(tx, statement, { txId }, async (report, recordId) => {
    const mark = markOf(report);
    const [first = ''] = thingsIn(report.change);
    const known = await reportedBefore(tx, first, mark, report);
    if (known) return { recordId: known.recordId, txId: known.statement.row.txId };
    await change(tx, report, recordId, mark, latest);
    return undefined;
  });
  if (taken.records) {
    const { statementId } = taken.result;
    tx.emit({ type: 'ThingsChanged', statementId, records: taken.records, by: caller.id });
  }
  return taken.result;
}

/** Makes a change, which stands in the record. Refuses as its operation lists. */
export async function change(
  tx: Transaction,
  report: ChangeReport,
  recordId: string,
  mark: string,
  latest: string,
): Promise<void> {
  const { state, caller, now, txId } = tx;
  const { link } = effectsOf(report.change);
  const named = thingsIn(report.change);
  const subjects = await subjectsOf(tx, named);
  const { informationServer } = report;
  const changed = makeChange(report, {
    caller,
    now,
    latest,
    txId,
    recordId,
    subjects,
    contents: (link && (await state.get(contents, link.parent))) ?? [],
    server: informationServer === undefined ? undefined : await state.get(servers, informationServer),
  });
  const isNamed = new Set(named);
  for (const [id, thing] of changed.things) {
    state.put(things, isNamed.has(id) ? withChange(tx, id, thing, [recordId, mark]) : thing, id);
  }
  if (link && changed.contents) state.put(contents, [...changed.contents], link.parent);
}

/** The row of a thing with one more change; the oldest of a full row go to a page. */
function withChange(tx: Transaction, id: string, thing: StoredThing, entry: Trail[number]): StoredThing {
  const changes = [...(thing.changes ?? []), entry];
  if (changes.length < 2 * PAGE) return { ...thing, changes };
  const { pages = 0 } = thing;
  tx.state.put(changePages, changes.slice(0, PAGE), id, String(pages));
  return { ...thing, changes: changes.slice(PAGE), pages: pages + 1 };
}

/** All changes that named a thing, oldest first. */
export async function trailOfChanges(
  tx: Transaction,
  id: string,
  { changes = [], pages = 0 }: StoredThing,
): Promise<Trail> {
  const places = Array.from({ length: pages }, (_, page) => [id, String(page)]);
  const earlier = await tx.state.getAll(changePages, places);
  return [...earlier.flatMap((page) => page ?? []), ...changes];
}

/** The things that a change names, and all that lies around them. */
async function subjectsOf(tx: Transaction, named: readonly string[]): Promise<Map<string, Subject>> {
  const standings = new Standings(tx);
  const subjects = new Map<string, Subject>();
  const waiting = [...named];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (subjects.has(id)) continue;
    const subject = await standings.of(id);
    subjects.set(id, subject);
    waiting.push(...subject.within);
  }
  return subjects;
}

/** A report with its statement. */
interface Reported {
  readonly recordId: string;
  readonly statement: OpenStatement;
  readonly said: ChangeReport;
}

/** The report of a thing's trail that says just this already, by the same account. */
async function reportedBefore(
  tx: Transaction,
  id: string,
  mark: string,
  report: ChangeReport,
): Promise<Reported | undefined> {
  const thing = await tx.state.get(things, id);
  if (!thing) return undefined;
  // Only of the time of the latest change could an earlier report still be made a second time.
  const isLatest = report.eventTime === thing.changedAt;
  const changes = isLatest ? await trailOfChanges(tx, id, thing) : (thing.changes ?? []);
  return saidBefore(tx, changes, mark, report, (recordId) => loadReport(tx, recordId));
}

async function loadReport(tx: Transaction, recordId: string): Promise<Reported | undefined> {
  const { statementId, index } = placeOfRecord(recordId);
  const statement = await tx.statements.open(statementId);
  const said = statement && isIn(statement.row.records, index) ? reportAt(statement, index) : undefined;
  return statement && said && { statement, said, recordId };
}

/** A change by the id of its record, reported or captured with an event; undefined when there is none. */
export async function loadChange(tx: Transaction, recordId: string): Promise<ChangeRecord | undefined> {
  const found = await loadReport(tx, recordId);
  if (!found) return undefined;
  const { by, at, txId, signature } = found.statement.row;
  return { ...found.said, recordId, by, at, txId, signature };
}

/** The changes that a transaction looks at, each read once: a walk comes to most of them from both sides. */
export class Changes {
  readonly #known = new Map<string, ChangeRecord | undefined>();

  constructor(private readonly tx: Transaction) {}

  /** {@link loadChange}. */
  async of(recordId: string): Promise<ChangeRecord | undefined> {
    if (!this.#known.has(recordId)) this.#known.set(recordId, await loadChange(this.tx, recordId));
    return this.#known.get(recordId);
  }
}

function reportAt(statement: OpenStatement, index: number): ChangeReport | undefined {
  switch (statement.row.operation) {
    case operationId(reportChange):
      return statement.item(ChangeReport, index);
    case operationId(captureEvent):
      return reportOf(statement.item(EventCapture, index));
    default:
      return undefined;
  }
}

/** What lies in a thing at every depth, each before what lies in it; with whether that is all. */
export async function contentsOf(
  tx: Transaction,
  root: string,
): Promise<{ contents: Contained[]; complete: boolean }> {
  const found: Contained[] = [];
  const visit = async (parent: string, depth: number): Promise<boolean> => {
    const children = (await tx.state.get(contents, parent)) ?? [];
    const stored = await tx.state.getAll(
      things,
      children.map((id) => [id]),
    );
    let room = MOST_CONTAINED - found.length;
    const opened = children.filter((_, at) => {
      const { children: inside = 0 } = stored[at] ?? {};
      const fits = room > 0;
      room -= 1 + inside;
      return fits && inside > 0;
    });
    await tx.state.prefetch(opened.map((id) => contents.key(id)));
    for (const [at, id] of children.entries()) {
      const thing = stored[at];
      if (!thing) throw new Refusal('TL-INTERNAL', { thing: id });
      if (found.length >= MOST_CONTAINED) return false;
      found.push({ ...publicThing(id, thing), depth });
      if (thing.children && !(await visit(id, depth + 1))) return false;
    }
    return true;
  };
  const complete = await visit(root, 1);
  return { contents: found, complete };
}
