// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import type { Logger } from '../http/index.js';
import { Captures, type CaptureParts } from './captures.js';
import { OwnEvents } from './own-events.js';
import { epcisRoutes, type EpcisParts } from './routes/index.js';
import { EpcisStore } from './store.js';

/** What the EPCIS interface of a member is made of. */
export interface EpcisOptions extends Omit<CaptureParts, 'store' | 'own' | 'log'> {
  /** Folder of its store. */
  readonly dir: string;
  readonly log: Logger;
  /** The time that a query has, in milliseconds; five seconds unless said otherwise. */
  readonly queryMs?: number;
}

/** A member's EPCIS interface: running. */
export interface Epcis {
  /** What answers under `/epcis`. */
  routes(edge: Pick<EpcisParts, 'reader' | 'guards' | 'limits'>): RequestHandler;
  /** Takes up the jobs that an earlier run left open. */
  resume(): Promise<void>;
  /** Takes up nothing more and waits for the outcomes on their way; an open job goes on at the next start. */
  stop(): Promise<void>;
  /** Closes the store, after {@link stop}. */
  close(): Promise<void>;
}

/** Opens the store and reads the member's own events into memory. */
export async function openEpcis(options: EpcisOptions): Promise<Epcis> {
  const { dir, log } = options;
  const store = await EpcisStore.open(dir);
  const own = new OwnEvents(options.vault, options.queryMs);
  try {
    await own.load(store, log);
  } catch (error) {
    await store.close();
    throw error;
  }
  const captures = new Captures({ ...options, store, own });
  return {
    routes: (edge) => epcisRoutes({ ...edge, captures, own, store, logger: log }),
    resume: () => captures.resume(),
    stop: () => captures.close(),
    close: () => store.close(),
  };
}
