// SPDX-License-Identifier: Apache-2.0
import { type ChaincodeTopology, locate, parseTopology, type Topology, TopologyError } from '../topology.js';
import { policyMembers, policyNode } from './policy.js';
import { organisationPorts } from './ports.js';
import type { ChaincodePlan, ConsortiumPlan, OrganisationPlan, Plan, PolicyNode } from './types.js';

/** A chaincode to install besides those of the topology, for instance in tests. */
export interface ExtraChaincode extends ChaincodeTopology {
  /** The channel it is installed on; left out: the first consortium's. */
  readonly channel?: string;
}

/** What one run changes about a topology. */
export interface PlanOptions {
  /** Moves every port, so that two networks can run side by side. */
  readonly basePort?: number;
  readonly extraChaincodes?: readonly ExtraChaincode[];
}

/**
 * Derives the complete plan. Pure apart from reading the version in an extra chaincode's package.json when none is
 * given.
 *
 * @throws TopologyError when names do not fit together: an unknown or repeated member, a policy nobody can satisfy …
 */
export function planNetwork(topology: Topology, options: PlanOptions = {}): Plan {
  const whole = withExtras(topology, options.extraChaincodes ?? []);
  const base = options.basePort ?? whole.ports.base;
  unique(
    'organisation',
    whole.organisations.map((o) => o.name),
  );
  unique(
    'channel',
    whole.consortia.map((c) => c.channel),
  );

  const consortia = whole.consortia.map((c) => planConsortium(c, whole));
  const hosted = hostedChaincodes(consortia);
  const organisations = whole.organisations.map((o, index) =>
    planOrganisation(o, organisationPorts(base, index), consenterId(whole, o.name), hosted),
  );
  const { consensus, limits, peers } = whole;
  return { name: whole.name, organisations, consortia, consensus, limits, peers };
}

/** The organisation of this name. @throws TopologyError when the plan has none */
export function organisationOf(plan: Plan, member: string): OrganisationPlan {
  const found = plan.organisations.find((o) => o.name === member);
  if (found === undefined) throw new TopologyError(`no organisation ${member} in network ${plan.name}`);
  return found;
}

/** The consortium on this channel. @throws TopologyError when the plan has none */
export function consortiumOf(plan: Plan, channel: string): ConsortiumPlan {
  const found = plan.consortia.find((c) => c.channel === channel);
  if (found === undefined) throw new TopologyError(`no channel ${channel} in network ${plan.name}`);
  return found;
}

function withExtras(topology: Topology, extras: readonly ExtraChaincode[]): Topology {
  if (extras.length === 0) return topology;
  const first = topology.consortia[0]?.channel;
  const consortia = topology.consortia.map((consortium) => ({
    ...consortium,
    chaincodes: [
      ...consortium.chaincodes,
      ...extras
        .filter((extra) => (extra.channel ?? first) === consortium.channel)
        .map(({ channel: _, ...chaincode }) => ({ ...chaincode, ...locate(chaincode, process.cwd()) })),
    ],
  }));
  return parseTopology({ ...topology, consortia }, 'extra chaincode');
}

function planConsortium(consortium: Topology['consortia'][number], topology: Topology): ConsortiumPlan {
  const where = `channel ${consortium.channel}`;
  unique(`${where}: member`, consortium.members);
  unique(`${where}: orderer`, consortium.orderers);
  unique(
    `${where}: chaincode`,
    consortium.chaincodes.map((c) => c.name),
  );
  const byName = new Map(topology.organisations.map((o) => [o.name, o]));
  for (const member of consortium.members) {
    const organisation = byName.get(member);
    if (organisation === undefined) throw new TopologyError(`${where}: member ${member} is no organisation`);
    if (!organisation.peer) throw new TopologyError(`${where}: member ${member} runs no peer`);
  }
  for (const member of consortium.orderers) {
    if (byName.get(member)?.orderer !== true) throw new TopologyError(`${where}: ${member} runs no orderer`);
  }
  return {
    channel: consortium.channel,
    members: consortium.members,
    // Consenter numbers follow the organisations' order, in whatever order a channel lists them.
    orderers: topology.organisations.map((o) => o.name).filter((o) => consortium.orderers.includes(o)),
    chaincodes: consortium.chaincodes.map((c) => planChaincode(c, consortium.members, where)),
    keyHistory: topology.peers.keyHistory,
  };
}

function planChaincode(
  chaincode: Topology['consortia'][number]['chaincodes'][number],
  members: readonly string[],
  channel: string,
): ChaincodePlan {
  const where = `${channel}: chaincode ${chaincode.name}`;
  const policy = policyNode(chaincode.policy);
  checkThresholds(policy, where);
  const named = [...policyMembers(policy), ...chaincode.collections.flatMap((c) => c.members)];
  const stranger = named.find((m) => !members.includes(m));
  if (stranger !== undefined) throw new TopologyError(`${where}: ${stranger} is no member of the channel`);
  if (chaincode.version === undefined) throw new TopologyError(`${where}: has no version`);
  return {
    name: chaincode.name,
    version: chaincode.version,
    entry: chaincode.entry,
    policy,
    collections: chaincode.collections,
  };
}

function checkThresholds(policy: PolicyNode, where: string): void {
  if ('member' in policy) return;
  if (policy.threshold > policy.of.length) {
    throw new TopologyError(
      `${where}: policy asks for ${String(policy.threshold)} of ${String(policy.of.length)}`,
    );
  }
  for (const part of policy.of) checkThresholds(part, where);
}

/** Chaincode names in order of first mention, with the members that must serve each. */
function hostedChaincodes(consortia: readonly ConsortiumPlan[]): Map<string, Set<string>> {
  const hosted = new Map<string, Set<string>>();
  const versions = new Map<string, string>();
  for (const { channel, chaincodes, members } of consortia) {
    for (const { name, version, entry } of chaincodes) {
      const known = versions.get(name) ?? `${version} of ${entry}`;
      if (known !== `${version} of ${entry}`) {
        throw new TopologyError(
          `channel ${channel}: chaincode ${name} differs from another channel's (${known})`,
        );
      }
      versions.set(name, known);
      hosted.set(name, new Set([...(hosted.get(name) ?? []), ...members]));
    }
  }
  return hosted;
}

function planOrganisation(
  organisation: Topology['organisations'][number],
  ports: ReturnType<typeof organisationPorts>,
  consenter: number,
  hosted: ReadonlyMap<string, ReadonlySet<string>>,
): OrganisationPlan {
  const { name, regulator, participants } = organisation;
  unique(`organisation ${name}: participant`, ['admin', ...participants.map((p) => p.name)]);
  const served = Object.fromEntries(
    [...hosted].flatMap(([chaincode, members], i) =>
      members.has(name) ? [[chaincode, ports.chaincode(i)]] : [],
    ),
  ) as Record<string, number>;
  return {
    name,
    mspId: name,
    regulator,
    ...(organisation.peer && { peer: { name: `peer.${name}`, ...ports.peer } }),
    ...(Object.keys(served).length > 0 && { chaincodeHost: { name: `chaincode.${name}`, ports: served } }),
    ...(organisation.orderer && {
      orderer: { name: `orderer.${name}`, ...ports.orderer, consenterId: consenter },
    }),
    gateway: { name: `gateway.${name}`, ...ports.gateway },
    participants,
  };
}

function consenterId(topology: Topology, member: string): number {
  return topology.organisations.filter((o) => o.orderer).findIndex((o) => o.name === member) + 1;
}

function unique(what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TopologyError(`${what} ${twice} is named twice`);
}
