// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { AuditReport, AuditRow } from '@thingledger/protocol';
import { auditPage } from './page.js';

const row: AuditRow = {
  block: 7,
  index: 0,
  txId: 'a'.repeat(64),
  at: '2026-11-20T08:00:00.000Z',
  participant: 'farm@maker',
  operations: ['traceability:registerThing'],
  things: ['urn:x:1'],
  thingCount: 30,
  outcome: 'VALID',
};

const report = (rows: AuditRow[]): AuditReport => ({
  type: 'ThingLedgerAuditReport',
  version: 1,
  channel: 'traceability',
  asked: { member: 'maker' },
  by: 'auditor@inspection',
  at: '2026-11-20T09:00:00.000Z',
  scope: 'all',
  block: 9,
  rows,
  withoutReceipt: [],
  bundle: {
    type: 'ThingLedgerBundle',
    version: 1,
    network: 'fabric',
    channel: 'traceability',
    parts: [],
    configuration: [['AAAA']],
    blocks: [],
    transactions: [],
  },
});

describe('X2: an audit report as a page', () => {
  test('says who asked for what, each row, and how to check it', () => {
    const { text: page } = auditPage(report([row]));
    expect(page).toContain('auditor@inspection, 2026-11-20T09:00:00.000Z');
    expect(page).toContain('member maker');
    expect(page).toContain('urn:x:1, and 29 more');
    expect(page).toContain('not proved: a row may have been left out');
    expect(page).toContain('npx thingledger verify report.json');
  });

  test('nothing that a row holds becomes markup', () => {
    const evil = `"><script>alert('x')</script>&<img src=x onerror=y>`;
    const { text: page } = auditPage(
      report([{ ...row, participant: evil, things: [evil], operations: [evil], outcome: evil }]),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&lt;img');
  });

  test('its policy lets its one style pass and nothing else', () => {
    const { text: page, policy } = auditPage(report([row]));
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    const digest = createHash('sha256').update(style).digest('base64');
    expect(policy).toContain(`style-src 'sha256-${digest}'`);
    expect(policy).toContain("default-src 'none'");
    expect(page.match(/<style|style=/g)).toHaveLength(1);
  });
});
