// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from './audit.js';
import type { BundleEntry, BundleReport } from './bundle.js';
import type { Check } from './checks.js';
import type { DisclosureReport } from './disclosure.js';
import type { ProofReport } from './proof.js';
import { participantOf, type Proved } from './report.js';
import type { FileReport } from './verify.js';

/** The most operations that are spelt out; a full batch has a thousand. */
const SHOWN = 10;
/** The longest line, in characters; `--json` has all of it. */
const WIDTH = 300;

/** A report for people to read, line by line. */
export function textOf(report: FileReport): string {
  const lines = report.checks.map(checkLine);
  if (report.kind !== undefined) {
    lines.push('', ...kindLines(report));
  } else if (report.proved) lines.push('', ...provedLines(report.proved));
  lines.push('', 'Not proved', ...report.notProved.map((sentence) => `  ${sentence}`), '', verdict(report));
  return lines.map(printable).join('\n');
}

function kindLines(report: Exclude<FileReport, { readonly kind?: never }>): string[] {
  switch (report.kind) {
    case 'audit':
      return report.rows.map(rowLine);
    case 'proof':
      return proofLines(report);
    case 'bundle':
      return bundleLines(report);
    case 'disclosure':
      return report.ok ? JSON.stringify(report.document, undefined, 2).split('\n') : [];
  }
}

function proofLines({
  operation,
  input,
  saidBy,
  saidAt = '',
  chaincode = '',
  claims,
  transactions,
  ok,
}: ProofReport): string[] {
  const lines = [`Asked  ${operation} ${JSON.stringify(input)}`];
  if (!ok) return [...lines, ...transactions.filter((entry) => !entry.ok).map(entryLine)];
  return [
    ...lines,
    `Answered by chaincode ${chaincode} on the peers of ${saidBy.map(({ member }) => member).join(', ')} at ${saidAt}`,
    `Proved by ${String(transactions.length)} transactions`,
    ...claims.proved.map((path) => `  ${path}`),
  ];
}

function checkLine({ check, ok, detail }: Check): string {
  return `${mark(ok)} ${check.padEnd(13)} ${detail}`;
}

function mark(ok: boolean): string {
  return ok ? '✔' : '✘';
}

function bundleLines({ transactions, complete }: BundleReport): string[] {
  return [
    `${String(transactions.filter(({ ok }) => ok).length)} of ${String(transactions.length)} transactions proved`,
    ...transactions.map(entryLine),
    ...(complete
      ? [`Complete: the file holds every block from ${String(complete.from)} to ${String(complete.to)}`]
      : []),
  ];
}

function rowLine({ row, ok, remark }: AuditEntry): string {
  const { block, index, at = '', participant = '', operations, thingCount, outcome } = row;
  const words = [
    at,
    participant,
    operations.join(', '),
    `${String(thingCount)} things`,
    outcome,
    remark ?? '',
  ];
  return `  ${mark(ok)} ${String(block)}.${String(index)}  ${words.filter(Boolean).join('  ')}`;
}

function entryLine({ txId, ok, checks, proved }: BundleEntry): string {
  const failed = checks.find((check) => !check.ok);
  if (!proved) return `  ${mark(ok)} ${txId}  ${failed?.check ?? ''}: ${failed?.detail ?? ''}`;
  const what = [...new Set(proved.operations.map(({ operation }) => operation))].join(', ');
  const outcome = [undefined, 'VALID'].includes(proved.validation) ? '' : `  ${proved.validation ?? ''}`;
  return `  ${mark(ok)} ${txId}  ${proved.time}  ${participantOf(proved.caller)}  ${what}${outcome}`;
}

function provedLines(proved: Proved): string[] {
  const { operations } = proved;
  const where = proved.block === undefined ? '' : `, block ${String(proved.block)}`;
  return [
    'Proved',
    `  transaction  ${proved.txId}`,
    `  on           channel ${proved.channel}${where}`,
    `  at           ${proved.time}, as the caller states`,
    `  by           ${participantOf(proved.caller)}`,
    `  endorsed by  ${proved.endorsers.map(participantOf).join(', ')}`,
    `  as asks      ${proved.policy}`,
    ...operations
      .slice(0, SHOWN)
      .flatMap(({ operation, input, outcome }) => [
        `  ${operation}`,
        `    said       ${JSON.stringify(input)}`,
        ...(outcome === undefined ? [] : [`    outcome    ${JSON.stringify(outcome)}`]),
      ]),
    ...(operations.length > SHOWN
      ? [`  and ${String(operations.length - SHOWN)} more; --json shows all`]
      : []),
  ];
}

function verdict(report: FileReport): string {
  if (report.kind === 'disclosure') return copyVerdict(report);
  const { ok, anchored, anchor, kind } = report;
  const file = kind === undefined ? 'receipt' : 'file';
  if (!ok)
    return file === 'file'
      ? 'The file does not hold: what is marked ✘ failed.'
      : 'The receipt proves nothing: the check marked ✘ failed.';
  if (anchored) return `The ${file} holds.`;
  return `The ${file} holds if you know ${anchor ?? ''} to be the anchor of this network; --anchor makes that a check.`;
}

function copyVerdict({ ok, compared }: DisclosureReport): string {
  if (!ok) return 'The copy proves nothing.';
  if (compared) return 'The copy holds: what it shows is what was announced.';
  return 'The copy holds if the mapping record has that hash as dataHash; --hash makes that a check.';
}

/** Names in a file may hold anything, also what steers a terminal. */
function printable(line: string): string {
  const plain = line.replace(/[\p{Cc}\p{Cf}]/gu, '�');
  return plain.length > WIDTH ? `${plain.slice(0, WIDTH)}…` : plain;
}
