// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { memberFolders, msp, readIssued } from '../../crypto/folders.js';
import { CryptoError, issueCrypto } from '../../crypto/issue.js';
import { organisationOf } from '../../plan/plan.js';
import type { ConsortiumPlan, Plan } from '../../plan/types.js';
import { type Chaincode, loadChaincode } from './chaincode.js';
import { Channel } from './channel.js';
import { type MemberIdentity, Members } from './identity.js';
import { MemberPeer } from './member-peer.js';
import { Orderer } from './orderer.js';
import { EmbeddedPeer, type ServedChannel } from './peer.js';
import { Store } from './store.js';

/** What a caller may change about a run. */
export interface EmbeddedOptions {
  /** Called with one line for each step of the start. */
  readonly onProgress?: (line: string) => void;
}

/** A whole Fabric network in this process. */
export interface EmbeddedNetwork {
  /** The door one member's gateway uses. @throws TopologyError when the plan has no such member */
  peer(member: string): EmbeddedPeer;
  /** Commits what was accepted, ends every stream and frees the folder. */
  close(): Promise<void>;
}

/**
 * Starts the embedded network: every member's peer with its own copy of the state and its own instance of the real
 * chaincode, endorsement by policy, ordering, validation, blocks, events and private data. Makes missing keys and
 * certificates below `dir/crypto`; the ledger is in `dir/ledger` and is where the last acknowledged commit left it,
 * whatever ended the process before.
 *
 * @throws EmbeddedError when another process uses the folder or a chaincode cannot be loaded
 */
export async function startEmbedded(
  plan: Plan,
  dir: string,
  options: EmbeddedOptions = {},
): Promise<EmbeddedNetwork> {
  const progress = options.onProgress ?? (() => undefined);
  const store = await Store.open(join(dir, 'ledger'));
  try {
    await issueCrypto(plan, dir);
    progress('keys and certificates are in place');
    const identities = new Map(plan.organisations.map(({ name }) => [name, readMember(dir, name)]));
    const members = new Members([...identities.values()]);
    const peers = startPeers(plan, identities, members);
    progress('chaincode is loaded');
    const channels = new Map<string, ServedChannel>();
    for (const consortium of plan.consortia) {
      channels.set(consortium.channel, await serve(consortium, plan, store, members, peers));
    }
    progress('ledger is open');
    return {
      peer: (member) => new EmbeddedPeer(organisationOf(plan, member).name, channels),
      close: () => closeAll([...channels.values()], store),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function serve(
  consortium: ConsortiumPlan,
  plan: Plan,
  store: Store,
  members: Members,
  peers: ReadonlyMap<string, MemberPeer>,
): Promise<ServedChannel> {
  const channel = await Channel.open(consortium, store, members);
  return {
    channel,
    orderer: new Orderer(channel, members, plan.consensus),
    peers: new Map([...peers].filter(([member]) => consortium.members.includes(member))),
  };
}

async function closeAll(channels: readonly ServedChannel[], store: Store): Promise<void> {
  await Promise.all(channels.map(({ orderer }) => orderer.close()));
  for (const { channel } of channels) channel.close();
  await store.close();
}

function startPeers(
  plan: Plan,
  identities: ReadonlyMap<string, MemberIdentity>,
  members: Members,
): Map<string, MemberPeer> {
  const peers = new Map<string, MemberPeer>();
  for (const { name, peer } of plan.organisations) {
    const identity = identities.get(name);
    if (!peer || !identity) continue;
    const chaincodes = new Map<string, Chaincode>();
    for (const { members: served, chaincodes: installed } of plan.consortia) {
      if (!served.includes(name)) continue;
      for (const chaincode of installed) {
        if (!chaincodes.has(chaincode.name)) chaincodes.set(chaincode.name, loadChaincode(chaincode.entry));
      }
    }
    const address = `${peer.name}:${String(peer.port)}`;
    peers.set(
      name,
      new MemberPeer(address, identity, members, chaincodes, {
        window: plan.limits.transactionWindow * 1000,
        keyHistory: plan.peers.keyHistory,
      }),
    );
  }
  return peers;
}

function readMember(dir: string, member: string): MemberIdentity {
  const folders = memberFolders(dir, member);
  const authority = readIssued(folders.authority, { certificate: 'cert.pem', key: 'key.pem' });
  const peer = readIssued(join(folders.peer, 'msp'), msp);
  if (!authority) throw new CryptoError(`${member} has no certificate authority below ${dir}`);
  return {
    mspId: member,
    caCertificatesPem: [authority.certificatePem],
    peer: peer ?? { certificatePem: '', privateKeyPem: '' },
  };
}
