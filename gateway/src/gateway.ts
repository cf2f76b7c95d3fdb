// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readServerTls } from '@thingledger/network';
import { ConfigError, type GatewayConfig } from './config/config.js';
import type { Secrets } from './config/secrets.js';
import { createDataServices, type DataServices } from './data-services.js';
import { openEpcis, type WebhookOptions } from './epcis/index.js';
import { createLogger, type Logger } from './http/index.js';
import { LedgerDirectory } from './information-server/index.js';
import { startEdge, type Core } from './edge.js';
import { IdempotencyStore } from './idempotency/index.js';
import { memberIdentities } from './identity-source.js';
import { createComparer, createProver, createReader, createWriter, type Ledger } from './ledger/index.js';
import type { Principal } from './principal.js';
import { startReadModel, type Database } from './read-model/index.js';
import { ApiKeys } from './wallet/api-keys.js';
import { Wallet } from './wallet/wallet.js';

const SWEEP_MS = 600_000;
/** What each part that stops has at least, when those before it used up the time for what is in flight. */
const STAGE_SECONDS = 2;

/** What a gateway is given besides its configuration. */
export interface GatewayParts {
  /** The member's door to the ledger. The gateway closes it when it stops. */
  readonly ledger: Ledger;
  readonly logger?: Logger;
  /** The database of the read models of all gateways in this process; none, and each has one of its own. */
  readonly database?: Database;
  /** Whether the process is this gateway's alone, so that its memory and CPU are this gateway's metrics. */
  readonly wholeProcess?: boolean;
}

/** One member's running gateway. */
export interface Gateway {
  readonly member: string;
  /** Where REST is served, `http://127.0.0.1:7080`. */
  readonly url: string;
  /** The https origin of the information server. */
  readonly informationServer: string;
  readonly wallet: Wallet;
  /**
   * Stops without loss: takes nothing new, finishes what is in flight within the configured time, and closes. What could
   * not be finished stays in the journal, and the next start pursues it. Calling it again waits for the same stop.
   */
  stop(): Promise<void>;
}

