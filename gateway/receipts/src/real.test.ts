// SPDX-License-Identifier: Apache-2.0
import type { FabricReceipt } from '@thingledger/protocol/receipt';
import fc from 'fast-check';
import { readBlock } from './block.js';
import { fromBase64 } from './bytes.js';
import { common } from './messages.js';
import { TestChannel } from './testing/channel.js';
import { edited, failure, realReceipt, resealed } from './testing/edit.js';
import { verifyReceipt } from './verify.js';

const receipt = realReceipt();
const anchor = readBlock(fromBase64(receipt.configuration[0] ?? '')).hash;

const change = (change: (block: common.Block) => void): FabricReceipt => ({
  ...receipt,
  block: edited(receipt.block, change),
});

const reseal = (change: (signatures: common.Metadata) => void): FabricReceipt => ({
  ...receipt,
  block: resealed(receipt.block, change),
});

describe('X2 X9: a receipt taken on real Fabric', () => {
  test('holds, and says who did what, by whose word', async () => {
    const report = await verifyReceipt(receipt, { anchor });
    expect(failure(report)).toBe('none');
    expect(report).toMatchObject({ ok: true, anchored: true, anchor });
    expect(report.proved).toMatchObject({
      channel: 'traceability',
      txId: receipt.txId,
      block: 15,
      index: 0,
      caller: { name: 'farm', member: 'maker' },
      operations: [{ operation: 'traceability:registerThing', outcome: { ok: true } }],
      effect: { enough: true },
    });
    expect(report.proved?.orderers.map(({ member }) => member)).toEqual(['inspection', 'customs', 'maker']);
    expect(report.proved?.endorsers.map(({ member }) => member).sort()).toEqual(['customs', 'maker']);
    expect(report.proved?.effect?.attestedBy).toHaveLength(5);
  });

  test('without an anchor it names the one it found', async () => {
    expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, anchored: false, anchor });
  });

  test('without the peers’ word it holds, but says that it proves less', async () => {
    const { attestation: _, ...bare } = receipt;
    const report = await verifyReceipt(bare);
    expect(report.proved?.effect).toEqual({ attestedBy: [], enough: false });
    expect(report.notProved.join()).toContain('too few members’ peers attest');
  });
});

describe('X2 X9: a changed receipt does not hold', () => {
  const at = (index: number): string => receipt.configuration[index] ?? '';
  const swapped = edited(receipt.block, (block) => {
    const [first, second, ...rest] = block.getData()?.getDataList_asU8() ?? [];
    block.getData()?.setDataList([second, first, ...rest].filter((one) => one !== undefined));
  });

  test.each<[string, unknown, string]>([
    ['no receipt at all', { hello: 1 }, 'form: no receipt: nothing of what gateways give as proof'],
    [
      'a refusal that was saved in its place',
      { type: '/problems/TL-TRANSACTION-UNKNOWN', code: 'TL-TRANSACTION-UNKNOWN', fix: 'Check the id.' },
      'form: no receipt but a gateway’s refusal, TL-TRANSACTION-UNKNOWN: Check the id.',
    ],
    ['nothing', null, 'form: no receipt'],
    ['an unknown member', { ...receipt, more: 1 }, 'form: no receipt: the file'],
    ['a block cut short', { ...receipt, block: receipt.block.slice(0, -400) }, 'block: '],
    ['a block that is none', { ...receipt, block: 'AAAA' }, 'block: '],
    [
      'another transaction’s id',
      { ...receipt, txId: '0'.repeat(64) },
      'transaction: the block does not hold',
    ],
    [
      'transactions in another order',
      { ...receipt, block: swapped },
      'block: the data of block 15 do not match',
    ],
    [
      'configurations in another order',
      { ...receipt, configuration: [...receipt.configuration].reverse() },
      'anchor: the first configuration block is not the first block',
    ],
    [
      'a configuration left out',
      { ...receipt, configuration: [at(0)] },
      'orderers: block 15 was made under the',
    ],
    [
      'a configuration twice',
      { ...receipt, configuration: [at(0), at(1), at(1)] },
      'configuration: configuration 1 in block 13 is out of order',
    ],
    [
      'another definition',
      { ...receipt, definition: receipt.block },
      'definition: the endorsers read the definition',
    ],
    ['the peers’ word on something else', { ...receipt, attestation: receipt.block }, 'validity: '],
    [
      'a later configuration than the orderers say',
      { ...receipt, configuration: [at(0), edited(at(1), (block) => block.getHeader()?.setNumber(14))] },
      'configuration: the orderers did not sign block 14',
    ],
  ])('%s', async (_, forged, reason) => {
    expect(failure(await verifyReceipt(forged))).toContain(reason);
  });

  test('another anchor', async () => {
    const report = await verifyReceipt(receipt, { anchor: 'f'.repeat(64) });
    expect(failure(report)).toContain(`anchor: the receipt is of the channel ${anchor}`);
  });

  test('a foreign channel’s configuration', async () => {
    const foreign = (await TestChannel.open()).receipt();
    const [own] = foreign.configuration;
    expect(failure(await verifyReceipt({ ...receipt, configuration: [own, at(1)] }))).toContain(
      'configuration: configuration block 0 is of channel trade',
    );
    expect(failure(await verifyReceipt({ ...receipt, configuration: [own] }, { anchor }))).toContain(
      'anchor: ',
    );
  });

  test.each<[string, FabricReceipt, string]>([
    [
      'too few orderers',
      reseal((all) => all.setSignaturesList(all.getSignaturesList().slice(1))),
      'orderers: block 15 is signed by 2 of 4 orderers; 3 are needed',
    ],
    [
      'an orderer twice',
      reseal((all) => {
        const [first, second] = all.getSignaturesList();
        if (first && second) all.setSignaturesList([first, second, first]);
      }),
      'twice',
    ],
    [
      'a signature under another’s name',
      reseal((all) => {
        const [first, second] = all.getSignaturesList();
        first?.setIdentifierHeader(second?.getIdentifierHeader_asU8() ?? '');
      }),
      'does not verify',
    ],
    [
      'an orderer nobody knows',
      reseal((all) => {
        const stranger = new common.IdentifierHeader();
        stranger.setIdentifier(9);
        all.getSignaturesList()[0]?.setIdentifierHeader(stranger.serializeBinary());
      }),
      'orderers: block 15 is signed by consenter 9, whom the configuration does not know',
    ],
    [
      'a wrong data hash',
      change((block) => block.getHeader()?.setDataHash(new Uint8Array(32))),
      'block: the data of block 15 do not match',
    ],
    [
      'another block number',
      change((block) => block.getHeader()?.setNumber(16)),
      'orderers: the signature of consenter',
    ],
    [
      'a transaction the peers turned down',
      change((block) => {
        const list = block.getMetadata()?.getMetadataList_asU8() ?? [];
        block
          .getMetadata()
          ?.setMetadataList(list.map((one, slot) => (slot === 2 ? Uint8Array.of(11, 0, 0) : one)));
      }),
      'validity: the peers turned the transaction down',
    ],
  ])('%s', async (_, forged, reason) => {
    expect(failure(await verifyReceipt(forged))).toContain(reason);
  });

  test('an entry that is cut in another way has the same data hash, and is refused', async () => {
    const forged = change((block) => {
      const [first, second, ...rest] = block.getData()?.getDataList_asU8() ?? [];
      if (first && second) block.getData()?.setDataList([Buffer.concat([first, second]), ...rest]);
    });
    expect(failure(await verifyReceipt(forged))).toContain('is not exactly one envelope');
  });
});

