// SPDX-License-Identifier: Apache-2.0
import { deflateRawSync } from 'node:zlib';
import type { AuditReport } from '@thingledger/protocol/audit';
import type { Proven } from '@thingledger/protocol/proof';
import { disclose } from '@thingledger/protocol';
import fc from 'fast-check';
import { operationsOf } from './content.js';
import { realBundle, realReceipt } from './testing/edit.js';
import { textOf } from './text.js';
import { verifyFile } from './verify.js';

const bundle = realBundle();
const audit: AuditReport = {
  type: 'ThingLedgerAuditReport',
  version: 1,
  channel: bundle.channel,
  asked: {},
  by: 'auditor@inspection',
  at: '2026-11-20T08:00:00.000Z',
  scope: 'all',
  block: 15,
  rows: [],
  withoutReceipt: [],
  bundle: { ...bundle, complete: { from: 15, to: 15 } },
};
const proven: Proven = {
  answer: {},
  proof: {
    type: 'ThingLedgerProof',
    version: 1,
    operation: 'gateway:traceThing',
    input: {},
    said: realReceipt().attestation ?? '',
    bundle,
  },
};

/** A value with the one at a path replaced; the path is bent to where there is something. */
function replaced(value: unknown, path: readonly number[], by: unknown): unknown {
  const [at, ...rest] = path;
  if (at === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[at % Math.max(1, keys.length)];
  if (key === undefined) return by;
  const inner = replaced((value as Record<string, unknown>)[key], rest, by);
  return Array.isArray(value)
    ? value.map((one: unknown, index) => (String(index) === key ? inner : one))
    : { ...value, [key]: inner };
}

describe('X2 X9: whatever a file holds, there is a report', () => {
  test.each<[string, unknown]>([
    ['bundle', bundle],
    ['audit report', audit],
    ['answer', proven],
    ['copy', disclose({ thing: 'urn:x:1', price: '3.20', salt: 'A'.repeat(22) }, ['/thing'])],
  ])(
    'of a %s with anything in it replaced',
    async (_, file) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
          fc.oneof(fc.jsonValue(), fc.base64String(), fc.integer(), fc.constant('AAAA')),
          async (path, by) => {
            const report = await verifyFile(replaced(file, path, by));
            return typeof report.ok === 'boolean' && textOf(report).length > 0;
          },
        ),
        { numRuns: 60, seed: 20261121 },
      );
    },
    60_000,
  );

  test('however deep a file is nested, there is a report', async () => {
    let nested: unknown = { type: 'ThingLedgerProof' };
    for (let depth = 0; depth < 100_000; depth += 1) nested = { proof: nested };
    expect((await verifyFile(nested)).checks).toMatchObject([{ check: 'form', ok: false }]);
  });

  test('of what was called, whatever its names are; and of what few bytes inflate to, so much', async () => {
    const bomb = deflateRawSync(JSON.stringify({ items: ['x'.repeat(2_000_000)] })).toString('base64url');
    const asked = [
      { operation: { toString: 1 } },
      ...[1, 2, 3, 4].map(() => ({ operation: 'x:y', input: { text: bomb } })),
    ];
    const said = await operationsOf('batch:runBatch', [JSON.stringify({ operations: asked })], '');
    const inflated = said.filter(
      ({ input }) => typeof (input as { text?: unknown } | undefined)?.text === 'object',
    );
    expect([said[0]?.operation, said.length, inflated.length]).toEqual(['', 5, 3]);
  });

  test('of what was called beside its text: what the transaction kept, be it in any form', async () => {
    const text = deflateRawSync('{"items":[{"thing":"urn:x:1"}]}').toString('base64url');
    const asked = ['A', 'B', 7, undefined].map((signature) => ({ operation: 'x:y', input: { signature } }));
    const rows = [{ signature: 'A', text }, { signature: 7, text }, [], null, { signature: 'B', text: {} }];
    const writes = [
      ...rows.map((row, n) => ({ key: `statement/${String(n)}`, value: Buffer.from(JSON.stringify(row)) })),
      { key: 'statement/x', value: Buffer.from('{') },
      { key: 'statement/y', value: undefined },
    ];
    const said = await operationsOf('batch:runBatch', [JSON.stringify({ operations: asked })], '', writes);
    expect(said.map(({ input }) => (input as { text?: unknown }).text)).toEqual([
      { items: [{ thing: 'urn:x:1' }] },
      ...[undefined, undefined, undefined],
    ]);
  });

  test('what took effect is spelt out, whatever else the arguments bring, and however often they name it', async () => {
    const kept = deflateRawSync('{"items":[{"thing":"urn:x:1"}]}').toString('base64url');
    const bomb = deflateRawSync('x'.repeat(3_000_000)).toString('base64url');
    const junk = [1, 2, 3].map(() => ({ operation: 'x:y', input: { text: bomb } }));
    const named = Array.from({ length: 900 }, () => ({ operation: 'x:y', input: { signature: 'A' } }));
    const last = { operation: 'x:y', input: { signature: 'A', text: kept } };
    const operations = [...junk, ...named, last];
    const writes = [
      { key: 'statement/1', value: Buffer.from(JSON.stringify({ signature: 'A', text: kept })) },
    ];
    const said = await operationsOf('batch:runBatch', [JSON.stringify({ operations })], '', writes);
    expect(said.slice(0, 3).map(({ input }) => (input as { text: unknown }).text)).toEqual([
      bomb,
      bomb,
      bomb,
    ]);
    const spelt = said.slice(3).map(({ input }) => (input as { text: unknown }).text);
    expect(spelt).toEqual(Array.from({ length: 901 }, () => ({ items: [{ thing: 'urn:x:1' }] })));
  });

  test('an audit report without its rows, or an answer that no peer signed, does not hold', async () => {
    const report = await verifyFile(audit);
    expect(report.ok).toBe(false);
    expect(textOf(report)).toContain('✘ rows');
    const answer = await verifyFile(proven);
    expect(answer.ok).toBe(false);
    expect(textOf(answer)).toContain(
      '✘ answer        the peers answered GetTransactionByID, not gateway:traceThing',
    );
  });
});
