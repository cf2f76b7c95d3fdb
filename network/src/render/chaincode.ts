// SPDX-License-Identifier: Apache-2.0
import type { ChaincodePlan, CollectionPlan, OrganisationPlan, Plan } from '../plan/types.js';
import { policyString } from '../plan/policy.js';
import { folders, hostOf, listenOn, type Site } from './site.js';

/** What a chaincode host process serves. */
export interface ChaincodeHostConfig {
  readonly member: string;
  readonly chaincodes: readonly {
    readonly name: string;
    readonly version: string;
    readonly entry: string;
    /** `host:port` to listen on. */
    readonly address: string;
  }[];
}

/** Every chaincode of the plan once, in order of first mention. */
export function chaincodesOf(plan: Plan): ChaincodePlan[] {
  const byName = new Map(plan.consortia.flatMap((c) => c.chaincodes).map((c) => [c.name, c]));
  return [...byName.values()];
}

/** The host's configuration for a member that runs a peer. */
export function chaincodeHostConfig(
  plan: Plan,
  organisation: OrganisationPlan,
  site: Site,
): ChaincodeHostConfig {
  const ports = organisation.chaincodeHost?.ports ?? {};
  return {
    member: organisation.name,
    chaincodes: chaincodesOf(plan).flatMap(({ name, version, entry }) => {
      const port = ports[name];
      return port === undefined
        ? []
        : [{ name, version, entry, address: `${listenOn(site)}:${String(port)}` }];
    }),
  };
}

/** TLS of the connection between a member's peer and its chaincode host, PEM. */
export interface ConnectionTls {
  readonly clientKey: string;
  readonly clientCertificate: string;
  readonly authority: string;
}

/** The connection.json by which a member's peer finds one chaincode's server. */
export function renderConnection(
  organisation: OrganisationPlan,
  chaincode: string,
  tls: ConnectionTls,
  site: Site,
): string {
  const host = organisation.chaincodeHost;
  const port = host?.ports[chaincode];
  if (host === undefined || port === undefined)
    throw new RangeError(`${organisation.name} serves no ${chaincode}`);
  return JSON.stringify({
    address: `${hostOf(site, host.name)}:${String(port)}`,
    dial_timeout: '10s',
    tls_required: true,
    client_auth_required: true,
    client_key: tls.clientKey,
    client_cert: tls.clientCertificate,
    root_cert: tls.authority,
  });
}

/** Where a member's peer keeps its connection.json files, below the data folder. */
export function connectionsFolder(organisation: OrganisationPlan): string {
  return `${folders.config(organisation.peer?.name ?? organisation.name)}/connections`;
}

/** The collections file of `peer lifecycle chaincode approveformyorg`. */
export function renderCollections(collections: readonly CollectionPlan[]): string {
  return JSON.stringify(
    collections.map((collection) => ({
      name: collection.name,
      policy: `OR(${collection.members.map((m) => `'${m}.member'`).join(',')})`,
      requiredPeerCount: collection.requiredPeerCount,
      maxPeerCount: collection.maxPeerCount,
      blockToLive: collection.blockToLive,
      memberOnlyRead: collection.memberOnlyRead,
      memberOnlyWrite: collection.memberOnlyWrite,
    })),
    null,
    2,
  );
}

/** What the members approve and commit about a chaincode, as the peer command's flags. */
export function definitionFlags(
  chaincode: ChaincodePlan,
  channel: string,
  collectionsFile?: string,
): string[] {
  return [
    ...['--channelID', channel, '--name', chaincode.name, '--version', chaincode.version],
    ...['--signature-policy', policyString(chaincode.policy)],
    ...(collectionsFile === undefined ? [] : ['--collections-config', collectionsFile]),
  ];
}
