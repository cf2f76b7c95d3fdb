// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import { captureOf, Refusal, type captureEvent, type Input } from '@thingledger/protocol';
import type { ContextualEvent } from '@thingledger/protocol/epcis';
import { LRUCache } from 'lru-cache';
import type { NewObject, Vault } from '../vault/index.js';
import { AT_ONCE, eventIn, servedBytes, thingOf, type Reading, type ReadyEvent } from './documents.js';
import { dueOf, saidOf, unsent } from './fates.js';
import type { OwnEvents } from './own-events.js';
import { keyOf, type JobItem } from './store.js';

/** Where pending events are kept. */
export interface PendingParts {
  readonly own: Pick<OwnEvents, 'get'>;
  readonly vault: Pick<Vault, 'get' | 'putAll' | 'salts'>;
  /** The https origin at which this member's documents are served. */
  readonly informationServer: string;
}

/** Whether an event was sent to the ledger before, as far as its member knows (decision 0021). */
export type Told = Pick<Input<typeof captureEvent>, 'fresh' | 'again'>;

/** Bytes of events that need not be read back from the vault. */
const RECENT_BYTES = 32 * 1024 * 1024;

/** Events between being accepted and being decided. All are in the vault; the newest are in memory too, as they were read. */
export class PendingEvents {
  readonly #recent = new LRUCache<string, ReadyEvent>({ maxSize: RECENT_BYTES });

  constructor(private readonly parts: PendingParts) {}

  /**
   * Puts events into the vault, and gives an item of a job for each, in order. One that the vault does not take is refused;
   * one that the member has captured before is decided already.
   *
   * @param owner participant id of who captures
   */
  async keep(readings: readonly Reading[], owner: string): Promise<JobItem[]> {
    const { vault, own } = this.parts;
    const fresh: { readonly event: number; readonly reading: ReadyEvent; readonly object: NewObject }[] = [];
    const items: JobItem[] = [];
    for (const [event, reading] of readings.entries()) {
      if (event % AT_ONCE === AT_ONCE - 1) await breathe();
      const item = unsent(reading, event);
      const present = own.get(keyOf(item));
      if (present) {
        const { dataHash, recordId } = present;
        items.push({ ...item, dataHash, recordId, known: true, ...dueOf(present) });
        continue;
      }
      items.push(item);
      if (!('refusal' in reading)) fresh.push({ event, reading, object: this.#objectOf(reading, owner) });
    }
    const stored = await vault.putAll(fresh.map(({ object }) => object));
    for (const [at, { event, reading, object }] of fresh.entries()) {
      const dataHash = stored[at];
      const item = items[event];
      if (!item || dataHash === undefined) continue;
      if (dataHash instanceof Refusal) items[event] = { ...item, refusal: dataHash.toData() };
      else {
        items[event] = { ...item, dataHash };
        this.#recent.set(dataHash, reading, { size: object.bytes.length });
      }
    }
    return items;
  }

  /**
   * What the ledger is sent of an event; a refusal when the vault no longer gives it.
   *
   * @param told whether the event was sent before
   */
  async inputOf({ dataHash = '' }: JobItem, told: Told): Promise<Input<typeof captureEvent> | Refusal> {
    const { vault, informationServer } = this.parts;
    try {
      const recent = this.#recent.get(dataHash);
      const document = recent?.document ?? eventIn((await vault.get(dataHash)).bytes);
      const said = recent?.capture ?? captureOf(document);
      return { ...said, informationServer, dataHash, document, ...told };
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  /** The event of a document; undefined when it would have to be read from the vault. */
  recent(dataHash: string): ContextualEvent | undefined {
    return this.#recent.get(dataHash)?.parsed;
  }

  /** Lets go of what is decided, or will not be sent. */
  forget(items: readonly JobItem[]): void {
    for (const { dataHash = '' } of items) this.#recent.delete(dataHash);
  }

  #objectOf({ document, parsed, capture }: ReadyEvent, owner: string): NewObject {
    // The same event has the same salt, so that a repeat stores nothing new.
    const salt = this.parts.vault.salts.salt(owner, `epcis\n${keyOf(saidOf(capture))}`);
    const thing = thingOf(parsed.event, capture.eventHash);
    return { bytes: servedBytes(document, salt), facts: { kind: 'bytes', thing, owner } };
  }
}