/** Composes and starts the gateway of one member. Rejects with what is wrong, having closed what it opened. */
export async function createGateway(
  config: GatewayConfig,
  secrets: Secrets,
  parts: GatewayParts,
): Promise<Gateway> {
  const opened: (() => Promise<void>)[] = [() => parts.ledger.close()];
  try {
    return await compose(config, secrets, parts, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close().catch(() => undefined);
    throw error;
  }
}

async function compose(
  config: GatewayConfig,
  secrets: Secrets,
  parts: GatewayParts,
  opened: (() => Promise<void>)[],
): Promise<Gateway> {
  const { ledger, logger = createLogger(config.member, config.logLevel) } = parts;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const wallet = new Wallet({
    member: config.member,
    source: memberIdentities(config.cryptoDir, config.member),
    apiKeys: await ApiKeys.open(apiKeyFile(config), secrets.apiKeySecret),
  });
  const service = await serviceIdentity(config, wallet);
  const idempotency = await IdempotencyStore.open(join(config.dataDir, 'requests'));
  opened.push(() => idempotency.shut());
  const target = { channel: config.ledger.channel, chaincode: config.ledger.chaincode };
  const route = (): typeof target => target;
  const reader = createReader(ledger, route);
  const writer = createWriter({
    ledger,
    journal: idempotency,
    route,
    member: service.identity,
    onFault: (error) => {
      logger.error({ err: error }, 'the ledger writer met a fault of the gateway itself');
    },
  });
  opened.push(() => writer.close());
  const data = await startData(config, { ledger, reader, writer, service, wallet, logger });
  opened.push(() => data.close());
  const directory = new LedgerDirectory(reader, service);
  const epcis = await openEpcis({
    dir: join(config.dataDir, 'epcis'),
    vault: data.vault,
    writer,
    informationServer: config.informationServer.address,
    principalOf: (participant) => wallet.principal(participant),
    locationOf: (identifier) => directory.location(identifier),
    reader,
    webhooks: await webhookOptions(config),
    log: logger,
  });
  opened.push(() => epcis.close());
  const readModel = await startReadModel({
    ...target,
    config: config.readModel,
    dir: config.dataDir,
    member: config.member,
    ledger,
    as: service.identity,
    shared: parts.database,
    log: logger,
  });
  opened.push(() => readModel.close());

  const stopping = new AbortController();
  const http = await startEdge(config, {
    ledger,
    reader,
    comparer: createComparer({ ledger, reader, member: config.member, route }),
    prover: createProver(ledger, route),
    writer,
    idempotency,
    service,
    wallet,
    data,
    epcis,
    readModel,
    logger,
    stopping,
    wholeProcess: parts.wholeProcess ?? false,
  });
  // In the background: a ledger that does not answer yet must not keep the gateway from saying so.
  writer.recover().catch((error: unknown) => {
    logger.error({ err: error }, 'recovery of open transactions failed');
  });
  epcis.resume().catch((error: unknown) => {
    logger.error({ err: error }, 'open capture jobs and subscriptions could not be taken up');
  });
  const sweeping = setInterval(() => {
    idempotency.sweep().catch((error: unknown) => {
      logger.warn({ err: error }, 'expired idempotency keys could not be swept');
    });
  }, SWEEP_MS).unref();
  logger.info(
    { url: http.server.url, informationServer: config.informationServer.address },
    'gateway started',
  );

  const stop = async (): Promise<void> => {
    logger.info('gateway stopping');
    stopping.abort();
    clearInterval(sweeping);
    const end = Date.now() + config.limits.drainSeconds * 1000;
    // One time for all that is in flight, and a moment for each that comes to its turn after it.
    const left = (): number => Math.max(STAGE_SECONDS, (end - Date.now()) / 1000);
    await http.server.drain(config.limits.drainSeconds);
    await within(left(), http.writes.idle());
    await within(left(), data.close());
    await within(left(), readModel.close());
    const captured = epcis.stop();
    await within(left(), captured);
    if (!(await within(left(), writer.drain()))) await writer.close();
    await within(left(), captured);
    await epcis.close();
    await idempotency.shut();
    await ledger.close();
    logger.info('gateway stopped');
  };
  let stopped: Promise<void> | undefined;
  return {
    member: config.member,
    url: http.server.url,
    informationServer: config.informationServer.address,
    wallet,
    stop: () => (stopped ??= stop()),
  };
}

/** Where a gateway keeps the digests of its API keys. */
export function apiKeyFile({ dataDir }: GatewayConfig): string {
  return join(dataDir, 'api-keys.json');
}

/** The member's administrator: reads the ledger for the member's servers and signs in the member's name. */
async function serviceIdentity(config: GatewayConfig, wallet: Wallet): Promise<Principal> {
  const service = await wallet.principal('admin');
  if (service) return service;
  throw new ConfigError(
    `THINGLEDGER_CRYPTO_DIR is ${config.cryptoDir}, which holds no administrator of ${config.member}. Set it to the folder that the network's crypto material was issued to.`,
  );
}

async function startData(
  config: GatewayConfig,
  { ledger, reader, writer, service, wallet, logger }: Core,
): Promise<DataServices> {
  const { host, port, address } = config.informationServer;
  const agent =
    config.verifierAgent === undefined ? undefined : await agentIdentity(config.verifierAgent, wallet);
  return createDataServices({
    dir: config.dataDir,
    service,
    reader,
    informationServer: { host, port, address, ...(await informationServerTls(config)) },
    fetch: { allowPrivateAddresses: config.allowPrivateAddresses },
    ...(agent && {
      verifier: {
        as: agent,
        channel: config.ledger.channel,
        chaincode: config.ledger.chaincode,
        ledger,
        writer,
        patience: { most: config.verifierPatienceSeconds * 1000 },
      },
    }),
    log: logger,
    maxDocumentBytes: config.documentBytes,
  });
}

async function agentIdentity(name: string, wallet: Wallet): Promise<Principal> {
  const agent = await wallet.principal(name);
  if (agent) return agent;
  throw new ConfigError(
    `THINGLEDGER_VERIFIER_AGENT is ${name}, whom nobody enrolled. Set it to an enrolled participant of ${wallet.member}.`,
  );
}

async function informationServerTls(
  config: GatewayConfig,
): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const { tls } = config.informationServer;
  if (!tls) return readServerTls(config.cryptoDir, config.member, 'informationServer');
  return {
    certificatePem: await readFile(tls.certificateFile, 'utf8'),
    privateKeyPem: await readFile(tls.keyFile, 'utf8'),
  };
}

async function webhookOptions({
  allowPrivateAddresses,
  webhookCaFile,
}: GatewayConfig): Promise<WebhookOptions> {
  return {
    allowPrivateAddresses,
    ...(webhookCaFile !== undefined && { authorities: await readFile(webhookCaFile, 'utf8') }),
  };
}

/** Waits for work, but not longer than `seconds`; whether it was done. */
async function within(seconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
