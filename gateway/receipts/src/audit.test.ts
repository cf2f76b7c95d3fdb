// SPDX-License-Identifier: Apache-2.0
import { calledNames, type AuditReport, type AuditRow } from '@thingledger/protocol/audit';
import type { AuditVerification } from './audit.js';
import { openBundle } from './bundle.js';
import { edited, realBundle, realReceipt } from './testing/edit.js';
import { verifyFile } from './verify.js';

const bundle = realBundle();
const complete = { from: 15, to: 15 };
let rows: AuditRow[];

beforeAll(async () => {
  const { places } = await openBundle(bundle);
  rows = places.map(({ block, index, validation, proved, transaction }) => ({
    block,
    index,
    txId: transaction.txId,
    at: proved.time,
    participant: `${proved.caller.name}@${proved.caller.member}`,
    operations: calledNames(proved.operations.map(({ operation }) => operation)),
    things: [],
    thingCount: 0,
    outcome: validation,
  }));
});

function reportWith(over: Partial<AuditReport> = {}): AuditReport {
  return {
    type: 'ThingLedgerAuditReport',
    version: 1,
    channel: bundle.channel,
    asked: { fromBlock: 15, toBlock: 15 },
    by: 'auditor@inspection',
    at: '2026-11-20T08:00:00.000Z',
    scope: 'all',
    block: 15,
    rows,
    withoutReceipt: [],
    bundle: { ...bundle, complete },
    ...over,
  };
}

async function failure(report: AuditReport): Promise<string> {
  const { ok, checks } = (await verifyFile(report)) as AuditVerification;
  const failed = checks.find((check) => !check.ok);
  expect(ok).toBe(failed === undefined);
  return failed?.detail ?? '';
}

/** The report with its last row said to have no receipt, and changed. */
function bared(over: Partial<AuditRow>, rest: Partial<AuditReport['bundle']> = {}): AuditReport {
  const last = { ...rows.at(-1)!, ...over };
  return reportWith({
    rows: [...rows.slice(0, -1), last],
    withoutReceipt: [`${String(last.block)}.${String(last.index)}`],
    bundle: {
      ...bundle,
      transactions: bundle.transactions.slice(0, -1),
      ...rest,
    } as AuditReport['bundle'],
  });
}

describe('X2: a report that somebody changed', () => {
  test('as it was, it holds', async () => {
    expect(await failure(reportWith())).toBe('');
  });

  test('a row can not be kept from its receipt, whatever it is made to say', async () => {
    const took = 'it took effect on the ledger, but the file has no receipt of it';
    expect(await failure(bared({}, { complete }))).toContain(took);
    expect(await failure(bared({ participant: 'mallory@maker', block: 99 }))).toContain(took);
    expect(await failure(bared({ outcome: 'MVCC_READ_CONFLICT' }, { complete }))).toContain(
      'differs from its block: outcome',
    );
    expect(await failure(bared({ participant: 'mallory@maker' }, { complete }))).toContain(
      'differs from its block: participant',
    );
  });

  test('it holds the blocks that were asked for, or does not hold', async () => {
    const wider = reportWith({ asked: { fromBlock: 14, toBlock: 15 } });
    expect(await failure(wider)).toContain('blocks were asked for that the file does not have');
    const later = reportWith({ asked: { fromBlock: 15, toBlock: 20 }, block: 16 });
    expect(await failure(later)).toContain('blocks were asked for that the file does not have');
    const ended = reportWith({ asked: { fromBlock: 15, toBlock: 20 } });
    const { ok, notProved } = (await verifyFile(ended)) as AuditVerification;
    expect([ok, notProved.join(' ').includes('What came after block 15')]).toEqual([true, true]);
  });

  test('what nobody signed about outcomes is not said to be proved', async () => {
    const flagged = edited(realReceipt().block, (message) => {
      const list = message.getMetadata()?.getMetadataList_asU8() ?? [];
      message
        .getMetadata()
        ?.setMetadataList(list.map((one, slot) => (slot === 2 ? Uint8Array.of(0, 11, 0) : one)));
    });
    const { places } = await openBundle(bundle);
    const second = places[1]!.transaction.txId;
    const lied = reportWith({
      asked: { fromBlock: 15, toBlock: 15, validity: 'valid' },
      rows: rows.filter(({ txId }) => txId !== second),
      bundle: {
        ...bundle,
        parts: [[flagged]],
        transactions: bundle.transactions.filter(({ txId }) => txId !== second),
        complete,
      },
    });
    const { notProved } = (await verifyFile(lied)) as AuditVerification;
    expect(notProved.join(' ')).toContain('That no row was left out by its outcome');
    const { rows: entries } = (await verifyFile(reportWith())) as AuditVerification;
    expect(entries[1]?.remark).toBe('its outcome is the word of the gateway alone');
  });
});
