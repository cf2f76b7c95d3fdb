// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { AuditReport, AuditRow } from '@thingledger/protocol';
import { Consortium } from '../support/consortium.js';
import { accepted, announce, held, refusalOf, type TestThing } from '../support/custody.js';
import { until } from '../support/until.js';
import { verified } from '../support/verified.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const processor = 'processor@maker';
const auditor = 'auditor@inspection';
const onFabric = consortium.identities.network === 'fabric';
const PATIENCE_MS = 20_000;

type Asked = Parameters<ReturnType<Consortium['as']>['audit']>[0];

/** The rows of an answer, once there are enough of them: a read model may be a moment behind. */
async function rowsOf(asked: Asked, least: number, by = auditor): Promise<AuditRow[]> {
  return until(
    `${String(least)} rows`,
    async () => {
      const { rows } = await consortium.as(by).audit(asked);
      if (rows.length < least) throw new Error(`${String(rows.length)} rows`);
      return rows;
    },
    PATIENCE_MS,
  );
}

const operationsIn = (rows: readonly AuditRow[]): string[] =>
  rows.flatMap(({ operations }) => operations.map((id) => id.split(':')[1] ?? ''));

describe('X2: who did what', () => {
  let item: TestThing;
  let thing: string;
  let rows: AuditRow[];

  beforeAll(async () => {
    item = await held(consortium, farm);
    await accepted(consortium, farm, await announce(consortium, item, farm, processor));
    ({ thing } = (await consortium.as(farm).getThing({ thing: item.thing })).thing);
    // Registered, announced twice, voted on twice each.
    rows = await rowsOf({ thing: item.thing }, 7);
  });

  test('to a thing: everything, in order, votes too', () => {
    expect(rows).toHaveLength(7);
    expect(operationsIn(rows).sort()).toEqual([
      'announceMappingRecord',
      'announceMappingRecord',
      'registerThing',
      ...operationsIn(rows).filter((name) => name.startsWith('voteOnRecord')),
    ]);
    expect(rows[0]).toMatchObject({ participant: farm, outcome: 'VALID', things: [thing], thingCount: 1 });
    const places = rows.map(({ block, index }) => block * 10_000 + index);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const row of rows) expect(row.things).toContain(thing);
  });

  test('by participant, member, operation, time and validity, page by page', async () => {
    const asked = { thing: item.thing };
    const by = await rowsOf({ ...asked, member: 'customs' }, 2);
    expect(new Set(by.map(({ participant }) => participant))).toEqual(new Set(['agent@customs']));
    expect(await rowsOf({ ...asked, participant: farm }, 3)).toHaveLength(3);
    expect(await rowsOf({ ...asked, about: processor }, 1)).toHaveLength(1);
    expect(await rowsOf({ ...asked, operation: 'registerThing' }, 1)).toHaveLength(1);
    expect(await rowsOf({ ...asked, operation: 'traceability:registerThing' }, 1)).toHaveLength(1);
    expect(await rowsOf({ ...asked, since: '2999-01-01T00:00:00Z' }, 0)).toEqual([]);
    const [, , { at: third = '' } = {}] = rows;
    const before = rows.filter(({ at = '' }) => at <= third);
    expect(await rowsOf({ ...asked, until: third }, before.length)).toEqual(before);
    expect(await rowsOf({ ...asked, validity: 'invalid' }, 0)).toEqual([]);
    const paged: AuditRow[] = [];
    for (let after: string | undefined, turn = 0; turn < 10; turn += 1) {
      const page = await consortium
        .as(auditor)
        .audit({ ...asked, limit: 2, ...(after === undefined ? {} : { after }) });
      paged.push(...page.rows);
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(paged).toEqual(rows);
  });

  test('a participant sees what it did or is named in, an administrator the same of its member', async () => {
    const own = await rowsOf({ thing: item.thing }, 1, processor);
    expect(operationsIn(own)).toEqual(['announceMappingRecord']);
    const member = await rowsOf({ thing: item.thing }, 3, 'admin@maker');
    expect(member.map(({ participant }) => participant)).toEqual([farm, farm, farm]);
    expect((await consortium.as('trucker@carrier').audit({ thing: item.thing })).rows).toEqual([]);
    expect((await consortium.as('trucker@carrier').audit({})).scope).toBe('participant');
  });

  test('what is no filter is refused', async () => {
    const ask = (asked: object): Promise<string> => refusalOf(consortium.as(auditor).audit(asked));
    expect(await ask({ since: 'yesterday' })).toBe('TL-INPUT-INVALID');
    expect(await ask({ thing: '(01)09506000134353(21)X' })).toBe('TL-ID-CHECK-DIGIT');
    expect(await ask({ limit: 100_000 })).toBe('TL-INPUT-INVALID');
    expect(await ask({ after: '1; drop' })).toBe('TL-INPUT-INVALID');
    const complete = { complete: 'true' as const };
    expect(await refusalOf(consortium.as(auditor).getAuditReport(complete))).toBe('TL-INPUT-INVALID');
    const range = { ...complete, fromBlock: 0, toBlock: 1 };
    expect(await refusalOf(consortium.as(farm).getAuditReport(range))).toBe('TL-CALLER-ROLE');
    const future = { ...complete, fromBlock: 100_000, toBlock: 100_001 };
    expect(await refusalOf(consortium.as(auditor).getAuditReport(future))).toBe('TL-INPUT-INVALID');
    const wide = { ...complete, fromBlock: 0, toBlock: 100_000 };
    expect(await refusalOf(consortium.as(auditor).getAuditReport(wide))).toBe('TL-PROOF-TOO-LARGE');
  });

  describe('as a report', () => {
    let report: AuditReport;

    beforeAll(async () => {
      report = await consortium.as(auditor).getAuditReport({ thing: item.thing });
    });

    test('it proves each row without the network', async () => {
      const found = await verified('audit', report);
      expect(found.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(found).toMatchObject({ kind: 'audit', ok: true });
      expect(found.rows.map(({ row }) => row)).toEqual(rows);
      expect(found.rows.every(({ ok }) => ok)).toBe(true);
      expect(found.notProved.join(' ')).toContain('That no row was left out');
    });

    test.each<[string, (row: AuditRow) => AuditRow, string]>([
      ['somebody else', (row) => ({ ...row, participant: 'trucker@carrier' }), 'participant'],
      ['another time', (row) => ({ ...row, at: '2026-01-01T00:00:00.000Z' }), 'at'],
      ['another operation', (row) => ({ ...row, operations: ['traceability:voteOnRecord'] }), 'operations'],
      ['another outcome', (row) => ({ ...row, outcome: 'MVCC_READ_CONFLICT' }), 'outcome'],
      ['another place', (row) => ({ ...row, index: row.index + 5000 }), 'index'],
      ['another transaction', (row) => ({ ...row, txId: 'a'.repeat(64) }), 'does not prove its transaction'],
    ])('a row with %s is found out', async (_, change, reason) => {
      const [first, ...rest] = report.rows;
      const found = await verified('audit', { ...report, rows: [change(first!), ...rest] });
      expect(found.ok).toBe(false);
      expect(found.checks.find(({ ok }) => !ok)).toMatchObject({
        check: 'rows',
        detail: expect.stringContaining(reason) as unknown,
      });
    });

    test('rows left out, doubled or moved are found out', async () => {
      const [first, second, ...rest] = report.rows;
      for (const [forged, reason] of [
        [[second, ...rest], 'which has no row'],
        [[first, first, second, ...rest], 'comes twice'],
        [[second, first, ...rest], 'out of order'],
      ] as const) {
        const found = await verified('audit', { ...report, rows: forged });
        expect(found.ok).toBe(false);
        expect(found.checks.at(-1)?.detail).toContain(reason);
      }
    });

    test('as a page: readable, without a script, with the file attached by its hash', async () => {
      const url = `${consortium.gatewayOf(auditor)}/audit/report?thing=${encodeURIComponent(item.thing)}`;
      const headers = { 'X-API-Key': consortium.apiKeyOf(auditor), Accept: 'text/html' };
      const response = await fetch(url, { headers });
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-/,
      );
      const page = await response.text();
      expect(page).not.toMatch(/<script|javascript:| on\w+=/i);
      expect(page).toContain(rows[0]?.txId);
      const [, base64 = ''] = /href="data:application\/json;base64,([^"]+)"/.exec(page) ?? [];
      const json = Buffer.from(base64, 'base64').toString('utf8');
      expect(page).toContain(createHash('sha256').update(json).digest('hex'));
      expect((await verified('audit', JSON.parse(json))).ok).toBe(true);
    });

    test('of the first blocks, where rows are without receipt: what they say is in their blocks', async () => {
      const whole = await consortium
        .as(auditor)
        .getAuditReport({ fromBlock: 0, toBlock: 12, complete: 'true', limit: 500 });
      expect(whole.rows.length).toBeGreaterThan(10);
      expect(whole.withoutReceipt).toContain('0.0');
      const found = await verified('audit', whole);
      expect(found.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(found.rows.filter(({ ok }) => !ok)).toEqual([]);
      expect(found.ok).toBe(true);
    });

    test('of a range of blocks it is complete: nothing in them can be left out', async () => {
      const range = { fromBlock: rows[0]?.block ?? 0, toBlock: rows.at(-1)?.block ?? 0 };
      const whole = await consortium
        .as(auditor)
        .getAuditReport({ ...range, participant: farm, complete: 'true' });
      const found = await verified('audit', whole);
      expect(found.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(found.ok).toBe(true);
      expect(found.complete).toEqual(onFabric ? { from: range.fromBlock, to: range.toBlock } : undefined);
      expect(found.notProved.join(' ').includes('That no row was left out')).toBe(!onFabric);
      expect(found.notProved.join(' ').includes('no report of it can be complete')).toBe(!onFabric);
      const { bundle } = whole;
      // Without one row and its transaction the file holds in itself, but it is not complete any more.
      const [, ...rest] = whole.rows;
      const without = { ...bundle, transactions: bundle.transactions.slice(1) };
      const cut = await verified('audit', { ...whole, rows: rest, bundle: without });
      expect(cut.ok).toBe(!onFabric);
      expect(
        cut.checks
          .map(({ detail }) => detail)
          .join(' ')
          .includes('was asked for, but has no row'),
      ).toBe(onFabric);
    });
  });
});
