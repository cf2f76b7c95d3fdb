// SPDX-License-Identifier: Apache-2.0
import { calledNames, type AuditFilter, type AuditReport, type AuditRow } from '@thingledger/protocol/audit';
import { codeName } from './attestation.js';
import type { Block } from './block.js';
import { type BundleReport, openBundle, type OpenedBundle, type Place } from './bundle.js';
import { attempt, Checks, fail } from './checks.js';
import { type Said, textsIn } from './content.js';
import type { Signer } from './msp.js';
import { operationsIn, participantOf } from './report.js';
import { type Transaction, transactionIn } from './transaction.js';

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
  const entries = await rowsOf(report, opened);
  const { complete } = report.bundle.network === 'fabric' ? report.bundle : {};
  await attempt(async () => {
    await checks.make(
      'rows',
      () => requireRows(report, opened.places, entries),
      () => `${String(report.rows.length)} rows, in the order of the ledger, each from its transaction`,
    );
    if (!complete || !opened.ok) return;
    await checks.make(
      'complete',
      () => requireComplete(report, opened),
      (count) => `none of the ${String(count)} transactions in these blocks that were asked for is left out`,
    );
  });
  const bundle = await opened.close();
  const failed = checks.list.some(({ ok }) => !ok);
  return {
    ...bundle,
    kind: 'audit',
    ok: bundle.ok && !failed,
    checks: [...bundle.checks, ...checks.list],
    rows: entries,
    notProved: [...gaps(report, complete), ...remarks(report, entries), ...bundle.notProved],
  };
}

const incomplete =
  'That no row was left out: receipts prove what they are of, not what else there is. Ask for a complete report of a range of blocks.';

const neverComplete =
  'That no row was left out: the embedded network has no orderers that sign blocks, so no report of it can be complete.';

function gaps({ asked, bundle }: AuditReport, complete: Range | undefined): string[] {
  if (bundle.network === 'embedded') return [neverComplete];
  if (!complete) return [incomplete];
  const { toBlock, validity, thing } = asked;
  return [
    ...(complete.to < (toBlock ?? Infinity)
      ? [`What came after block ${String(complete.to)}: the file ends there.`]
      : []),
    ...(validity === undefined ? [] : [byOutcome]),
    ...(thing === undefined ? [] : [indirect]),
  ];
}

type Range = NonNullable<BundleReport['complete']>;

const byOutcome =
  'That no row was left out by its outcome: what became of a transaction without a row is the word of the gateway alone; ask without validity.';

const indirect =
  'That no row was left out which only records of other transactions lead to, such as a vote to its thing; ask by member or operation for those.';

function remarks({ withoutReceipt, next }: AuditReport, entries: readonly AuditEntry[]): string[] {
  const partly = entries.filter(({ ok, remark }) => ok && remark !== undefined).length;
  return [
    ...(withoutReceipt.length > 0
      ? [`Anything about ${String(withoutReceipt.length)} rows: the file has no receipt of them.`]
      : []),
    ...(partly > 0
      ? [`Every thing of ${String(partly)} rows: some are named by what other transactions recorded.`]
      : []),
    ...(next === undefined ? [] : ['What comes after the last row: there were more.']),
  ];
}

function rowsOf({ rows, withoutReceipt }: AuditReport, opened: OpenedBundle): Promise<AuditEntry[]> {
  const byId = new Map(opened.places.map((place) => [place.transaction.txId, place]));
  const bare = new Set(withoutReceipt);
  return Promise.all(
    rows.map(async (row) => {
      const block = opened.blocks.get(row.block);
      const place = byId.get(row.txId);
      if (bare.has(placeName(row)))
        return block && opened.ok ? bareRow(row, block, opened) : unprovenRow(row);
      return place
        ? provenRow(row, place)
        : { row, ok: false, remark: 'the file does not prove its transaction' };
    }),
  );
}

