// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createClient, type Client } from '@thingledger/client';
import {
  connectFabric,
  createGateway,
  gatewayEnv,
  loadConfig,
  loadSecrets,
  startLocal,
  type Env,
  type Ledger,
  type LocalSite,
} from '@thingledger/gateway';
import {
  freeBasePort,
  loadTopology,
  organisationOf,
  peerConnection,
  planNetwork,
  readIdentity,
  type Identity,
} from '@thingledger/network';
import { newFolder } from './behaviour-network.js';
import { Consortium, Identities } from './consortium.js';

/** One more gateway of a member, in the test's process, configured as the test wants it. */
export interface FurtherGateway {
  readonly url: string;
  /** The consortium that it belongs to, through the gateways that it had before. */
  readonly consortium: Consortium;
  /** The ledger that it writes to. */
  readonly ledger: Ledger;
  /** The identity of a participant of its member, by its common name. */
  identityOf(name: string): Identity;
  /** A client that calls this gateway as a participant of its member. */
  as(participant: string): Promise<Client>;
  /** A new API key of a participant of its member. */
  apiKeyOf(participant: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts it beside the member's own gateway: on free ports, with a data folder of its own and the member's keys. On
 * Fabric it joins the consortium that runs. An embedded network lives in one process, so there a consortium is started
 * for it in this one.
 *
 * @param variables over those that the plan gives the member's gateway
 */
export async function startFurtherGateway(member: string, variables: Env): Promise<FurtherGateway> {
  const running = Consortium.open();
  const host = await (running.identities.network === 'fabric' ? joined(running) : started());
  const dataDir = await newFolder();
  const remove = async (): Promise<void> => {
    await host.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const env: Env = {
      ...gatewayEnv(host.site, member),
      THINGLEDGER_DATA_DIR: dataDir,
      THINGLEDGER_PORT: '0',
      THINGLEDGER_INFORMATION_SERVER_PORT: '0',
      THINGLEDGER_LOG_LEVEL: 'silent',
      THINGLEDGER_READ_MODEL: 'off',
      ...variables,
    };
    const config = loadConfig(env);
    const ledger = host.ledgerOf(member);
    const gateway = await createGateway(config, await loadSecrets(env, config), { ledger });
    return {
      url: gateway.url,
      consortium: host.consortium,
      ledger,
      identityOf: (name) => readIdentity(host.site.dir, member, name),
      as: async (participant) =>
        createClient({ baseUrl: gateway.url, apiKey: await gateway.wallet.apiKeys.issue(participant) }),
      apiKeyOf: (participant) => gateway.wallet.apiKeys.issue(participant),
      close: async () => {
        await gateway.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Host {
  readonly site: LocalSite;
  readonly consortium: Consortium;
  ledgerOf(member: string): Ledger;
  close(): Promise<void>;
}

/** A consortium on real Fabric, by what its identities tell of where it lies. */
async function joined(consortium: Consortium): Promise<Host> {
  const [first] = Object.entries(consortium.identities.members);
  if (!first) throw new RangeError('the identities file names no member');
  const [member, { gateway, vault }] = first;
  const topology = loadTopology();
  const moved = Number(new URL(gateway).port) - organisationOf(planNetwork(topology), member).gateway.port;
  const plan = planNetwork(topology, { basePort: topology.ports.base + moved });
  const site: LocalSite = { network: 'fabric', plan, dir: resolve(vault, '../../..') };
  return {
    site,
    consortium,
    ledgerOf: (name) => connectFabric(peerConnection(plan, site.dir, name)),
    close: () => Promise.resolve(),
  };
}

/** A consortium on an embedded network in this process, in a folder of its own. */
async function started(): Promise<Host> {
  const dir = await newFolder();
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const basePort = await freeBasePort();
    const variables = { THINGLEDGER_LOG_LEVEL: 'silent', THINGLEDGER_READ_MODEL: 'off' };
    const { site, identities, ledgerOf, close } = await startLocal({
      network: 'embedded',
      dir,
      basePort,
      variables,
    });
    return {
      site,
      consortium: new Consortium(Identities.parse(identities)),
      ledgerOf,
      close: async () => {
        await close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
