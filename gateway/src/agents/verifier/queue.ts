// SPDX-License-Identifier: Apache-2.0
import { placeOfRecord } from '@thingledger/protocol';
import { ClassicLevel } from 'classic-level';
import type { EventPosition } from '../../ledger/port.js';
import type { Fault } from '../../information-server/client/fetch.js';

/** A record that is not decided yet, as far as this regulator's agent knows. */
export interface QueueItem {
  readonly recordId: string;
  /** Milliseconds since the epoch, like all times here. */
  readonly announcedAt: number;
  readonly deadline: number;
  /** When to look at it next; undefined once this regulator has voted. */
  readonly dueAt?: number | undefined;
  readonly attempts: number;
  readonly firstTriedAt?: number | undefined;
  readonly ownVote?: 'accept' | 'reject' | undefined;
  readonly findings: readonly Fault[];
  /** Votes seen in events, and what decides: known once the record was read. */
  readonly accepts: number;
  readonly rejects: number;
  readonly quorum?: number | undefined;
  readonly regulators?: number | undefined;
}

/** Where the agent stands in the ledger's events. */
export type Position = Exclude<EventPosition, 'now'>;

/** One change of the queue: the item as it shall be, from the item as it is; undefined is none. */
export type Change = (item: QueueItem | undefined) => QueueItem | undefined;

type Database = ClassicLevel;
type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

const POSITION = 'position';
const sortable = (time: number): string => String(Math.max(0, Math.floor(time))).padStart(15, '0');
const itemKey = (recordId: string): string => `item!${recordId}`;
const dueKey = (item: QueueItem): string => `due!${sortable(item.dueAt ?? 0)}!${item.recordId}`;
const endKey = (item: QueueItem): string => `end!${sortable(item.deadline)}!${item.recordId}`;
const idIn = (key: string): string => key.slice(key.lastIndexOf('!') + 1);
const statementOfRecord = (recordId: string): string => placeOfRecord(recordId).statementId;

/** Items that are due, of one statement. */
export interface DueGroup {
  readonly statementId: string;
  readonly items: readonly QueueItem[];
}

/**
 * The agent's own durable memory: the records it has to look at, and its position in the events. Both change in one
 * write, so that no crash can lose a record: what power loss takes off the end is asked of the ledger again, and a vote
 * that was forgotten is found there. One process at a time (the database is locked).
 */
export class VerificationQueue {
  /** Changes run one after another: events and votes touch the same items. */
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(private readonly database: Database) {}

  static async open(dir: string): Promise<VerificationQueue> {
    const database: Database = new ClassicLevel(dir, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    await database.open();
    return new VerificationQueue(database);
  }

  /** Where to go on after a restart; undefined at the very first start. */
  async position(): Promise<Position | undefined> {
    const text = await this.database.get(POSITION);
    if (text === undefined) return undefined;
    const { block, afterTxId } = JSON.parse(text) as { block: string; afterTxId: string };
    return { block: BigInt(block), afterTxId };
  }

  /** Takes in what one event says, together with the position after it. */
  async advance(position: Position, changes: ReadonlyMap<string, Change>): Promise<void> {
    const value = JSON.stringify({ block: String(position.block), afterTxId: position.afterTxId });
    await this.#change(changes, [{ type: 'put', key: POSITION, value }]);
  }

  /** Changes items, by record, in one write. */
  async update(changes: ReadonlyMap<string, Change>): Promise<void> {
    await this.#change(changes, []);
  }

  async get(recordId: string): Promise<QueueItem | undefined> {
    const text = await this.database.get(itemKey(recordId));
    return text === undefined ? undefined : (JSON.parse(text) as QueueItem);
  }

  /**
   * Items that are due by `now`, longest waiting first, by statement, without the statements that `skip` names. No more
   * are read once there are `limit`, but no statement is cut short for that.
   */
  async due(now: number, limit: number, skip: ReadonlySet<string>): Promise<DueGroup[]> {
    const groups = new Map<string, string[]>();
    let found = 0;
    for await (const key of this.database.keys({ gt: 'due!', lt: `due!${sortable(now + 1)}` })) {
      const recordId = idIn(key);
      const statementId = statementOfRecord(recordId);
      if (skip.has(statementId)) continue;
      const group = groups.get(statementId);
      if (found >= limit && !group) break;
      if (group) group.push(recordId);
      else groups.set(statementId, [recordId]);
      found += 1;
    }
    return Promise.all(
      [...groups].map(async ([statementId, recordIds]) => ({
        statementId,
        items: (await this.#getAll(recordIds)).filter((item) => item !== undefined),
      })),
    );
  }

  /** When the next item after `now` is due; undefined when none is. */
  async nextDue(now: number): Promise<number | undefined> {
    for await (const key of this.database.keys({ gt: `due!${sortable(now + 1)}`, lt: 'due"', limit: 1 })) {
      return Number(key.split('!')[1]);
    }
    return undefined;
  }

  /** Items by their deadline, nearest first. */
  async *byDeadline(): AsyncGenerator<QueueItem> {
    for await (const key of this.database.keys({ gt: 'end!', lt: 'end"' })) {
      const item = await this.get(idIn(key));
      if (item) yield item;
    }
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => undefined);
    await this.database.close();
  }

  async #getAll(recordIds: readonly string[]): Promise<(QueueItem | undefined)[]> {
    const texts = await this.database.getMany(recordIds.map(itemKey));
    return texts.map((text) => (text === undefined ? undefined : (JSON.parse(text) as QueueItem)));
  }

  #change(changes: ReadonlyMap<string, Change>, extra: readonly Operation[]): Promise<void> {
    const work = async (): Promise<void> => {
      const batch: Operation[] = [...extra];
      const present = await this.#getAll([...changes.keys()]);
      for (const [at, change] of [...changes.values()].entries()) {
        batch.push(...operationsFor(present[at], change(present[at])));
      }
      if (batch.length > 0) await this.database.batch(batch);
    };
    const mine = this.#tail.then(work, work);
    this.#tail = mine.catch(() => undefined);
    return mine;
  }
}

function operationsFor(before: QueueItem | undefined, after: QueueItem | undefined): Operation[] {
  const batch: Operation[] = [];
  if (before) {
    batch.push({ type: 'del', key: dueKey(before) }, { type: 'del', key: endKey(before) });
    if (!after) batch.push({ type: 'del', key: itemKey(before.recordId) });
  }
  if (after) {
    if (after.dueAt !== undefined) batch.push({ type: 'put', key: dueKey(after), value: '' });
    batch.push({ type: 'put', key: endKey(after), value: '' });
    batch.push({ type: 'put', key: itemKey(after.recordId), value: JSON.stringify(after) });
  }
  return batch;
}
