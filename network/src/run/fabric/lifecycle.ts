// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChaincodePlan, ConsortiumPlan } from '../../plan/types.js';
import { chaincodesOf, definitionFlags } from '../../render/chaincode.js';
import { collectionsFile } from '../../render/files.js';
import { packageChaincode } from './package.js';
import { patiently } from './patience.js';
import { endorserFlags, type FabricSite, ordererFlags, peerCommand } from './tools.js';

/** Installs on every peer the chaincode packages it does not have yet. */
export async function installChaincodes(fabric: FabricSite): Promise<void> {
  const packages = chaincodesOf(fabric.plan).map((chaincode) => {
    const { id, bytes } = packageChaincode(chaincode);
    const file = join(fabric.dir, 'packages', `${chaincode.name}_${chaincode.version}.tar.gz`);
    if (!existsSync(file)) {
      mkdirSync(join(fabric.dir, 'packages'), { recursive: true });
      writeFileSync(file, bytes);
    }
    return { name: chaincode.name, id, file };
  });
  await Promise.all(
    fabric.plan.organisations.map(async ({ name: member, chaincodeHost }) => {
      const needed = packages.filter(({ name }) => chaincodeHost?.ports[name] !== undefined);
      if (needed.length === 0) return;
      const installed = await installedPackages(fabric, member);
      for (const { id, file } of needed) {
        if (!installed.has(id))
          await peerCommand(fabric, member, ['lifecycle', 'chaincode', 'install', file]);
      }
    }),
  );
}

/**
 * Brings a channel's chaincode definitions to the plan's: each member approves, then the definition is committed.
 * A new version in the plan is committed as the next sequence; a changed policy needs a new version.
 */
export async function commitChaincodes(fabric: FabricSite, consortium: ConsortiumPlan): Promise<void> {
  const committed = await committedDefinitions(fabric, consortium);
  // One after another: two commits at once would conflict on the namespace list.
  for (const chaincode of consortium.chaincodes) {
    const before = committed.find((definition) => definition.name === chaincode.name);
    if (before?.version === chaincode.version) continue;
    await commitChaincode(fabric, consortium, chaincode, (before?.sequence ?? 0) + 1);
  }
}

async function commitChaincode(
  fabric: FabricSite,
  consortium: ConsortiumPlan,
  chaincode: ChaincodePlan,
  sequence: number,
): Promise<void> {
  const { channel, members } = consortium;
  const collections =
    chaincode.collections.length > 0 ? join(fabric.dir, collectionsFile(channel, chaincode.name)) : undefined;
  const definition = [...definitionFlags(chaincode, channel, collections), '--sequence', String(sequence)];
  const first = members[0] ?? '';
  const ready = JSON.parse(
    await peerCommand(fabric, first, lifecycle('checkcommitreadiness', ...definition, '--output', 'json')),
  ) as { approvals: Record<string, boolean> };
  const packageId = packageChaincode(chaincode).id;
  await Promise.all(
    members
      .filter((member) => ready.approvals[member] !== true)
      .map((member) =>
        withOrderer(fabric, consortium, (orderer) =>
          peerCommand(
            fabric,
            member,
            lifecycle('approveformyorg', ...orderer, ...definition, '--package-id', packageId),
          ),
        ),
      ),
  );
  const commit = (): Promise<void> =>
    withOrderer(fabric, consortium, (orderer) =>
      peerCommand(
        fabric,
        first,
        lifecycle('commit', ...orderer, ...definition, ...endorserFlags(fabric, members)),
      ),
    );
  await patiently(commit, (error) => BEHIND.test(String(error)));
}

/** What the commit of a definition says while a peer does not have the block with the last approval yet. */
export const BEHIND = /ProposalResponsePayloads do not match|not agreed to by this org/;

/**
 * Waits until every member's peer answers for every chaincode of its channels: definition seen, host connected,
 * contract loaded.
 *
 * @param patience milliseconds to keep asking
 */
export async function awaitChaincodes(
  fabric: FabricSite,
  consortium: ConsortiumPlan,
  patience = 60_000,
): Promise<void> {
  const { channel, members, chaincodes } = consortium;
  const question = JSON.stringify({ Args: ['org.hyperledger.fabric:GetMetadata'] });
  const deadline = Date.now() + patience;
  const ask = (member: string, name: string): Promise<string> => {
    const query = ['chaincode', 'query', '-C', channel, '-n', name, '-c', question];
    return patiently(
      () => peerCommand(fabric, member, query),
      () => true,
      deadline - Date.now(),
    );
  };
  await Promise.all(
    members.map(async (member) => {
      for (const { name } of chaincodes) await ask(member, name);
    }),
  );
}

async function installedPackages(fabric: FabricSite, member: string): Promise<Set<string>> {
  const answer = await peerCommand(fabric, member, lifecycle('queryinstalled', '--output', 'json'));
  const { installed_chaincodes: installed } = JSON.parse(answer) as {
    installed_chaincodes?: { package_id: string }[];
  };
  return new Set((installed ?? []).map((p) => p.package_id));
}

async function committedDefinitions(
  fabric: FabricSite,
  { channel, members }: ConsortiumPlan,
): Promise<{ name: string; version: string; sequence: number }[]> {
  const answer = await peerCommand(
    fabric,
    members[0] ?? '',
    lifecycle('querycommitted', '--channelID', channel, '--output', 'json'),
  );
  const { chaincode_definitions: definitions } = JSON.parse(answer) as {
    chaincode_definitions?: { name: string; version: string; sequence: number }[];
  };
  return definitions ?? [];
}

/**
 * Hands a transaction to the channel's orderers, one after the other until one takes it. The first consenter leads a
 * fresh channel, and a follower would hold the request for the forward time-out.
 */
async function withOrderer(
  fabric: FabricSite,
  { orderers }: ConsortiumPlan,
  submit: (flags: string[]) => Promise<string>,
): Promise<void> {
  let failure: unknown;
  for (const member of orderers) {
    try {
      await submit(ordererFlags(fabric, member));
      return;
    } catch (error) {
      failure ??= error;
      if (!/orderer client failed|broadcast|ServiceUnavailable|SERVICE_UNAVAILABLE/i.test(String(error)))
        break;
    }
  }
  throw failure;
}

function lifecycle(command: string, ...flags: string[]): string[] {
  return ['lifecycle', 'chaincode', command, ...flags];
}
