// SPDX-License-Identifier: Apache-2.0
import type { FabricBundle } from '@thingledger/protocol/bundle';
import type { BundleReport } from './bundle.js';
import { common } from './messages.js';
import { Parts } from './pieces.js';
import { TestChannel } from './testing/channel.js';
import { edited, realBundle, realReceipt } from './testing/edit.js';
import { textOf } from './text.js';
import { verifyFile, verifyReceipt } from './verify.js';

const bundle = realBundle();
const { definition, block } = realReceipt();

/** Everything that failed, in the file and in its transactions. */
async function failures(file: unknown, anchor?: string): Promise<string> {
  const report = await verifyFile(file, anchor === undefined ? {} : { anchor });
  const failed = [
    ...report.checks,
    ...('transactions' in report ? report.transactions : []).flatMap(({ checks }) => checks),
  ];
  const found = failed.flatMap(({ ok, check, detail }) => (ok ? [] : [`${check}: ${detail}`]));
  expect(report.ok).toBe(found.length === 0);
  return found.join('; ');
}

const first = (): FabricBundle['transactions'][number] => bundle.transactions[0]!;

describe('X2 X9: a bundle', () => {
  test('holds, and proves of each transaction what its receipt proves', async () => {
    const report = (await verifyFile(bundle)) as BundleReport;
    expect(await failures(bundle)).toBe('');
    const alone = await verifyReceipt(realReceipt());
    expect(report.transactions[0]?.proved).toEqual(alone.proved);
    expect(report.transactions).toHaveLength(3);
    expect(report).toMatchObject({ ok: true, anchored: false, anchor: alone.anchor });
    // Two of the three have nobody’s word that they took effect.
    expect(report.notProved.join(' ')).toContain('too few members’ peers attest');
    expect(textOf(report)).toContain(`✔ ${first().txId}`);
  });

  test('holds without any transaction, and proves nothing then', async () => {
    expect(await failures({ ...bundle, parts: [], blocks: [], transactions: [] })).toBe('');
  });

  test('tells which one of its transactions does not hold; the others still do', async () => {
    const [one, two, three] = bundle.transactions;
    const changed = { ...bundle, transactions: [one, { ...two, txId: 'a'.repeat(64) }, three] };
    const report = (await verifyFile(changed)) as BundleReport;
    expect(report.transactions.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(report.ok).toBe(false);
    expect(textOf(report)).toContain(`✘ ${'a'.repeat(64)}  transaction: the block does not hold`);
  });

  test('what was turned down is proved as such, by the peers’ word', async () => {
    const flagged = edited(block, (message) => {
      const list = message.getMetadata()?.getMetadataList_asU8() ?? [];
      const codes = list.map((one, slot) => (slot === 2 ? Uint8Array.of(0, 11, 0) : one));
      message.getMetadata()?.setMetadataList(codes);
    });
    const report = (await verifyFile({ ...bundle, parts: [[flagged]] })) as BundleReport;
    expect(report.transactions[1]?.proved).toMatchObject({ validation: 'MVCC_READ_CONFLICT', endorsers: [] });
    // Where peers gave their word, the note in the block must say the same.
    const lied = edited(block, (message) => {
      const list = message.getMetadata()?.getMetadataList_asU8() ?? [];
      message
        .getMetadata()
        ?.setMetadataList(list.map((one, slot) => (slot === 2 ? Uint8Array.of(11, 0, 0) : one)));
    });
    expect(await failures({ ...bundle, parts: [[lied]] })).toContain(
      'validity: the peers attest VALID, the block says MVCC_READ_CONFLICT',
    );
  });

  test('every block of a range: a transaction in it can not be left out', async () => {
    const complete = { from: 15, to: 15 };
    const report = (await verifyFile({ ...bundle, complete })) as BundleReport;
    expect(report).toMatchObject({ ok: true, complete });
    expect(await failures({ ...bundle, complete: { from: 14, to: 15 } })).toContain(
      'the file lacks block 14',
    );
    expect(await failures({ ...bundle, complete: { from: 0, to: 1e9 } })).toContain(
      'lacks blocks of the range',
    );
    expect(await failures({ ...bundle, complete: { from: 15, to: 14 } })).toContain('ends before it begins');
    const bare = { ...bundle, transactions: [] };
    expect(await failures(bare)).toContain('needed: block');
  });
});

describe('X2 X9: a changed bundle does not hold', () => {
  const signature = edited(block, (message) => {
    const list = message.getMetadata()?.getMetadataList_asU8() ?? [];
    const signatures = common.Metadata.deserializeBinary(list[0] ?? new Uint8Array());
    signatures.setSignaturesList(signatures.getSignaturesList().slice(1));
    message.getMetadata()?.setMetadataList([signatures.serializeBinary(), ...list.slice(1)]);
  });

  test.each<[string, () => unknown, string]>([
    ['no bundle', () => ({ type: 'ThingLedgerBundle' }), 'form: no receipt: network'],
    ['an unknown member', () => ({ ...bundle, more: 1 }), 'form: no receipt: the file'],
    ['a block cut short', () => ({ ...bundle, parts: [[block.slice(0, -400)]] }), 'form: '],
    ['a block left out', () => ({ ...bundle, blocks: [[definition]] }), 'block: the file lacks block 15'],
    ['the definition left out', () => ({ ...bundle, blocks: [[0]] }), 'definition: the file lacks block'],
    ['blocks in another order', () => ({ ...bundle, blocks: [[0], [definition]] }), 'form: block'],
    ['a block twice', () => ({ ...bundle, blocks: [[definition], [0], [0]] }), 'form: block 15 comes twice'],
    ['too few orderers', () => ({ ...bundle, parts: [[signature]] }), 'signed by 2 of 4 orderers'],
    [
      'a configuration left out',
      () => ({ ...bundle, configuration: bundle.configuration.slice(0, 1) }),
      'orderers: block 15 was made under the',
    ],
    [
      'configurations in another order',
      () => ({ ...bundle, configuration: [...bundle.configuration].reverse() }),
      'anchor: the first configuration block is not',
    ],
    [
      'transactions in another order',
      () => ({ ...bundle, transactions: [...bundle.transactions].reverse() }),
      'comes out of order',
    ],
    [
      'a transaction twice',
      () => ({ ...bundle, transactions: [first(), ...bundle.transactions] }),
      'comes twice',
    ],
    [
      'the peers’ word on another transaction',
      () => ({
        ...bundle,
        transactions: bundle.transactions.map((one) => ({ ...one, attestation: first().attestation })),
      }),
      'validity: what the peers attest is about something else',
    ],
    ['another channel’s name', () => ({ ...bundle, channel: 'other' }), 'is of channel traceability'],
    [
      'a part that comes later',
      () => ({ ...bundle, parts: [[1], [block]] }),
      'form: part 1 is named before it comes',
    ],
    ['a part that names itself', () => ({ ...bundle, parts: [[0]] }), 'form: part 0 is named before'],
  ])('%s', async (_, file, reason) => {
    expect(await failures(file())).toContain(reason);
  });

  test('another anchor', async () => {
    expect(await failures(bundle, 'f'.repeat(64))).toContain('anchor: the receipt is of the channel');
  });

  test('a foreign channel’s block', async () => {
    const foreign = (await TestChannel.open()).receipt();
    const transactions = [{ txId: foreign.txId, block: 2 }];
    const blocks = [[foreign.definition], [foreign.block]];
    expect(await failures({ ...bundle, blocks, transactions })).toContain(
      'transaction: the transaction is of channel trade',
    );
  });

  test('a block that nothing needs', async () => {
    const { number } = { number: 14 };
    const idle = edited(definition, (message) => message.getHeader()?.setNumber(number));
    expect(await failures({ ...bundle, blocks: [[definition], [idle], [0]] })).toContain(
      'needed: block 14 is in the file, but nothing in it needs it',
    );
  });

  test('parts that grow without end are cut off', () => {
    const parts = Array.from({ length: 60 }, (_, at) => (at === 0 ? ['AAAA'] : [at - 1, at - 1]));
    expect(() => new Parts(parts)).toThrow('more bytes than a file may hold');
  });
});
