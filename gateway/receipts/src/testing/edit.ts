// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { FabricBundle } from '@thingledger/protocol/bundle';
import type { FabricReceipt } from '@thingledger/protocol/receipt';
import { readBlock } from '../block.js';
import { fromBase64, toBase64 } from '../bytes.js';
import { common } from '../messages.js';
import type { Report } from '../report.js';
import { readTransaction } from '../transaction.js';

/** A receipt that a gateway gave on real Fabric: two configurations, a block of three transactions, five peers’ word. */
export function realReceipt(): FabricReceipt {
  return JSON.parse(readFileSync(new URL('receipt.fabric.json', import.meta.url), 'utf8')) as FabricReceipt;
}

/** The same as a bundle, of all transactions in its block; the peers’ word is on the first. */
export function realBundle(): FabricBundle {
  const { channel, configuration, definition, block, attestation = '' } = realReceipt();
  const { number, envelopes } = readBlock(fromBase64(block));
  return {
    type: 'ThingLedgerBundle',
    version: 1,
    network: 'fabric',
    channel,
    parts: [[block]],
    configuration: configuration.map((one) => [one]),
    blocks: [[definition], [0]],
    transactions: envelopes.map((envelope, index) => ({
      txId: readTransaction(envelope).txId,
      block: number,
      ...(index === 0 && { attestation: [attestation] }),
    })),
  };
}

/** A block with something in it changed; hashes and signatures stay as they were. */
export function edited(block: string, change: (message: common.Block) => void): string {
  const message = common.Block.deserializeBinary(fromBase64(block));
  change(message);
  return toBase64(message.serializeBinary());
}

/** The same for what the orderers signed and their signatures. */
export function resealed(block: string, change: (signatures: common.Metadata) => void): string {
  return edited(block, (message) => {
    const list = message.getMetadata()?.getMetadataList_asU8() ?? [];
    const signatures = common.Metadata.deserializeBinary(list[0] ?? new Uint8Array());
    change(signatures);
    message.getMetadata()?.setMetadataList([signatures.serializeBinary(), ...list.slice(1)]);
  });
}

/** The check that failed, and why. */
export function failure({ ok, checks }: Report): string {
  const failed = checks.filter((check) => !check.ok);
  return ok || failed.length !== 1 ? 'none' : `${failed[0]?.check ?? ''}: ${failed[0]?.detail ?? ''}`;
}
