// SPDX-License-Identifier: Apache-2.0
import type { Statement, Transaction } from '@thingledger/kernel';
import {
  canonicalJson,
  captured,
  capturedId,
  captureOf,
  declared,
  EventCapture,
  fences,
  isTakenUnread,
  markOf,
  memberOf,
  placeOfRecord,
  recordedAs,
  Refusal,
  reportOf,
  servers,
  sheetId,
  sheetIds,
  sheets,
  MOST_DECLARATIONS,
  statementKeyOf,
  type CapturedEvent,
  type ChangeReport,
  type Entry,
  type EventId,
  type RefusalCode,
  type StatementResult,
} from '@thingledger/protocol';
import { latestEventTime, requireNotInFuture, requireOwnServer } from '../domain/custody';
import { change } from './changes';
import { compareTexts } from '../domain/verification';
import { sheetOf, Sheets } from './sheets';
import { takeStatement } from './take';

/** What the ledger knows nothing of it can not change: then the event is captured and nothing more. */
const BEYOND: readonly RefusalCode[] = ['TL-THING-UNKNOWN', 'TL-CUSTODY-NO-ORIGIN'];

/**
 * Takes a statement of EPCIS events (requirement T8): each hash is computed anew from the event itself, which came to the
 * endorsers alone, and what the event says of identifiers is done. The same event again changes nothing.
 */
export async function takeCaptures(
  tx: Transaction,
  statement: Statement<EventCapture>,
): Promise<StatementResult> {
  const { txId, caller, state } = tx;
  const latest = latestEventTime(tx.now, await tx.rules());
  const writing = new Sheets(tx);
  const taken = await takeStatement(tx, statement, { txId }, async (item, recordId, document) => {
    const known = await saidBefore(tx, item, writing);
    if (known) return { recordId: known.recordId, txId: known.txId };
    requireTrue(item, document);
    requireNotInFuture(item.eventTime, { now: tx.now, latest });
    requireOwnServer(await state.get(servers, item.informationServer), item.informationServer, caller.member);
    if (item.declaration) {
      await declare(tx, item, item.declaration.hash, { recordId, writing });
      return undefined;
    }
    const report = reportOf(item);
    const changed = report !== undefined && (await changeKnown(tx, report, recordId, latest));
    if (await writing.take(item, recordId)) return undefined;
    const row = { recordId, ...(changed && { changed }) };
    state.put(captured, row, ...recordedAs(item, caller.member));
    if (item.again && !item.change) state.put(fences, { txId }, caller.member);
    return undefined;
  });
  if (taken.records) {
    const { statementId } = taken.result;
    writing.put(statementId);
    tx.emit({ type: 'EventsCaptured', statementId, records: taken.records, by: caller.id });
  }
  return taken.result;
}

/** Refuses a capture that does not say what the event says. */
function requireTrue(item: EventCapture, document: unknown): void {
  if (document === undefined || document === null) throw new Refusal('TL-EPCIS-EVENT-MISSING');
  const computed = captureOf(document);
  if (computed.eventHash !== item.eventHash)
    throw new Refusal('TL-EPCIS-HASH', { field: 'eventHash', computed: computed.eventHash });
  const { eventTime, change: said, declaration } = item;
  const { eventHash: _, ...meant } = computed;
  const claimed = { eventTime, ...(said ? { change: said } : {}), ...(declaration ? { declaration } : {}) };
  if (canonicalJson(claimed) !== canonicalJson(meant))
    throw new Refusal('TL-EPCIS-CHANGE', { field: 'change' });
}

/** Makes the change, unless there is something in it that the ledger knows nothing of; whether it was made. */
async function changeKnown(
  tx: Transaction,
  report: ChangeReport,
  recordId: string,
  latest: string,
): Promise<boolean> {
  try {
    await tx.savepoint(() => change(tx, report, recordId, markOf(report), latest));
    return true;
  } catch (error) {
    if (error instanceof Refusal && BEYOND.includes(error.code)) return false;
    throw error;
  }
}

/** The record that says this of the event already; what is said to be fresh is looked for in this transaction alone. */
async function saidBefore(
  tx: Transaction,
  item: EventCapture,
  writing: Sheets,
): Promise<CaptureRecord | undefined> {
  const { state, caller } = tx;
  const { change: changes, declaration } = item;
  const declarations = async (): Promise<Entry<typeof declared>> =>
    (await state.get(declared, ...capturedId(item, caller.member))) ?? [];
  const recorded = async (
    row: { readonly recordId: string } | undefined,
  ): Promise<CaptureRecord | undefined> => row && openRecord(tx, row.recordId);
  if (declaration) return recorded((await declarations()).find(({ hash }) => hash === declaration.hash));
  // Who hears of an event sooner than it is captured, and declares it, keeps nobody but itself from making its change.
  if (changes) return recorded((await state.get(captured, ...capturedId(item))) ?? (await declarations())[0]);
  if (!isTakenUnread(item)) {
    const candidates = await candidatesOf(tx, item, caller.member, writing);
    return earliestOf(tx, item, candidates);
  }
  await state.get(fences, caller.member);
  const number = sheetOf(item);
  if (number === undefined) return recorded(state.peek(captured, ...capturedId(item, caller.member)));
  return earliestOf(tx, item, await writing.candidates(item, [sheetId(item, caller.member, number)]));
}

/**
 * Keeps a declaration: who captured an event says that it is in error, or who knows of it when nobody has captured it yet.
 * Nothing that the event did is undone; what puts it right is captured or changed for itself.
 */
