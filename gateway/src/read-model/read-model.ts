// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Refusal } from '@thingledger/protocol';
import type { Logger } from 'pino';
import type { ReadModelConfig } from '../config/config.js';
import type { LocalHandlers } from '../http/handlers.js';
import type { Identity, Ledger, Readiness } from '../ledger/port.js';
import type { Database } from './engine/database.js';
import { openPglite } from './engine/pglite.js';
import { openPostgres } from './engine/postgres.js';
import { auditRows, type AuditPage, type AuditQuestion } from './audit.js';
import { Projector } from './projector.js';
import { SqlQueries } from './query/ask.js';
import { schemaNames } from './schema.js';

/** What the read model of a gateway is made of. */
export interface ReadModelParts {
  readonly config: ReadModelConfig;
  /** The gateway's data folder. */
  readonly dir: string;
  readonly member: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly ledger: Pick<Ledger, 'blocks' | 'height'>;
  /** The member's own identity: reads the blocks. */
  readonly as: Identity;
  /** A database that the gateways of this process share, in place of one in the data folder. */
  readonly shared?: Database | undefined;
  readonly log: Logger;
}

/** How far the read model is behind the member's own peer. */
export interface Lag {
  /** Asks the peer for its height; undefined when it can not say. */
  blocks(): Promise<number | undefined>;
  seconds(): number;
}

/** The read model of one member and channel (requirement X9). */
export interface ReadModel {
  readonly handlers: Pick<LocalHandlers, 'querySql'>;
  /** Who did what; see {@link auditRows}. Refuses with `TL-READ-MODEL-OFF` where there is none. */
  audit(question: AuditQuestion): Promise<AuditPage>;
  /** Never takes the gateway out of service: only SQL needs it. */
  readiness(): Promise<Readiness>;
  /** Undefined where the gateway keeps no read model. */
  readonly lag?: Lag;
  /** Stops the projector between two blocks, and closes the database where it is its own. */
  close(): Promise<void>;
}

/**
 * Opens the read model and starts its projector in the background; it does not wait until it has caught up.
 *
 * @throws FolderInUseError when another process has its folder open
 */
export async function startReadModel(parts: ReadModelParts): Promise<ReadModel> {
  const { member, channel, chaincode, ledger, as, log } = parts;
  const database = await openDatabase(parts);
  if (!database) return none;
  const names = schemaNames(member, channel);
  const projector = new Projector({ ledger, channel, chaincode, as, database, names, log });
  const queries = new SqlQueries(database, names, parts.config.limits);
  const lag: Lag = {
    blocks: async () => {
      const { block = -1n } = projector.progress;
      const height = await ledger.height(channel, as, AbortSignal.timeout(HEIGHT_MS)).catch(() => undefined);
      return height === undefined ? undefined : Math.max(0, Number(height - 1n - block));
    },
    seconds: () => projector.progress.behindSeconds,
  };
  return {
    handlers: { querySql: ({ query, rows }) => queries.ask(query, rows) },
    audit: (question) => auditRows(database, names, question),
    lag,
    readiness: async () => {
      const { block, fault } = projector.progress;
      const blocks = await lag.blocks();
      const where = `${database.name}: ${block === undefined ? 'no block yet' : `at block ${String(block)}`}`;
      const behind = blocks === undefined ? 'height of the peer unknown' : `${String(blocks)} behind`;
      return {
        ready: true,
        detail: `${where}, ${behind}${fault === undefined ? '' : ', trying again after a fault'}`,
      };
    },
    close: async () => {
      await projector.stop();
      if (database !== parts.shared) await database.close();
    },
  };
}

const HEIGHT_MS = 2_000;

async function openDatabase({ config, dir, shared, log }: ReadModelParts): Promise<Database | undefined> {
  switch (config.kind) {
    case 'off':
      return undefined;
    case 'pglite':
      return shared ?? openPglite(join(dir, 'read-model'));
    case 'postgres':
      return openPostgres(config.url, (error) => {
        log.warn({ err: error }, 'a connection to the database of the read model broke');
      });
  }
}

const none: ReadModel = {
  handlers: { querySql: () => Promise.reject(new Refusal('TL-READ-MODEL-OFF')) },
  audit: () => Promise.reject(new Refusal('TL-READ-MODEL-OFF')),
  readiness: () => Promise.resolve({ ready: true, detail: 'switched off' }),
  close: () => Promise.resolve(),
};
