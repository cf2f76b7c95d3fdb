// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import {
  loadTopology,
  peerConnection,
  planNetwork,
  startEmbedded,
  startNative,
  stopNative,
  type EmbeddedNetwork,
  type NativeNetwork,
  type PlanOptions,
  type Topology,
} from '@thingledger/network';
import type { Logger } from 'pino';
import { loadConfig } from '../config/config.js';
import type { Env } from '../config/env.js';
import { loadSecrets } from '../config/secrets.js';
import { createGateway, type Gateway } from '../gateway.js';
import { connectEmbedded } from '../ledger/embedded/index.js';
import { connectFabric } from '../ledger/fabric/index.js';
import type { Ledger } from '../ledger/index.js';
import { openPglite, type Database } from '../read-model/index.js';
import {
  issueKeys,
  keysFit,
  memberEntry,
  readIdentities,
  writeIdentities,
  type Identities,
} from './identities.js';
import { gatewayUrl, startGateways, stopGateways } from './processes.js';
import { membersOf, seedSite } from './seeding.js';
import { gatewayEnv, type LocalSite, type NetworkKind } from './settings.js';

/** What to start. */
export interface LocalOptions extends PlanOptions {
  readonly network: NetworkKind;
  /** The data folder, `.thingledger`; each kind of network has a folder of its own in it. */
  readonly dir: string;
  readonly topology?: Topology;
  /** Gateways in this process even on Fabric, where each is a process of its own otherwise. */
  readonly inProcess?: boolean;
  /** Variables for every gateway, over those that the plan gives. */
  readonly variables?: Env;
  /** Takes the log of the gateways in this process; none, only their errors are printed. */
  readonly logger?: (member: string) => Logger;
  /** Called with one line for people at every step. */
  readonly onProgress?: (line: string) => void;
}

/** A local consortium that runs: network, governance, a gateway a member. */
export interface LocalNetwork {
  readonly site: LocalSite;
  readonly identities: Identities;
  /** The gateways in this process, by member. */
  readonly gateways: ReadonlyMap<string, Gateway>;
  /** A further door to the ledger through a member's peer; whoever opens it closes it. */
  ledgerOf(member: string): Ledger;
  /** On Fabric, the handle of its processes. */
  readonly native?: NativeNetwork;
  /** Stops what runs in this process. Fabric and gateways that are processes of their own run on; see {@link stopLocal}. */
  close(): Promise<void>;
}

/**
 * Starts, or takes up again, a whole local consortium: the network, its governance with the sample participants, and
 * one gateway a member; writes `identities.json`. What exists is kept, and so are the ports it was started on before
 * unless others are given.
 */
export async function startLocal(options: LocalOptions): Promise<LocalNetwork> {
  const progress = options.onProgress ?? (() => undefined);
  const dir = join(resolve(options.dir), options.network);
  const known = await readIdentities(join(dir, 'identities.json'));
  // Records name the address of their information server: on other ports nobody finds what was announced before.
  const basePort = options.basePort ?? known?.basePort;
  const topology = options.topology ?? loadTopology();
  const plan = planNetwork(topology, { ...options, ...(basePort !== undefined && { basePort }) });
  if (known && (known.basePort ?? topology.ports.base) !== (basePort ?? topology.ports.base))
    progress('on other ports than before: data announced until now is looked for at the former ones');
  const site: LocalSite = { network: options.network, plan, dir };
  const network = await startNetwork(site, progress);
  const closing: (() => Promise<unknown>)[] = [() => network.close()];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    await seedSite(site, (member) => network.ledgerOf(member), progress);
    const members = membersOf(site);
    const gateways = new Map<string, Gateway>();
    const separate = options.network === 'fabric' && options.inProcess !== true;
    progress(`starting ${String(members.length)} gateways`);
    if (separate) {
      for (const member of members)
        if (!(await keysFit(site, member, known))) await stopGateways(site, [member]);
    }
    const issued = await Promise.all(members.map((member) => issueKeys(site, member, known)));
    const participants = Object.fromEntries(issued.flatMap((keys) => Object.entries(keys)));
    if (separate) await startGateways(site, members, options.variables as Record<string, string> | undefined);
    else {
      // Each PGlite takes hundreds of megabytes: those in one process share it.
      const database = await openPglite(join(site.dir, 'read-model'));
      closing.push(() => database.close());
      closing.push(() => Promise.all([...gateways.values()].map((gateway) => gateway.stop())));
      // All of them settle before any failure is told: what came up must be there to be stopped.
      const started = await Promise.allSettled(
        members.map(async (member) => {
          gateways.set(
            member,
            await startInProcess(site, member, network.ledgerOf(member), database, options),
          );
        }),
      );
      const failed = started.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason as Error;
    }
    const urlOf = (member: string): string => gateways.get(member)?.url ?? gatewayUrl(site, member);
    const identities: Identities = {
      network: options.network,
      ...(basePort !== undefined && { basePort }),
      members: Object.fromEntries(
        members.map((member) => [member, memberEntry(site, member, urlOf(member))]),
      ),
      participants,
    };
    await writeIdentities(resolve(options.dir), site, identities);
    return {
      site,
      identities,
      gateways,
      ledgerOf: (member) => network.ledgerOf(member),
      ...(network.native && { native: network.native }),
      close,
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** Stops the processes of a local Fabric network and its gateways; its state stays. Harmless when nothing runs. */
export async function stopLocal(options: Pick<LocalOptions, 'dir' | 'topology'>): Promise<void> {
  const dir = join(resolve(options.dir), 'fabric');
  const plan = planNetwork(options.topology ?? loadTopology());
  await stopGateways(
    { dir },
    plan.organisations.map(({ name }) => name),
  );
  await stopNative(dir);
}

interface Network {
  readonly native?: NativeNetwork;
  ledgerOf(member: string): Ledger;
  close(): Promise<void>;
}

async function startNetwork(
  { network, plan, dir }: LocalSite,
  onProgress: (line: string) => void,
): Promise<Network> {
  if (network === 'embedded') {
    const embedded: EmbeddedNetwork = await startEmbedded(plan, dir, { onProgress });
    return { ledgerOf: (member) => connectEmbedded(embedded.peer(member)), close: () => embedded.close() };
  }
  const native = await startNative(plan, dir, { onProgress });
  return {
    native,
    ledgerOf: (member) => connectFabric(peerConnection(plan, dir, member)),
    close: () => Promise.resolve(),
  };
}

async function startInProcess(
  site: LocalSite,
  member: string,
  ledger: Ledger,
  database: Database,
  options: LocalOptions,
): Promise<Gateway> {
  const env: Env = { THINGLEDGER_LOG_LEVEL: 'warn', ...gatewayEnv(site, member), ...options.variables };
  const config = loadConfig(env);
  return createGateway(config, await loadSecrets(env, config), {
    ledger,
    database,
    ...(options.logger && { logger: options.logger(member) }),
  });
}
