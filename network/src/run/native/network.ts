// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { organisationOf } from '../../plan/plan.js';
import type { Plan } from '../../plan/types.js';
import { hostOf, type Site } from '../../render/site.js';
import { leaderOf } from '../fabric/operations.js';
import { type FabricSite, tlsAuthority } from '../fabric/tools.js';
import { nativeNodes } from './nodes.js';
import { killProcess, logFile, runningPid, stopProcess } from './process.js';
import { startNodes, stopNative } from './supervise.js';

/** How a member's gateway reaches that member's peer. */
export interface PeerConnection {
  readonly mspId: string;
  /** `host:port`, TLS. */
  readonly endpoint: string;
  /** The name in the peer's certificate, for `grpc.ssl_target_name_override`. */
  readonly hostAlias: string;
  readonly tlsAuthorityPem: string;
  /** Channels the member takes part in. */
  readonly channels: readonly string[];
}

/** One process and whether it runs. */
export interface NodeStatus {
  readonly name: string;
  readonly kind: 'orderer' | 'peer' | 'chaincode';
  readonly member: string;
  readonly pid: number | undefined;
  readonly log: string;
}

/** A running native network. Nodes go by their names: `orderer.maker`, `peer.bank`, `chaincode.customs`. */
export interface NativeNetwork {
  readonly plan: Plan;
  readonly dir: string;
  connection(member: string): PeerConnection;
  nodes(): NodeStatus[];
  /** SIGKILL, as a power cut: returns when the process is gone. */
  kill(node: string): Promise<void>;
  /** SIGTERM, then SIGKILL. */
  stopNode(node: string): Promise<void>;
  /** Starts a node that does not run and waits until it serves. A running one is stopped first. */
  restart(node: string): Promise<void>;
  /** Sends a signal such as SIGSTOP; false when the node does not run. */
  signal(node: string, signal: NodeJS.Signals): boolean;
  /** Node name of the orderer that leads a channel. */
  leader(channel: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** How to reach a member's peer in a network whose keys are in this folder, running or not. */
export function peerConnection(
  plan: Plan,
  dir: string,
  member: string,
  site: Site = 'loopback',
): PeerConnection {
  const { peer, mspId } = organisationOf(plan, member);
  if (peer === undefined) throw new RangeError(`${member} runs no peer`);
  return {
    mspId,
    endpoint: `${hostOf(site, peer.name)}:${String(peer.port)}`,
    hostAlias: peer.name,
    tlsAuthorityPem: readFileSync(tlsAuthority(resolve(dir), member), 'utf8'),
    channels: plan.consortia.filter((c) => c.members.includes(member)).map((c) => c.channel),
  };
}

/** The handle of a network that was started. */
export function newNativeNetwork({ plan, dir, binaries }: FabricSite): NativeNetwork {
  const all = nativeNodes(plan, dir);
  const nodeNamed = (name: string) => {
    const node = all.find((n) => n.name === name);
    if (node === undefined)
      throw new RangeError(`no node ${name}; there are ${all.map((n) => n.name).join(', ')}`);
    return node;
  };
  return {
    plan,
    dir,
    connection: (member) => peerConnection(plan, dir, member),
    nodes: () =>
      all.map(({ name, kind, member }) => ({
        name,
        kind,
        member,
        pid: runningPid(dir, name),
        log: logFile(dir, name),
      })),
    kill: (name) => killProcess(dir, nodeNamed(name).name),
    stopNode: (name) => stopProcess(dir, nodeNamed(name).name),
    restart: async (name) => {
      await stopProcess(dir, nodeNamed(name).name);
      await startNodes([nodeNamed(name)], dir, binaries);
    },
    signal: (name, signal) => {
      const pid = runningPid(dir, nodeNamed(name).name);
      return pid !== undefined && process.kill(pid, signal);
    },
    leader: (channel) => leaderOf({ plan, site: 'loopback' }, channel),
    stop: () => stopNative(dir),
  };
}
