// SPDX-License-Identifier: Apache-2.0
import type { Statement, Transaction } from '@thingledger/kernel';
import {
  canonicalJson,
  captured,
  captureOf,
  digitsOf,
  EventCapture,
  markOf,
  placeOfRecord,
  Refusal,
  reportOf,
  servers,
  type CapturedEvent,
  type ChangeReport,
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
    const known = await loadCapture(tx, item.eventHash);
    if (known) return { recordId: known.recordId, txId: known.txId };
    requireTrue(item, document);
    requireNotInFuture(item.eventTime, { now: tx.now, latest });
    requireOwnServer(await state.get(servers, item.informationServer), item.informationServer, caller.member);
    const report = reportOf(item);
    const changed = report !== undefined && (await changeKnown(tx, report, recordId, latest));
    state.put(captured, { recordId, ...(changed ? { changed } : {}) }, digitsOf(item.eventHash));
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
  const said = { eventTime: item.eventTime, ...(item.change ? { change: item.change } : {}) };
  const { eventHash: _, ...meant } = computed;
  if (canonicalJson(said) !== canonicalJson(meant)) throw new Refusal('TL-EPCIS-CHANGE', { field: 'change' });
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

/** An event by its hash; undefined when it was not captured. */
export async function loadCapture(tx: Transaction, eventHash: string): Promise<CapturedEvent | undefined> {
  const row = await tx.state.get(captured, digitsOf(eventHash));
  if (!row) return undefined;
  const { statementId, index } = placeOfRecord(row.recordId);
  const statement = await tx.statements.open(statementId);
  if (!statement) return undefined;
  const { by, at, txId, signature } = statement.row;
  const { recordId, changed = false } = row;
  return { ...statement.item(EventCapture, index), recordId, by, at, txId, signature, changed };
}
