// SPDX-License-Identifier: Apache-2.0
import type { AuditFilter, AuditReport, AuditRow } from '@thingledger/protocol/audit';
import type { Block } from './block.js';
import { type BundleReport, openBundle, type OpenedBundle, type Place } from './bundle.js';
import { Checks, fail, Failed } from './checks.js';
import { type Said, textsIn } from './content.js';
import { operationsIn } from './report.js';
import { readTransaction, type Transaction } from './transaction.js';

/** What came of one row of an audit report. */
export interface AuditEntry {
  readonly row: AuditRow;
  readonly ok: boolean;
  /** Why it is not ok, or what of it nothing proves. */
  readonly remark?: string;
}

/** What came of verifying an audit report. */
export interface AuditVerification extends Omit<BundleReport, 'kind'> {
  readonly kind: 'audit';
  readonly rows: readonly AuditEntry[];
}

/** Verifies an audit report: its bundle, then each row against the transaction that it is about. */
export async function verifyAudit(report: AuditReport, anchor?: string): Promise<AuditVerification> {
  const opened = await openBundle(report.bundle, anchor);
  const checks = new Checks();
  const entries = rowsOf(report, opened);
  const { complete } = report.bundle.network === 'fabric' ? report.bundle : {};
  try {
    await checks.make(
      'rows',
      () => requireRows(report, opened.places, entries),
      () => `${String(report.rows.length)} rows, in the order of the ledger, each from its transaction`,
    );
    if (complete && opened.ok) {
      await checks.make(
        'complete',
        () => requireComplete(report, opened),
        (count) =>
          `none of the ${String(count)} transactions in these blocks that were asked for is left out`,
      );
    }
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
  }
  const bundle = await opened.close();
  const failed = checks.list.some(({ ok }) => !ok);
  return {
    ...bundle,
    kind: 'audit',
    ok: bundle.ok && !failed,
    checks: [...bundle.checks, ...checks.list],
    rows: entries,
    notProved: [...gaps(report, complete !== undefined), ...remarks(report, entries), ...bundle.notProved],
  };
}

const incomplete =
  'That no row was left out: receipts prove what they are of, not what else there is. Ask for a complete report of a range of blocks.';

function gaps({ asked }: AuditReport, complete: boolean): string[] {
  if (!complete) return [incomplete];
  return asked.thing === undefined ? [] : [indirect];
}

const indirect =
  'That no row was left out which only records of other transactions lead to, such as a vote to its thing; ask by member or operation for those.';

function remarks({ withoutReceipt, next }: AuditReport, entries: readonly AuditEntry[]): string[] {
  const partly = entries.filter(({ ok, remark }) => ok && remark !== undefined).length;
  return [
    ...(withoutReceipt.length > 0
      ? [
          `Anything about ${String(withoutReceipt.length)} rows: they are no transactions of the members’ chaincode.`,
        ]
      : []),
    ...(partly > 0
      ? [`Every thing of ${String(partly)} rows: some are named by what other transactions recorded.`]
      : []),
    ...(next === undefined ? [] : ['What comes after the last row: there were more.']),
  ];
}

function rowsOf({ rows, withoutReceipt }: AuditReport, { places }: OpenedBundle): AuditEntry[] {
  const byId = new Map(places.map((place) => [place.transaction.txId, place]));
  return rows.map((row) => {
    if (withoutReceipt.includes(placeName(row)))
      return { row, ok: true, remark: 'not proved: it has no receipt' };
    const place = byId.get(row.txId);
    if (!place) return { row, ok: false, remark: 'the file does not prove its transaction' };
    const wrong = differences(row, place);
    if (wrong.length > 0)
      return { row, ok: false, remark: `differs from its transaction: ${wrong.join(', ')}` };
    const said = textsIn(place.proved.operations);
    const unnamed = row.things.filter((thing) => !said.has(thing));
    return unnamed.length === 0
      ? { row, ok: true }
      : { row, ok: true, remark: `not proved by its transaction alone: ${unnamed.join(', ')}` };
  });
}

