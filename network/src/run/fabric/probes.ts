// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import type { PeerPlan } from '../../plan/types.js';
import { hostOf, type Site } from '../../render/site.js';
import { readOperations } from './operations.js';
import { ordererChannels } from './orderers.js';
import type { FabricSite } from './tools.js';

/** Resolves when a member's orderer answers its administrator. */
export async function probeOrderer(network: Omit<FabricSite, 'binaries'>, member: string): Promise<void> {
  await ordererChannels(network, member);
}

/** Resolves when a peer says it is healthy and accepts connections. */
export async function probePeer(site: Site, peer: PeerPlan): Promise<void> {
  await readOperations(site, peer, '/healthz');
  await reachable(hostOf(site, peer.name), peer.port);
}

/** Resolves when something accepts connections there. */
export function reachable(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2_000 });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error(`${host}:${String(port)} does not answer`)));
    socket.on('error', reject);
  });
}

/** Whether a port of this machine is taken. */
export function isTaken(port: number): Promise<boolean> {
  return reachable('127.0.0.1', port).then(
    () => true,
    () => false,
  );
}