async function declare(
  tx: Transaction,
  item: EventCapture,
  hash: string,
  { recordId, writing }: { readonly recordId: string; readonly writing: Sheets },
): Promise<void> {
  const { state, caller } = tx;
  const id = capturedId(item, caller.member);
  const own = (await state.get(declared, ...id)) ?? [];
  if (!(await earliestOf(tx, item, await candidatesOf(tx, item, caller.member, writing)))) {
    const [first] = (await recordsOf(tx, item, writing)).captured;
    if (first && memberOf(first.by) !== caller.member)
      throw new Refusal('TL-EPCIS-DECLARATION-FOREIGN', { by: first.by });
  }
  if (own.length >= MOST_DECLARATIONS)
    throw new Refusal('TL-EPCIS-DECLARATION-LIMIT', { limit: MOST_DECLARATIONS });
  state.put(declared, [...own, { hash, recordId }], ...id);
}

type CaptureRecord = Pick<CapturedEvent, 'recordId' | 'by' | 'at' | 'txId' | 'signature'> & {
  readonly item: EventCapture;
};

async function openRecord(tx: Transaction, recordId: string): Promise<CaptureRecord | undefined> {
  const { statementId, index } = placeOfRecord(recordId);
  const statement = await tx.statements.open(statementId);
  if (!statement) return undefined;
  const { by, at, txId, signature } = statement.row;
  return { recordId, by, at, txId, signature, item: statement.item(EventCapture, index) };
}

/** What may be a member's records of an event: the one in a row of its own, and those on sheets that bear its mark. */
async function candidatesOf(
  { state }: Transaction,
  event: EventId,
  member: string,
  written: Sheets,
): Promise<string[]> {
  const row = await state.get(captured, ...capturedId(event, member));
  return [...(row ? [row.recordId] : []), ...(await written.candidates(event, sheetIds(event, member)))];
}

/** The earliest of records that is of an event; of those that only bear its mark it is none. */
async function earliestOf(
  tx: Transaction,
  { eventHash }: EventId,
  recordIds: readonly string[],
): Promise<CaptureRecord | undefined> {
  const records = await openRecords(tx, recordIds);
  return records.find(({ item }) => item.eventHash === eventHash);
}

/** What the ledger has of an event, each list earliest first. */
interface Records {
  readonly captured: readonly CaptureRecord[];
  /** Of those who captured it; of everybody, as long as nobody has. */
  readonly declared: readonly CaptureRecord[];
  readonly changed: boolean;
}

/** All records of an event, of whichever member; each member's earliest, where it has several. */
async function recordsOf(tx: Transaction, event: EventId, written: Sheets): Promise<Records> {
  const { state } = tx;
  const members = (await tx.rules()).members.map(({ name }) => name);
  const declaredIds = members.map((member) => capturedId(event, member));
  await state.prefetch([
    captured.key(...capturedId(event)),
    ...declaredIds.flatMap((id) => [captured.key(...id), declared.key(...id)]),
    ...members.flatMap((member) => sheetIds(event, member).map((id) => sheets.key(...id))),
  ]);
  const shared = await state.get(captured, ...capturedId(event));
  const candidates: string[][] = shared ? [[shared.recordId]] : [];
  for (const member of members) candidates.push(await candidatesOf(tx, event, member, written));
  const declarations = await state.getAll(declared, declaredIds);
  const declaredBy = declarations.map((list = []) => list.map(({ recordId }) => recordId));
  await state.prefetch([...candidates, ...declaredBy].flat().map(statementKeyOf));
  const known: CaptureRecord[] = [];
  for (const recordIds of candidates) {
    const record = await earliestOf(tx, event, recordIds);
    if (record) known.push(record);
  }
  known.sort(earliestFirst);
  const capturers = new Set(known.map(({ by }) => memberOf(by)));
  const counted = declaredBy.filter((_, at) => capturers.size === 0 || capturers.has(members[at] ?? ''));
  return {
    captured: known,
    declared: await openRecords(tx, counted.flat()),
    changed: shared?.changed ?? false,
  };
}

async function openRecords(tx: Transaction, recordIds: readonly string[]): Promise<CaptureRecord[]> {
  const records: CaptureRecord[] = [];
  for (const recordId of recordIds) {
    const record = await openRecord(tx, recordId);
    if (record) records.push(record);
  }
  return records.sort(earliestFirst);
}

function earliestFirst(a: CaptureRecord, b: CaptureRecord): number {
  return compareTexts(a.at, b.at) || compareTexts(a.recordId, b.recordId);
}

/** An event by its time and hash; undefined when nobody captured it, nor declared it to be in error. */
export async function loadCapture(tx: Transaction, event: EventId): Promise<CapturedEvent | undefined> {
  const records = await recordsOf(tx, event, new Sheets(tx));
  const [first = records.declared[0], ...others] = records.captured;
  if (!first) return undefined;
  const { item, signature, ...record } = first;
  const { fresh: _, sheet: __, again: ___, ...said } = item;
  return {
    ...said,
    ...record,
    signature,
    changed: records.changed,
    others: others.map(placed),
    declarations: records.declared.flatMap((one) =>
      one.item.declaration ? [{ ...one.item.declaration, ...placed(one) }] : [],
    ),
  };
}

/** A record, and where what it says is served. */
function placed({ recordId, by, at, txId, item }: CaptureRecord): CapturedEvent['others'][number] {
  return { recordId, by, at, txId, informationServer: item.informationServer, dataHash: item.dataHash };
}
