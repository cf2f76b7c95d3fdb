// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { digitsOf, type Announcement, type RefusalData } from '@thingledger/protocol';
import { ClassicLevel } from 'classic-level';
import type { Subscription } from './subscriptions/subscription.js';

/** What a capture does when an event is refused: nothing is sent, or the rest is. */
export type ErrorBehaviour = 'rollback' | 'proceed';

/** One event of a job. */
export interface JobItem {
  /** Its place in the document, from 0. */
  readonly event: number;
  /** Absent when the event could not be read. */
  readonly eventHash?: string;
  /** The hash of its declaration of error, where it is one. */
  readonly declaration?: string;
  /** The document in the vault. */
  readonly dataHash?: string;
  /** The record on the ledger, once it is captured. */
  readonly recordId?: string;
  /** Whether the ledger had it before this job. */
  readonly known?: boolean;
  readonly refusal?: RefusalData;
  /** What the event hands over; `due` until that is worked out. Absent where it hands over nothing. */
  readonly handOvers?: 'due' | readonly HandedOver[];
}

/** What an event hands over of one thing, and what became of that. */
export interface HandedOver {
  /** Canonical identifier; absent where all that the event hands over is refused. */
  readonly thing?: string;
  /** What is announced, as long as it has no outcome. */
  readonly announcement?: Announcement;
  /** The mapping record. */
  readonly recordId?: string;
  readonly refusal?: RefusalData;
}

/** A capture job as it is kept. Times are ISO 8601 in UTC. */
export interface Job {
  readonly id: string;
  /** Participant id. */
  readonly caller: string;
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly behaviour: ErrorBehaviour;
  readonly items: readonly JobItem[];
}

/** An event of this member that the ledger has. */
export interface OwnEvent {
  readonly eventHash: string;
  /** The hash of its declaration of error, where it is one. */
  readonly declaration?: string;
  readonly dataHash: string;
  readonly recordId: string;
  readonly by: string;
  /** When this gateway learned that the ledger has it. */
  readonly recordTime: string;
}

/** A query under a name. */
export interface NamedQuery {
  readonly name: string;
  /** The parameters, in the form that a request's address has. */
  readonly parameters: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly createdAt: string;
}

/** An element of master data as it is kept; without text it is there no longer. */
export interface KeptElement {
  readonly name: string;
  readonly sealed?: string;
}

type Put = { readonly type: 'put'; readonly key: string; readonly value: string };
type Operation = Put | { readonly type: 'del'; readonly key: string };

const at = {
  job: ({ caller, id }: Pick<Job, 'caller' | 'id'>): string => `job!${caller}!${id}`,
  open: ({ caller, id }: Job): string => `open!${caller}!${id}`,
  age: ({ caller, id }: Job): string => `age!${id}!${caller}`,
  event: ({ eventHash, declaration }: OwnEvent): string =>
    `event!${digitsOf(eventHash)}${declaration === undefined ? '' : `!${declaration}`}`,
  query: (name: string): string => `query!${name}`,
  subscription: ({ queryName, id }: Pick<Subscription, 'queryName' | 'id'>): string =>
    `subscription!${queryName}!${id}`,
  masterData: (name: string): string => `master-data!${name}`,
  pageKey: 'page-key',
};
const under = (prefix: string): { gt: string; lt: string } => ({ gt: `${prefix}!`, lt: `${prefix}"` });
const put = (key: string, value: unknown): Put => ({ type: 'put', key, value: JSON.stringify(value) });

/**
 * What a gateway keeps of EPCIS: jobs, the hashes of its member's own events, named queries, subscriptions, and master
 * data, encrypted. Of what events say it has the things that a job hands over; the rest lies encrypted in the vault. One
 * process at a time has it open. A retired prefix is not used again.
 */
export class EpcisStore {
  private constructor(
    private readonly database: ClassicLevel,
    /** Keys the tokens of pages, so that they hold over a restart. */
    readonly pageKey: Buffer,
  ) {}

