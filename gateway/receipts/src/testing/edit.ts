// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { FabricReceipt } from '@thingledger/protocol/receipt';
import { fromBase64, toBase64 } from '../bytes.js';
import { common } from '../messages.js';
import type { Report } from '../report.js';

/** A receipt that a gateway gave on real Fabric: two configurations, a block of three transactions, five peers’ word. */
export function realReceipt(): FabricReceipt {
  return JSON.parse(readFileSync(new URL('receipt.fabric.json', import.meta.url), 'utf8')) as FabricReceipt;
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
