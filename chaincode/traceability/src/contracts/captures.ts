// SPDX-License-Identifier: Apache-2.0
import type { Statement, Transaction } from '@thingledger/kernel';
import {
  canonicalJson,
  captured,
  capturedId,
  captureOf,
  EventCapture,
  markOf,
  memberOf,
  placeOfRecord,
  Refusal,
  reportOf,
  servers,
  MOST_DECLARATIONS,
  type CapturedEvent,
  type DeclaredError,
  type ChangeReport,
  type Entry,
  type RefusalCode,
  type StatementResult,
} from '@thingledger/protocol';
import { latestEventTime, requireNotInFuture, requireOwnServer } from '../domain/custody';
import { change } from './changes';
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
    const row = await rowFor(tx, item);
    const known = row && (await saidBefore(tx, row, item));
    if (known) return { recordId: known.recordId, txId: known.txId };
    requireTrue(item, document);
    requireNotInFuture(item.eventTime, { now: tx.now, latest });
    requireOwnServer(await state.get(servers, item.informationServer), item.informationServer, caller.member);
    if (item.declaration) {
      const declared = await declare(tx, row, item.declaration.hash, recordId);
      state.put(captured, declared, ...capturedId(item));
      return undefined;
    }
    const report = reportOf(item);
    const changed = report !== undefined && (await changeKnown(tx, report, recordId, latest));
    state.put(captured, { recordId, ...(changed ? { changed } : {}) }, ...capturedId(item));
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

type Row = Entry<typeof captured>;

/**
 * What is kept of an event. Where that is another member's declaration alone, the event itself was not captured yet: a
 * member that hears of an event sooner than it is captured must not keep it from happening.
 */
async function rowFor(tx: Transaction, item: EventCapture): Promise<Row | undefined> {
  const row = await tx.state.get(captured, ...capturedId(item));
  if (!row?.declarations || item.declaration) return row;
  const first = await openRecord(tx, row.recordId);
  return first?.item.declaration && memberOf(first.by) !== tx.caller.member ? undefined : row;
}

/** The record that says this of the event already: its first, or the same declaration. */
async function saidBefore(
  tx: Transaction,
  { recordId, declarations = [] }: Row,
  { declaration }: EventCapture,
): Promise<{ recordId: string; txId: string } | undefined> {
  const same = declaration ? declarations.find(({ hash }) => hash === declaration.hash) : { recordId };
  // A record of the statement that is being taken can not be opened yet.
  return same && ((await openRecord(tx, same.recordId)) ?? { recordId: same.recordId, txId: tx.txId });
}

/**
 * An event with one declaration more: who captured it says that it is in error. Nothing that the event did is undone; what
 * puts it right is captured or changed for itself.
 */
async function declare(tx: Transaction, row: Row | undefined, hash: string, recordId: string): Promise<Row> {
  if (!row) return { recordId, declarations: [{ hash, recordId }] };
  const first = await openRecord(tx, row.recordId);
  if (first && memberOf(first.by) !== tx.caller.member)
    throw new Refusal('TL-EPCIS-DECLARATION-FOREIGN', { by: first.by });
  const { declarations = [] } = row;
  if (declarations.length >= MOST_DECLARATIONS)
    throw new Refusal('TL-EPCIS-DECLARATION-LIMIT', { limit: MOST_DECLARATIONS });
  return { ...row, declarations: [...declarations, { hash, recordId }] };
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

/** An event by its time and hash; undefined when it was not captured. */
export async function loadCapture(
  tx: Transaction,
  event: Pick<EventCapture, 'eventTime' | 'eventHash'>,
): Promise<CapturedEvent | undefined> {
  const row = await tx.state.get(captured, ...capturedId(event));
  const first = row && (await openRecord(tx, row.recordId));
  if (!first) return undefined;
  const { changed = false, declarations = [] } = row;
  const { item, ...record } = first;
  const declared: DeclaredError[] = [];
  for (const { recordId } of declarations) {
    const found = await openRecord(tx, recordId);
    if (!found?.item.declaration) continue;
    const { by, at, txId } = found;
    const { declaration, informationServer, dataHash } = found.item;
    declared.push({ ...declaration, recordId, by, at, txId, informationServer, dataHash });
  }
  return { ...item, ...record, changed, declarations: declared };
}
