// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsortiumPlan } from '../../plan/types.js';
import { joinOrderer } from './orderers.js';
import { type FabricSite, peerCommand, runCommand } from './tools.js';

/** Creates a consortium's channel where it is missing, and makes orderers and peers join that have not. */
export async function ensureChannel(fabric: FabricSite, consortium: ConsortiumPlan): Promise<void> {
  const { channel, orderers, members } = consortium;
  const block = await genesisBlock(fabric, channel);
  await Promise.all(orderers.map((member) => joinOrderer(fabric, member, channel, block)));
  await Promise.all(
    members.map(async (member) => {
      if ((await joinedChannels(fabric, member)).includes(channel)) return;
      await peerCommand(fabric, member, ['channel', 'join', '--blockpath', block]);
    }),
  );
}

/** Channels a member's peer has joined. */
async function joinedChannels(fabric: FabricSite, member: string): Promise<string[]> {
  const lines = (await peerCommand(fabric, member, ['channel', 'list'])).split('\n');
  return lines.slice(1).map((line) => line.trim());
}

/** Made once and kept: every node must begin with the same block. */
async function genesisBlock({ dir, binaries }: FabricSite, channel: string): Promise<string> {
  const file = join(dir, 'channels', `${channel}.block`);
  if (existsSync(file)) return file;
  mkdirSync(join(dir, 'channels'), { recursive: true });
  const making = `${file}.new`;
  await runCommand(binaries.configtxgen, [
    ...['-configPath', join(dir, 'config'), '-profile', channel],
    ...['-channelID', channel, '-outputBlock', making],
  ]);
  renameSync(making, file);
  return file;
}