function provenRow(row: AuditRow, place: Place): AuditEntry {
  const { block, index, validation, proved } = place;
  const { caller, operations, time, effect } = proved;
  const said = {
    block,
    index,
    participant: participantOf(caller),
    at: time,
    outcome: validation,
  };
  const wrong = differences(row, { ...said, operations: calledIn(operations) });
  if (wrong.length > 0)
    return { row, ok: false, remark: `differs from its transaction: ${wrong.join(', ')}` };
  const texts = textsIn(operations);
  const unnamed = row.things.filter((thing) => !texts.has(thing));
  const remarks = [
    ...(unnamed.length > 0 ? [`not proved by its transaction alone: ${unnamed.join(', ')}`] : []),
    ...(effect?.attestedBy.length === 0 ? ['its outcome is the word of the gateway alone'] : []),
  ];
  return remarks.length === 0 ? { row, ok: true } : { row, ok: true, remark: remarks.join('; ') };
}

/** A row of what is no transaction of the members’ chaincode; that it is none can be seen by what it says. */
function unprovenRow(row: AuditRow): AuditEntry {
  if (row.outcome === 'VALID' && row.operations.some((operation) => operation.includes(':')))
    return { row, ok: false, remark: 'it took effect on the ledger, but the file has no receipt of it' };
  return { row, ok: true, remark: 'not proved: it has no receipt' };
}

/** The same where its block is in the file: what it says is there to be read. */
async function bareRow(row: AuditRow, block: Block, opened: OpenedBundle): Promise<AuditEntry> {
  const envelope = block.envelopes[row.index];
  if (!envelope) return { row, ok: false, remark: 'there is no such place in its block' };
  const transaction = transactionIn(envelope);
  if (!transaction) return unprovenRow(row);
  const { txId } = transaction;
  const signer = await signerOf(transaction, block, opened);
  const wrong = differences(row, {
    txId,
    at: timeOf(transaction),
    operations: calledIn(await operationsIn(transaction)),
    outcome: codeName(block.codes[row.index]),
    // Whose certificate is none of a member is nobody here; the gateway may still name it.
    ...(signer && { participant: `${signer.name}@${signer.member}` }),
  });
  return wrong.length > 0
    ? { row, ok: false, remark: `differs from its block: ${wrong.join(', ')}` }
    : unprovenRow(row);
}

/** The members of a row that are not what they should be; operations are in order. */
function differences(row: AuditRow, said: Partial<AuditRow>): string[] {
  const is = { ...row, operations: [...row.operations].sort() };
  return Object.entries(said)
    .filter(([member, value]) => String(is[member as keyof AuditRow]) !== String(value))
    .map(([member]) => member);
}

const calledIn = (operations: readonly Said[]): string[] =>
  calledNames(operations.map(({ operation }) => operation)).sort();

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
  const { fromBlock = 0, toBlock = Infinity } = asked;
  if (from > fromBlock || to < Math.min(toBlock, report.block))
    fail('blocks were asked for that the file does not have');
  if (scope !== 'all') fail('only a report for auditors and verifiers can be complete');
  if (report.next !== undefined) fail('the report goes on: it is one page of several');
  const listed = new Set(rows.map(placeName));
  let count = 0;
  for (let number = from; number <= to; number += 1) {
    const block = opened.blocks.get(number) ?? fail(`the file lacks block ${String(number)}`);
    for (const [index, envelope] of block.envelopes.entries()) {
      const transaction = transactionIn(envelope);
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
  const signer = await signerOf(transaction, block, opened);
  if (!signer) return false;
  return (
    (member === undefined || signer.member === member) &&
    (participant === undefined || participant === participantOf(signer))
  );
}

/** Who signed a transaction, whatever became of it; undefined where its identity stands for nobody. */
async function signerOf(
  { creator, time }: Transaction,
  block: Block,
  opened: OpenedBundle,
): Promise<Signer | undefined> {
  return opened
    .identifyIn(
      block,
      time,
    )(creator)
    .catch(() => undefined);
}

function isCalled({ operation: id }: Said, wanted: string): boolean {
  return id === wanted || id.split(':')[1] === wanted;
}

/** What was turned down can state any time, also one that is none. */
function timeOf({ time }: Transaction): string | undefined {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined;
}

function placeName({ block, index }: Pick<AuditRow, 'block' | 'index'>): string {
  return `${String(block)}.${String(index)}`;
}
