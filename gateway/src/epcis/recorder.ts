// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import PQueue from 'p-queue';
import { decided, dueOf, isOpen, onceEach, replaced, withItems, type Fate } from './fates.js';
import type { OwnEvents, ReadEvent } from './own-events.js';
import type { PendingEvents } from './pending-events.js';
import { keyOf, type EpcisStore, type Job, type JobItem, type OwnEvent } from './store.js';

/** What fates are kept in. */
export interface RecorderParts {
  readonly store: Pick<EpcisStore, 'saveJob'>;
  readonly own: Pick<OwnEvents, 'get' | 'read' | 'take' | 'nextRecordTime'>;
}

/** An event that the ledger has, before it has its record time. */
type Captured = Omit<OwnEvent, 'recordTime'>;

/** Keeps what became of events, and makes those that the ledger has the member's own (EPCIS 2.0, section 8.2.6). */
export class Recorder {
  readonly #queue = new PQueue({ concurrency: 1 });

  constructor(
    private readonly parts: RecorderParts,
    private readonly pending: Pick<PendingEvents, 'recent' | 'forget'>,
  ) {}

  /**
   * Keeps the fates that are known now, and gives the job as it is kept. It is finished with the last of them, unless
   * something is left to hand over.
   *
   * @param by participant id of who captured the events
   */
  async record(job: Job, fateFor: (item: JobItem) => Fate | undefined, by: string): Promise<Job> {
    const { own } = this.parts;
    const ended = job.items.filter((item) => isOpen(item) && fateFor(item) !== undefined);
    const fated = ended.map((item) => decided(item, fateFor(item)));
    const captured = new Map(
      fated.flatMap((item) => {
        const event = own.get(keyOf(item)) ? undefined : capturedAs(item, by);
        return event ? [[keyOf(event), event] as const] : [];
      }),
    );
    const readings = await Promise.all(Array.from(captured.values(), (event) => this.#read(event)));
    const read = new Map(readings.flatMap((event) => (event ? [[keyOf(event), event] as const] : [])));
    const marked = fated.map((item) =>
      item.recordId === undefined
        ? item
        : { ...item, ...dueOf(read.get(keyOf(item)) ?? own.get(keyOf(item))) },
    );
    const items = onceEach(replaced(job.items, marked));
    this.pending.forget(ended);
    // One after the other, and seen only once kept: who follows by record time misses none and sees none too early.
    return this.#queue.add(() => this.#keep(job, items, [...captured.values()], [...read.values()]));
  }

  /** The event; undefined when it was deleted from the vault on its way: it is captured all the same. */
  async #read(event: Captured): Promise<ReadEvent | undefined> {
    try {
      return await this.parts.own.read(event, this.pending.recent(event.dataHash));
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  async #keep(
    job: Job,
    items: readonly JobItem[],
    captured: readonly Captured[],
    read: readonly ReadEvent[],
  ): Promise<Job> {
    const { store, own } = this.parts;
    const recordTime = own.nextRecordTime();
    const now = withItems(job, items, recordTime);
    // Another job may have brought some of them meanwhile.
    const fresh = captured.filter((event) => !own.get(keyOf(event)));
    await store.saveJob(
      now,
      fresh.map((event) => ({ ...event, recordTime })),
    );
    own.take(read, recordTime);
    return now;
  }
}

/** What the ledger has of an event; undefined where it has nothing. */
function capturedAs(item: JobItem, by: string): Captured | undefined {
  const { eventHash, declaration, dataHash, recordId } = item;
  if (eventHash === undefined || dataHash === undefined || recordId === undefined) return undefined;
  return { eventHash, ...(declaration !== undefined && { declaration }), dataHash, recordId, by };
}
