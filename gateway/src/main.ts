// SPDX-License-Identifier: Apache-2.0
/** The gateway of one member as a process of its own, on Fabric. Configured by the environment; see README. */
import { readFileSync } from 'node:fs';
import { readServerTls } from '@thingledger/network';
import { ConfigError, loadConfig, type GatewayConfig } from './config/config.js';
import { readEnv } from './config/env.js';
import { loadSecrets } from './config/secrets.js';
import { createGateway } from './gateway.js';
import { createLogger } from './http/logging.js';
import { connectFabric } from './ledger/fabric/index.js';
import type { Ledger } from './ledger/index.js';

function ledgerOf({ ledger: { peer }, cryptoDir, member }: GatewayConfig): Ledger {
  if (!peer)
    throw new ConfigError(
      'THINGLEDGER_PEER_ADDRESS is not set. Set it to the host:port of the member’s own peer.',
    );
  return connectFabric({
    mspId: member,
    endpoint: peer.address,
    tlsAuthorityPem:
      peer.tlsCaFile === undefined
        ? readServerTls(cryptoDir, member, 'peer').authorityPem
        : readFileSync(peer.tlsCaFile, 'utf8'),
    ...(peer.hostName !== undefined && { hostAlias: peer.hostName }),
  });
}

/** What closing may take beyond the time for what is in flight. */
const OVERTIME_SECONDS = 12;

async function main(): Promise<void> {
  const env = readEnv();
  const config = loadConfig(env);
  const logger = createLogger(config.member, config.logLevel);
  process.on('uncaughtException', (error) => {
    // State may be torn: the journal on disk is what the next start goes by.
    logger.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  const gateway = await createGateway(config, await loadSecrets(env, config), {
    ledger: ledgerOf(config),
    logger,
    wholeProcess: true,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      // Whatever does not end is given up: what was acknowledged is on disk, and the next start goes on from there.
      setTimeout(
        () => {
          logger.fatal('the gateway could not stop in time');
          process.exit(1);
        },
        (config.limits.drainSeconds + OVERTIME_SECONDS) * 1000,
      ).unref();
      gateway.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.fatal({ err: error }, 'the gateway could not stop in order');
          process.exit(1);
        },
      );
    });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