type Part = (block: common.Block) => { bytes: Uint8Array; put: (bytes: Uint8Array) => void };

/** The parts of a block that somebody signed, and the signatures. */
const signedParts: readonly Part[] = [
  (block) => ({
    bytes: block.getHeader()?.getPreviousHash_asU8() ?? new Uint8Array(),
    put: (bytes) => block.getHeader()?.setPreviousHash(bytes),
  }),
  (block) => ({
    bytes: block.getHeader()?.getDataHash_asU8() ?? new Uint8Array(),
    put: (bytes) => block.getHeader()?.setDataHash(bytes),
  }),
  (block) => {
    const list = block.getData()?.getDataList_asU8() ?? [];
    return {
      bytes: Buffer.concat(list),
      put: (bytes) => {
        let from = 0;
        block.getData()?.setDataList(list.map(({ length }) => bytes.slice(from, (from += length))));
      },
    };
  },
  (block) => {
    const list = block.getMetadata()?.getMetadataList_asU8() ?? [];
    return {
      bytes: list[0] ?? new Uint8Array(),
      put: (bytes) => block.getMetadata()?.setMetadataList([bytes, ...list.slice(1)]),
    };
  },
];

describe('X2 X9: no byte that is signed can change', () => {
  test('one flipped bit, anywhere in what is signed or in a signature, and the receipt fails', async () => {
    const blocks = ['genesis', 'configuration', 'definition', 'block'] as const;
    const flipped = (
      which: (typeof blocks)[number],
      part: Part,
      place: number,
      bit: number,
    ): FabricReceipt => {
      const flip = (block: string): string =>
        edited(block, (message) => {
          const { bytes, put } = part(message);
          if (bytes.length === 0) return;
          const copy = new Uint8Array(bytes);
          const at = place % copy.length;
          copy[at] = (copy[at] ?? 0) ^ (1 << bit);
          put(copy);
        });
      if (which === 'definition' || which === 'block') return { ...receipt, [which]: flip(receipt[which]) };
      const index = which === 'genesis' ? 0 : 1;
      return {
        ...receipt,
        configuration: receipt.configuration.map((one, at) => (at === index ? flip(one) : one)),
      };
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...blocks),
        fc.nat(signedParts.length - 1),
        fc.nat(),
        fc.nat(7),
        async (which, part, place, bit) => {
          // Nobody signs the first block: its hash is the anchor. It has no signatures and no block before it.
          fc.pre(which !== 'genesis' || part === 1 || part === 2);
          const forged = flipped(which, signedParts[part] as Part, place, bit);
          const { ok, proved } = await verifyReceipt(forged, { anchor });
          return !ok && proved === undefined;
        },
      ),
      { numRuns: 150, seed: 20261121 },
    );
  }, 60_000);
});
