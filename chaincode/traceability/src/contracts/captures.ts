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
  markOf,
  memberOf,
  placeOfRecord,
  recordedAs,
  Refusal,
  reportOf,
  servers,
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
  const taken = await takeStatement(tx, statement, { txId }, async (item, recordId, document) => {
    const known = await saidBefore(tx, item);
    if (known) return { recordId: known.recordId, txId: known.txId };
    requireTrue(item, document);
    requireNotInFuture(item.eventTime, { now: tx.now, latest });
    requireOwnServer(await state.get(servers, item.informationServer), item.informationServer, caller.member);
    if (item.declaration) {
      await declare(tx, item, item.declaration.hash, recordId);
      return undefined;
    }
    const report = reportOf(item);
    const changed = report !== undefined && (await changeKnown(tx, report, recordId, latest));
    const row = { recordId, ...(changed && { changed }) };
    state.put(captured, row, ...recordedAs(item, caller.member));
    if (item.again && !item.change) state.put(fences, { txId }, caller.member);
    return undefined;
  });
  if (taken.records) {
    const { statementId } = taken.result;
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
): Promise<{ recordId: string; txId: string } | undefined> {
  const { state, caller } = tx;
  const { change: changes, declaration, fresh, again } = item;
  const id = recordedAs(item, caller.member);
  const declarations = async (): Promise<Entry<typeof declared>> =>
    (await state.get(declared, ...capturedId(item, caller.member))) ?? [];
  let same: { readonly recordId: string } | undefined;
  if (declaration) same = (await declarations()).find(({ hash }) => hash === declaration.hash);
  // Who hears of an event sooner than it is captured, and declares it, keeps nobody but itself from making its change.
  else if (changes) same = (await state.get(captured, ...id)) ?? (await declarations())[0];
  else if (fresh && !again) {
    await state.get(fences, caller.member);
    same = state.peek(captured, ...id);
  } else same = await state.get(captured, ...id);
  // A record of the statement that is being taken can not be opened yet.
  return same && ((await openRecord(tx, same.recordId)) ?? { recordId: same.recordId, txId: tx.txId });
}

/**
 * Keeps a declaration: who captured an event says that it is in error, or who knows of it when nobody has captured it yet.
 * Nothing that the event did is undone; what puts it right is captured or changed for itself.
 */
async function declare(tx: Transaction, item: EventCapture, hash: string, recordId: string): Promise<void> {
  const { state, caller } = tx;
  const id = capturedId(item, caller.member);
  const own = (await state.get(declared, ...id)) ?? [];
  if (!(await state.get(captured, ...id))) {
    const first = await anyRecordOf(tx, item);
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

/** The record that an event has for all members, or one of a member's; undefined when nobody captured it. */
async function anyRecordOf(tx: Transaction, event: EventId): Promise<CaptureRecord | undefined> {
  const shared = await tx.state.get(captured, ...capturedId(event));
  if (shared) return openRecord(tx, shared.recordId);
  const { members } = await tx.rules();
  const each = await tx.state.getAll(
    captured,
    members.map(({ name }) => capturedId(event, name)),
  );
  const row = each.find((one) => one !== undefined);
  return row && openRecord(tx, row.recordId);
}

/** What the ledger has of an event, each list earliest first. */
interface Records {
  readonly captured: readonly CaptureRecord[];
  /** Of those who captured it; of everybody, as long as nobody has. */
  readonly declared: readonly CaptureRecord[];
  readonly changed: boolean;
}

/** All records of an event, by whichever member. */
async function recordsOf(tx: Transaction, event: EventId): Promise<Records> {
  const { members } = await tx.rules();
  const ids = members.map(({ name }) => capturedId(event, name));
  const shared = capturedId(event);
  await tx.state.prefetch([
    captured.key(...shared),
    ...ids.flatMap((id) => [captured.key(...id), declared.key(...id)]),
  ]);
  const [one, ...each] = await tx.state.getAll(captured, [shared, ...ids]);
  const declarations = await tx.state.getAll(declared, ids);
  await tx.state.prefetch(
    [one, ...each, ...declarations.flat()].flatMap((row) => (row ? statementKeyOf(row.recordId) : [])),
  );
  const records = await openRecords(tx, [one, ...each]);
  const capturers = new Set(records.map(({ by }) => memberOf(by)));
  const counted = declarations.filter(
    (_, at) => capturers.size === 0 || capturers.has(members[at]?.name ?? ''),
  );
  return {
    captured: records,
    declared: await openRecords(tx, counted.flat()),
    changed: one?.changed ?? false,
  };
}

async function openRecords(
  tx: Transaction,
  rows: readonly ({ readonly recordId: string } | undefined)[],
): Promise<CaptureRecord[]> {
  const records: CaptureRecord[] = [];
  for (const row of rows) {
    const record = row && (await openRecord(tx, row.recordId));
    if (record) records.push(record);
  }
  return records.sort((a, b) => compareTexts(a.at, b.at) || compareTexts(a.recordId, b.recordId));
}

/** An event by its time and hash; undefined when nobody captured it, nor declared it to be in error. */
export async function loadCapture(tx: Transaction, event: EventId): Promise<CapturedEvent | undefined> {
  const records = await recordsOf(tx, event);
  const [first = records.declared[0], ...others] = records.captured;
  if (!first) return undefined;
  const { item, signature, ...record } = first;
  const { fresh: _, again: __, ...said } = item;
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
