// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OrganisationPlan, Plan } from '../../plan/types.js';
import { connectionsFolder } from '../../render/chaincode.js';
import { nodeFlags } from '../../render/flags.js';
import { folders } from '../../render/site.js';
import { probeOrderer, probePeer, reachable } from '../fabric/probes.js';
import type { Binaries } from '../fabric/tools.js';
import type { NodeCommand } from './process.js';

/** One process of the native network. */
export interface NativeNode {
  readonly name: string;
  readonly kind: 'orderer' | 'peer' | 'chaincode';
  readonly member: string;
  /** Ports it must be able to take. */
  readonly ports: readonly number[];
  readonly command: (binaries: Binaries) => NodeCommand;
  /** Resolves when it serves, rejects while it does not yet. */
  readonly probe: () => Promise<unknown>;
}

const hostProgram = fileURLToPath(new URL('../fabric/chaincode-host.js', import.meta.url));

/** Every process of the plan, in the order to start them: chaincode first, since peers dial it. */
export function nativeNodes(plan: Plan, dir: string): NativeNode[] {
  return [
    ...plan.organisations.flatMap((o) => chaincodeNode(o, dir)),
    ...plan.organisations.flatMap((o) => ordererNode(plan, o, dir)),
    ...plan.organisations.flatMap((o) => peerNode(o, dir)),
  ];
}

function logging(quiet: string): { FABRIC_LOGGING_SPEC: string } {
  return { FABRIC_LOGGING_SPEC: process.env['FABRIC_LOGGING_SPEC'] ?? quiet };
}

function ordererNode(plan: Plan, { name: member, orderer }: OrganisationPlan, dir: string): NativeNode[] {
  if (orderer === undefined) return [];
  const { name, port, adminPort, operationsPort } = orderer;
  const cwd = join(dir, folders.config(name));
  return [
    {
      name,
      kind: 'orderer',
      member,
      ports: [port, adminPort, operationsPort],
      command: (binaries) => ({
        name,
        file: binaries.orderer,
        args: ['start'],
        cwd,
        env: { FABRIC_CFG_PATH: cwd, ...logging('warn') },
      }),
      probe: () => probeOrderer({ plan, dir, site: 'loopback' }, member),
    },
  ];
}

function peerNode(organisation: OrganisationPlan, dir: string): NativeNode[] {
  const { name: member, peer } = organisation;
  if (peer === undefined) return [];
  const cwd = join(dir, folders.config(peer.name));
  return [
    {
      name: peer.name,
      kind: 'peer',
      member,
      ports: [peer.port, peer.chaincodePort, peer.operationsPort],
      command: (binaries) => ({
        name: peer.name,
        file: binaries.peer,
        args: ['node', 'start'],
        cwd,
        env: {
          FABRIC_CFG_PATH: cwd,
          THINGLEDGER_CONNECTIONS: join(dir, connectionsFolder(organisation)),
          ...logging('warn'),
        },
      }),
      probe: () => probePeer('loopback', peer),
    },
  ];
}

function chaincodeNode({ name: member, chaincodeHost }: OrganisationPlan, dir: string): NativeNode[] {
  if (chaincodeHost === undefined) return [];
  const { name } = chaincodeHost;
  const ports = Object.values(chaincodeHost.ports);
  return [
    {
      name,
      kind: 'chaincode',
      member,
      ports,
      command: () => ({
        name,
        file: process.execPath,
        args: [...nodeFlags, '--enable-source-maps', hostProgram, dir, member],
        cwd: dir,
        // The shim and the contract API log every transaction at their default level.
        env: { CORE_CHAINCODE_LOGGING_LEVEL: 'WARNING', NODE_OPTIONS: '' },
      }),
      probe: () => Promise.all(ports.map((port) => reachable('127.0.0.1', port))),
    },
  ];
}
