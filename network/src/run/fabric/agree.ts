// SPDX-License-Identifier: Apache-2.0
import { ensureChannel } from './channel.js';
import { awaitChaincodes, commitChaincodes, installChaincodes } from './lifecycle.js';
import { awaitMembership } from './operations.js';
import type { FabricSite } from './tools.js';

/**
 * Brings running nodes to what the plan says: channels joined, chaincode installed, approved and committed; then
 * waits until every chaincode answers on every peer and the peers know one another. Does only what is not done yet.
 */
export async function agree(fabric: FabricSite, progress: (message: string) => void): Promise<void> {
  const { consortia } = fabric.plan;
  for (const consortium of consortia) {
    progress(`channel ${consortium.channel}: orderers and peers join`);
    await ensureChannel(fabric, consortium);
  }
  progress('installing chaincode');
  await installChaincodes(fabric);
  for (const consortium of consortia) {
    const names = consortium.chaincodes.map((c) => c.name).join(', ');
    progress(`channel ${consortium.channel}: members agree on ${names || 'no chaincode'}`);
    await commitChaincodes(fabric, consortium);
    progress(`channel ${consortium.channel}: waiting until every peer answers`);
    await Promise.all([awaitChaincodes(fabric, consortium), awaitMembership(fabric, consortium)]);
  }
}
