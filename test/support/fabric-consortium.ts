// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import {
  identitiesFile,
  killGateway,
  startGateways,
  startLocal,
  stopLocal,
  type LocalSite,
} from '@thingledger/gateway';
import { organisationOf, reserveBasePort, type NativeNetwork } from '@thingledger/network';
import { newFolder } from './behaviour-network.js';
import { Consortium } from './consortium.js';
import { until } from './until.js';

/** A member that is away for some seconds gets none of its records rejected for it. */
const PATIENCE = { THINGLEDGER_VERIFIER_PATIENCE_SECONDS: '120' };

/** A whole consortium on real Fabric from nothing, every part of it a process that a test may kill. */
export interface FabricConsortium {
  readonly consortium: Consortium;
  readonly native: NativeNetwork;
  readonly site: LocalSite;
  readonly channel: string;
  /** Number of blocks that a peer or orderer has of the channel. */
  height(node: string): Promise<number>;
  /** Waits until a node has all that another one has now. */
  catchesUp(node: string, other: string): Promise<void>;
  /** SIGKILL to a member's gateway. */
  killGateway(member: string): Promise<void>;
  /** Starts a member's gateway that does not run and waits until it is ready. */
  startGateway(member: string): Promise<void>;
  /** Starts everything that does not run, so that the next test finds all of it. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts it.
 *
 * @param onProgress called with a line for people at every step
 * @param further variables of the gateways
 */
export async function startFabricConsortium(
  onProgress: (line: string) => void,
  further: Readonly<Record<string, string>> = {},
): Promise<FabricConsortium> {
  const variables = { ...PATIENCE, ...further };
  const dir = await newFolder();
  // Its own while its nodes are killed and started again, too.
  const ports = await reserveBasePort();
  const close = async (): Promise<void> => {
    await stopLocal({ dir });
    ports.release();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const { identities, site, native } = await startLocal({
      network: 'fabric',
      dir,
      basePort: ports.base,
      variables,
      onProgress,
    });
    if (native === undefined) throw new Error('the local network on Fabric came without its processes');
    const channel = site.plan.consortia[0]?.channel ?? '';
    const height = (node: string): Promise<number> => heightOf(site, node, channel);
    return {
      consortium: Consortium.open(identitiesFile(dir)),
      native,
      site,
      channel,
      height,
      catchesUp: async (node, other) => {
        const target = await until(`the height of ${other}`, () => height(other), 60_000);
        await until(`block ${String(target)} at ${node}`, async () => (await height(node)) >= target, 60_000);
      },
      killGateway: (member) => killGateway(site, member),
      startGateway: (member) => startGateways(site, [member], variables),
      heal: async () => {
        for (const { name, pid } of native.nodes()) if (pid === undefined) await native.restart(name);
        await startGateways(site, Object.keys(identities.members), variables);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function heightOf({ plan }: LocalSite, node: string, channel: string): Promise<number> {
  const [kind, member = ''] = node.split('.');
  const { peer, orderer } = organisationOf(plan, member);
  const port = (kind === 'orderer' ? orderer : peer)?.operationsPort;
  const signal = AbortSignal.timeout(2000);
  const metrics = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`, { signal })).text();
  const gauge = new RegExp(`^ledger_blockchain_height\\{channel="${channel}"\\} (\\S+)$`, 'm').exec(
    metrics,
  )?.[1];
  if (gauge === undefined) throw new Error(`${node} does not tell its height`);
  return Number(gauge);
}