  static async open(dir: string): Promise<EpcisStore> {
    const database = new ClassicLevel(dir, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    await database.open();
    const pageKey = (await database.get(at.pageKey)) ?? randomBytes(32).toString('hex');
    await database.put(at.pageKey, pageKey, { sync: true });
    return new EpcisStore(database, Buffer.from(pageKey, 'hex'));
  }

  /**
   * Keeps a new job, with the master data of its document; both are on disk when this resolves. Nothing is left to do of
   * a job that is finished already.
   */
  async addJob(job: Job, masterData: readonly KeptElement[] = []): Promise<void> {
    const open = job.finishedAt === undefined ? [put(at.open(job), '')] : [];
    const elements = masterData.map(({ name, sealed }): Operation =>
      sealed === undefined
        ? { type: 'del', key: at.masterData(name) }
        : { type: 'put', key: at.masterData(name), value: sealed },
    );
    await this.#write([put(at.job(job), job), put(at.age(job), ''), ...open, ...elements], true);
  }

  /** All master data that is kept. */
  async masterData(): Promise<KeptElement[]> {
    const entries = await this.database.iterator(under('master-data')).all();
    return entries.map(([key, sealed]) => ({ name: key.slice(at.masterData('').length), sealed }));
  }

  /**
   * Keeps a job's progress together with the events that it brought. Not synced: what the disk loses with its power
   * leaves the job open, and the ledger is asked again.
   */
  async saveJob(job: Job, captured: readonly OwnEvent[]): Promise<void> {
    const events = captured.map((event) => put(at.event(event), event));
    const done: Operation[] = job.finishedAt === undefined ? [] : [{ type: 'del', key: at.open(job) }];
    await this.#write([put(at.job(job), job), ...events, ...done], false);
  }

  /** A job of this caller; undefined when it has no such job. */
  job(caller: string, id: string): Promise<Job | undefined> {
    return this.#get(at.job({ caller, id }));
  }

  /** Jobs of a caller, newest first, older than the one named. */
  async jobs(caller: string, limit: number, before?: string): Promise<Job[]> {
    const range = under(`job!${caller}`);
    const lt = before === undefined ? range.lt : at.job({ caller, id: before });
    const texts = await this.database.values({ gt: range.gt, lt, reverse: true, limit }).all();
    return texts.map((text) => JSON.parse(text) as Job);
  }

  /** Jobs that are not finished, oldest first for each caller. */
  async openJobs(): Promise<Job[]> {
    const keys = await this.database.keys(under('open')).all();
    const jobs = await Promise.all(keys.map((key) => this.#get<Job>(`job${key.slice('open'.length)}`)));
    return jobs.filter((job) => job !== undefined);
  }

  /** Forgets jobs that were finished before a time; the events that they captured stay. */
  async sweepJobs(before: string): Promise<void> {
    const batch: Operation[] = [];
    for await (const key of this.database.keys(under('age'))) {
      const [, id = '', caller = ''] = key.split('!');
      const job = await this.job(caller, id);
      if (job && job.createdAt >= before) break;
      if (job && job.finishedAt === undefined) continue;
      batch.push({ type: 'del', key }, { type: 'del', key: at.job({ caller, id }) });
    }
    await this.#write(batch, false);
  }

  async events(): Promise<OwnEvent[]> {
    const texts = await this.database.values(under('event')).all();
    return texts.map((text) => JSON.parse(text) as OwnEvent);
  }

  query(name: string): Promise<NamedQuery | undefined> {
    return this.#get(at.query(name));
  }

  async queries(): Promise<NamedQuery[]> {
    const texts = await this.database.values(under('query')).all();
    return texts.map((text) => JSON.parse(text) as NamedQuery);
  }

  async addQuery(query: NamedQuery): Promise<void> {
    await this.#write([put(at.query(query.name), query)], true);
  }

  /** Forgets a query with its subscriptions. */
  async removeQuery(name: string): Promise<void> {
    const keys = await this.database.keys(under(`subscription!${name}`)).all();
    await this.#write(
      [at.query(name), ...keys].map((key) => ({ type: 'del', key })),
      true,
    );
  }

  async subscriptions(): Promise<Subscription[]> {
    const texts = await this.database.values(under('subscription')).all();
    return texts.map((text) => JSON.parse(text) as Subscription);
  }

  /** Keeps a subscription as it is now; on disk when this resolves, unless losing it with the power does no harm. */
  async saveSubscription(subscription: Subscription, sync = true): Promise<void> {
    await this.#write([put(at.subscription(subscription), subscription)], sync);
  }

  async removeSubscription(subscription: Subscription): Promise<void> {
    await this.#write([{ type: 'del', key: at.subscription(subscription) }], true);
  }

  close(): Promise<void> {
    return this.database.close();
  }

  async #get<T>(key: string): Promise<T | undefined> {
    const text = await this.database.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  async #write(batch: Operation[], sync: boolean): Promise<void> {
    if (batch.length > 0) await this.database.batch(batch, { sync });
  }
}

/** What an event is known by here: its hash, which its declarations of error share, and the declaration's. */
export function keyOf({
  eventHash = '',
  declaration,
}: Partial<Pick<OwnEvent, 'eventHash' | 'declaration'>>): string {
  return declaration === undefined ? eventHash : `${eventHash}#${declaration}`;
}

/** A new id of a job: sorts by time, and nobody can guess it. */
export function newJobId(): string {
  return `${Date.now().toString(16).padStart(12, '0')}${randomBytes(12).toString('hex')}`;
}
