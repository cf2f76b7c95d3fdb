// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { organisationOf, peerConnection, type Plan, type Site } from '@thingledger/network';
import type { Env } from '../config/env.js';

/** Which of the two kinds of local network. */
export type NetworkKind = 'embedded' | 'fabric';

/** Name of the participant that a regulator's verifier agent votes as, where the topology has one. */
const AGENT = 'agent';

/** A local network: what it is made of and where it lies. */
export interface LocalSite {
  readonly network: NetworkKind;
  readonly plan: Plan;
  /** Folder of this network alone, below the data folder. */
  readonly dir: string;
  /** Processes on this machine when left out. */
  readonly where?: Site;
}

/** Where the information server of a member is, in a local network. */
export function informationServerOf({ plan, where }: LocalSite, member: string): string {
  // On one machine the number, not a name: what `localhost` means differs between machines.
  const host = where === 'containers' ? `information.${member}` : '127.0.0.1';
  return `https://${host}:${String(organisationOf(plan, member).gateway.informationServerPort)}`;
}

/** Data folder of one member's gateway. */
export function gatewayDir({ dir }: LocalSite, member: string): string {
  return join(dir, 'gateways', member);
}

/** The variables of one member's gateway in a local network; what they leave out has its default. */
export function gatewayEnv(site: LocalSite, member: string): Env {
  const { plan, dir, network, where } = site;
  const { gateway, participants } = organisationOf(plan, member);
  const consortium = plan.consortia.find(({ members }) => members.includes(member));
  const connection = network === 'fabric' ? peerConnection(plan, dir, member, where) : undefined;
  return {
    THINGLEDGER_MEMBER: member,
    THINGLEDGER_DATA_DIR: gatewayDir(site, member),
    THINGLEDGER_CRYPTO_DIR: dir,
    THINGLEDGER_PORT: String(gateway.port),
    THINGLEDGER_INFORMATION_SERVER_PORT: String(gateway.informationServerPort),
    THINGLEDGER_INFORMATION_SERVER_ADDRESS: informationServerOf(site, member),
    THINGLEDGER_ALLOW_PRIVATE_ADDRESSES: 'true',
    ...(consortium && {
      THINGLEDGER_CHANNEL: consortium.channel,
      THINGLEDGER_CHAINCODE: consortium.chaincodes[0]?.name ?? consortium.channel,
    }),
    ...(participants.some(({ name }) => name === AGENT) && {
      THINGLEDGER_VERIFIER_AGENT: AGENT,
      // On one machine a server that is down is down on purpose: nobody wants to watch that for ten minutes.
      THINGLEDGER_VERIFIER_PATIENCE_SECONDS: '8',
    }),
    ...(connection && {
      THINGLEDGER_PEER_ADDRESS: connection.endpoint,
      THINGLEDGER_PEER_HOST_NAME: connection.hostAlias,
    }),
  };
}
