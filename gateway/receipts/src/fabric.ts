// SPDX-License-Identifier: Apache-2.0
import type { FabricReceipt } from '@thingledger/protocol/receipt';
import { readBlock } from './block.js';
import { fromBase64 } from './bytes.js';
import { Channel } from './channel.js';
import type { Draft } from './report.js';

/** Checks a receipt of Fabric, step by step, into a draft report. Ends with the first check that fails. */
export async function verifyFabric(receipt: FabricReceipt, draft: Draft, anchor?: string): Promise<void> {
  const { checks } = draft;
  const blocks = await checks.make(
    'form',
    () => receipt.configuration.map((block) => readBlock(fromBase64(block))),
    (all) => `${String(all.length)} configuration blocks`,
  );
  const channel = await Channel.open(receipt.channel, blocks, draft, anchor);
  const { attestation } = receipt;
  const { proved } = await channel.verify(
    {
      txId: receipt.txId,
      block: () => readBlock(fromBase64(receipt.block)),
      definition: () => readBlock(fromBase64(receipt.definition)),
      ...(attestation !== undefined && { attestation: () => fromBase64(attestation) }),
      newest: true,
      turnedDown: false,
    },
    checks,
  );
  draft.proved = proved;
}
