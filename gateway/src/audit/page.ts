// SPDX-License-Identifier: Apache-2.0
import { sha256, type AuditReport, type AuditRow } from '@thingledger/protocol';
import { html, type Html } from '../http/html.js';
import { pageOf, type Page } from '../http/page.js';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .5rem; text-align: left; vertical-align: top; }
dd, td:nth-child(n + 5) { overflow-wrap: anywhere; } code { font-size: 12px; }
td:nth-child(-n + 3) { white-space: nowrap; } td:nth-child(5) { min-width: 12rem; } td:last-child { width: 9.5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { color: #555; } dd { margin: 0; }
tr.invalid td { color: #8a1c1c; }
@media print { body { margin: 0; max-width: none; } table { font-size: 10px; } a { color: inherit; } tr { break-inside: avoid; } }
`;

/**
 * An audit report as one page for people: self-contained, printable, with the report itself attached, by whose hash the
 * two belong together. The page proves nothing; the attached file does.
 */
export function auditPage(report: AuditReport): Page {
  const json = JSON.stringify(report);
  const { rows, bundle } = report;
  const file = `data:application/json;base64,${Buffer.from(json).toString('base64')}`;
  const facts: (readonly [string, string])[] = [
    [
      'Channel',
      `${report.channel} (${bundle.network === 'fabric' ? 'Hyperledger Fabric' : 'embedded network'})`,
    ],
    ['Asked by', `${report.by}, ${report.at}`],
    ['Asked for', askedIn(report) || 'everything'],
    ['Shown', scopes[report.scope]],
    ['Known up to', `block ${String(report.block)}`],
    ['Rows', `${String(rows.length)}${report.next === undefined ? '' : ', and there are more'}`],
    ['Took effect', String(rows.filter(({ outcome }) => outcome === 'VALID').length)],
    ['Complete', completeIn(report)],
    ['SHA-256 of the file', sha256(json)],
  ];
  return pageOf(
    `Audit report of channel ${report.channel}`,
    STYLE,
    html`<h1>Audit report</h1>
      <dl>
        ${facts.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      ${bundle.network === 'embedded' ? NO_EVIDENCE : undefined}
      <h2>What was done</h2>
      <table>
        <thead>
          <tr>
            ${COLUMNS.map((column) => html`<th>${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(rowOf)}
        </tbody>
      </table>
      <h2>How to check it</h2>
      <p>
        This page proves nothing by itself. <a download="report.json" href="${file}">Save the report</a>; its
        SHA-256 is the one above. Then, on any machine, without a network:
      </p>
      <p><code>npx thingledger verify report.json --anchor …</code></p>
      <p>
        The anchor is the hash of the channel’s first block. Have it from a source of its own. The command
        checks every row against the blocks in the file, and says what they do not prove.
      </p>`,
  );
}

const COLUMNS = ['Block', 'When', 'Who', 'Operation', 'Things', 'Outcome', 'Transaction'];

const NO_EVIDENCE = html`<p>
  <strong>The embedded network is for development. Its reports are no evidence.</strong>
</p>`;

const scopes: Readonly<Record<AuditReport['scope'], string>> = {
  all: 'all transactions of the channel',
  member: 'what the member of the caller did or is named in',
  participant: 'what the caller did or is named in',
};

function askedIn({ asked }: AuditReport): string {
  return Object.entries(asked)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

function completeIn({ bundle }: AuditReport): string {
  const complete = bundle.network === 'fabric' ? bundle.complete : undefined;
  return complete
    ? `every block from ${String(complete.from)} to ${String(complete.to)} is in the file`
    : 'not proved: a row may have been left out';
}

function rowOf({
  block,
  index,
  txId,
  at,
  participant,
  operations,
  things,
  thingCount,
  outcome,
}: AuditRow): Html {
  const more = thingCount > things.length ? [`and ${String(thingCount - things.length)} more`] : [];
  const cells = [
    `${String(block)}.${String(index)}`,
    at ?? '',
    participant ?? '',
    operations.join(', '),
    [...things, ...more].join(', '),
    outcome,
    txId,
  ];
  return html`<tr class="${outcome === 'VALID' ? 'valid' : 'invalid'}">
    ${cells.map((cell) => html`<td>${cell}</td>`)}
  </tr>`;
}
