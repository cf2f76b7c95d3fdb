// SPDX-License-Identifier: Apache-2.0
import type { AuditRow, Bundle } from '@thingledger/protocol';
import type { BundleRequest, Ledger } from '../ledger/port.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';
import { startConsortium, type TestConsortium } from '../testing/consortium.js';
import { auditHandlers } from './audit.js';

const row = (block: number, index: number): AuditRow => ({
  block,
  index,
  txId: `tx${String(block)}${String(index)}`,
  operations: [],
  things: [],
  thingCount: 0,
  outcome: 'VALID',
});

describe('X2: an audit report', () => {
  test('says which of its rows have no receipt, and asks for no block that is not there', async () => {
    const asked: BundleRequest[] = [];
    const proved = [{ txId: 'tx30', block: 3 }];
    const ledger = {
      bundle: async (_channel: string, request: BundleRequest) => {
        asked.push(request);
        return { transactions: proved } as Bundle;
      },
    } as unknown as Ledger;
    const reader = { evaluate: async () => ({ roles: ['auditor'] }) } as unknown as LedgerReader;
    const page = { rows: [row(2, 0), row(3, 0)], block: 7 };
    const { getAuditReport } = auditHandlers({
      ledger,
      channel: 'c',
      reader,
      readModel: { audit: async () => page },
    });
    const as = { id: 'auditor@inspection', member: 'inspection', administrator: false } as Principal;
    const report = await getAuditReport({ limit: 10, fromBlock: 2, toBlock: 9, complete: 'true' }, as, {});
    expect(report).toMatchObject({
      scope: 'all',
      by: 'auditor@inspection',
      withoutReceipt: ['2.0'],
      block: 7,
    });
    expect(asked).toEqual([
      {
        transactions: [
          { block: 2, index: 0 },
          { block: 3, index: 0 },
        ],
        skip: true,
        complete: { from: 2, to: 7 },
      },
    ]);
  });
});

describe('X2: a gateway without a read model', () => {
  let consortium: TestConsortium;

  beforeAll(async () => {
    consortium = await startConsortium();
  }, 60_000);
  afterAll(() => consortium.remove(), 30_000);

  const ask = async (path: string): Promise<readonly [status: number, answer: unknown]> => {
    const headers = { 'X-API-Key': consortium.keyOf('auditor@inspection') };
    const response = await fetch(`${consortium.urlOf('inspection')}${path}`, { headers });
    return [response.status, await response.json()];
  };

  test('refuses audits, and still proves answers', async () => {
    for (const path of ['/audit', '/audit/report']) {
      expect(await ask(path)).toMatchObject([501, { code: 'TL-READ-MODEL-OFF' }]);
    }
    expect(await ask('/rules?verify=proof')).toMatchObject([200, { proof: { type: 'ThingLedgerProof' } }]);
  });
});