function differences(row: AuditRow, { block, index, validation, proved }: Place): string[] {
  const { caller, operations, time } = proved;
  const called = [...new Set(operations.map(({ operation }) => operation))];
  const same: Readonly<Record<string, boolean>> = {
    place: row.block === block && row.index === index,
    participant: row.participant === `${caller.name}@${caller.member}`,
    operations: [...row.operations].sort().join() === called.sort().join(),
    at: row.at === time,
    outcome: row.outcome === validation,
  };
  return Object.keys(same).filter((name) => !same[name]);
}

function requireRows({ rows }: AuditReport, places: readonly Place[], entries: readonly AuditEntry[]): void {
  const wrong = entries.find(({ ok }) => !ok);
  if (wrong) fail(`row ${placeName(wrong.row)} (${wrong.row.txId}): ${wrong.remark ?? ''}`);
  rows.forEach((row, at) => {
    const before = rows[at - 1];
    if (before && (row.block - before.block || row.index - before.index) <= 0) {
      fail(`row ${placeName(row)} comes twice or out of order`);
    }
  });
  const known = new Set(rows.map(({ txId }) => txId));
  const more = places.find(({ transaction }) => !known.has(transaction.txId));
  if (more) fail(`the file proves transaction ${more.transaction.txId}, which has no row`);
}

/** Every transaction in the range that was asked for must have its row; how many there are. */
async function requireComplete(report: AuditReport, opened: OpenedBundle): Promise<number> {
  const { asked, rows, scope, bundle } = report;
  const { from = 0, to = -1 } = (bundle.network === 'fabric' ? bundle.complete : undefined) ?? {};
  if (scope !== 'all') fail('only a report for auditors and verifiers can be complete');
  if (report.next !== undefined) fail('the report goes on: it is one page of several');
  const listed = new Set(rows.map(placeName));
  let count = 0;
  for (let number = from; number <= to; number += 1) {
    const block = opened.blocks.get(number) ?? fail(`the file lacks block ${String(number)}`);
    for (const [index, envelope] of block.envelopes.entries()) {
      const transaction = attempt(envelope);
      if (!transaction || !(await isAsked(transaction, asked, block, index, opened))) continue;
      count += 1;
      if (!listed.has(placeName({ block: number, index }))) {
        fail(`transaction ${transaction.txId} in block ${String(number)} was asked for, but has no row`);
      }
    }
  }
  return count;
}

async function isAsked(
  transaction: Transaction,
  asked: AuditFilter,
  block: Block,
  index: number,
  opened: OpenedBundle,
): Promise<boolean> {
  const { participant, member, about, thing, operation, since, until, fromBlock, toBlock, validity } = asked;
  const at = timeOf(transaction);
  if (at === undefined && (since !== undefined || until !== undefined)) return false;
  if ((since !== undefined && (at ?? '') < since) || (until !== undefined && (at ?? '') > until))
    return false;
  if (block.number < (fromBlock ?? 0) || block.number > (toBlock ?? Infinity)) return false;
  if (validity !== undefined && (block.codes[index] === 0) !== (validity === 'valid')) return false;
  const operations = await operationsIn(transaction);
  const named = (name: string): boolean => textsIn(operations).has(name);
  if (about !== undefined && !named(about)) return false;
  if (thing !== undefined && !named(thing)) return false;
  if (operation !== undefined && !operations.some((said) => isCalled(said, operation))) return false;
  if (participant === undefined && member === undefined) return true;
  const signer = await opened
    .identifyIn(
      block,
      transaction.time,
    )(transaction.creator)
    .catch(() => undefined);
  if (!signer) return false;
  return (
    (member === undefined || signer.member === member) &&
    (participant === undefined || participant === `${signer.name}@${signer.member}`)
  );
}

function isCalled({ operation: id }: Said, wanted: string): boolean {
  return id === wanted || id.split(':')[1] === wanted;
}

/** What was turned down can state any time, also one that is none. */
function timeOf({ time }: Transaction): string | undefined {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined;
}

function attempt(envelope: Uint8Array): Transaction | undefined {
  try {
    return readTransaction(envelope);
  } catch {
    return undefined;
  }
}

function placeName({ block, index }: Pick<AuditRow, 'block' | 'index'>): string {
  return `${String(block)}.${String(index)}`;
}
