// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import type { EpcisNumbers, Logger } from '../http/index.js';
import type { Vault } from '../vault/index.js';
import { Captures, type CaptureParts } from './captures.js';
import { OwnMasterData } from './master-data.js';
import { OwnEvents } from './own-events.js';
import { epcisRoutes, type EpcisParts } from './routes/index.js';
import { Sealing } from './sealing.js';
import { EpcisStore } from './store.js';
import {
  Sockets,
  Subscriptions,
  Webhooks,
  type SocketParts,
  type WebhookOptions,
} from './subscriptions/index.js';

/** What the EPCIS interface of a member is made of. */
export interface EpcisOptions extends Omit<CaptureParts, 'store' | 'own' | 'masterData' | 'log' | 'vault'> {
  readonly vault: CaptureParts['vault'] & Pick<Vault, 'keyFor'>;
  readonly webhooks: WebhookOptions;
  /** Folder of its store. */
  readonly dir: string;
  readonly log: Logger;
  /** The time that a query has, in milliseconds; five seconds unless said otherwise. */
  readonly queryMs?: number;
}

/** What routes stand behind, and when they end. */
export type EpcisEdge = Pick<EpcisParts, 'guards' | 'limits'> &
  Pick<SocketParts, 'origins' | 'stopping' | 'patience'>;

/** A member's EPCIS interface: running. */
export interface Epcis {
  /** What answers under `/epcis`. */
  routes(edge: EpcisEdge): RequestHandler;
  /** How subscriptions fare, and how many WebSockets are open. */
  stats(): EpcisNumbers;
  /** Takes up the jobs and subscriptions of an earlier run. */
  resume(): Promise<void>;
  /** Takes up and sends nothing more and waits for the outcomes on their way; the rest goes on at the next start. */
  stop(): Promise<void>;
  /** Closes the store, after {@link stop}. */
  close(): Promise<void>;
}

/** Opens the store and reads the member's own events into memory. */
export async function openEpcis(options: EpcisOptions): Promise<Epcis> {
  const { dir, log, reader, vault } = options;
  const store = await EpcisStore.open(dir);
  const load = async (): Promise<{ own: OwnEvents; captures: Captures }> => {
    const masterData = await OwnMasterData.load({ store, log, key: vault.keyFor('EPCIS master data') });
    const own = new OwnEvents(vault, masterData, options.queryMs);
    await own.load(store, log);
    const captures = new Captures({ ...options, store, own, masterData });
    await captures.recall();
    return { own, captures };
  };
  const { own, captures } = await load().catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const subscriptions = new Subscriptions({
    store,
    own,
    reader,
    log,
    principalOf: options.principalOf,
    tokens: new Sealing(vault.keyFor('EPCIS signature tokens')),
    webhooks: new Webhooks(options.webhooks),
    ...(options.pauses && { pauses: options.pauses }),
  });
  let sockets: Sockets | undefined;
  return {
    routes: ({ guards, limits, ...edge }) => {
      sockets = new Sockets({ ...edge, own, reader, limit: limits.eventStreams });
      const parts = { guards, limits, reader, captures, own, store, subscriptions, sockets, logger: log };
      return epcisRoutes(parts);
    },
    stats: () => ({ ...subscriptions.stats, sockets: sockets?.open ?? 0 }),
    resume: async () => {
      await captures.resume();
      await subscriptions.resume();
    },
    stop: async () => {
      await subscriptions.close();
      await captures.close();
    },
    close: () => store.close(),
  };
}
