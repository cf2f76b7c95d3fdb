// SPDX-License-Identifier: Apache-2.0
import {
  announceMappingRecord,
  documentHash,
  getCapturedEvent,
  getThing,
  memberOf,
  Refusal,
  type Announcement,
  type Place,
  type RegisteredLocation,
  type SaltedDocument,
} from '@thingledger/protocol';
import { handOverOf, parseEpcisEvent, utcTimeOf, type HandOver } from '@thingledger/protocol/epcis';
import PQueue from 'p-queue';
import { isFinal, refusedOutcome, type LedgerReader, type LedgerWriter } from '../ledger/index.js';
import type { Principal } from '../principal.js';
import { saltedBytes, type Vault } from '../vault/index.js';
import { eventIn, type BareEvent } from './documents.js';
import { isHandOverOpen, replaced } from './fates.js';
import { keyOf, type HandedOver, type Job, type JobItem } from './store.js';

/** What handing over is done with. */
export interface HandOverParts {
  readonly vault: Pick<Vault, 'put' | 'get' | 'salts'>;
  readonly reader: LedgerReader;
  readonly writer: Pick<LedgerWriter, 'submitAll'>;
  /** The https origin at which this member's documents are served. */
  readonly informationServer: string;
  /** What the ledger's directory has of a party or location; undefined when nobody registered it. */
  readonly locationOf: (identifier: string) => Promise<RegisteredLocation | undefined>;
}

/** What a captured event says of custody, its caller being the one that hands over. */
interface Said {
  readonly item: JobItem;
  readonly document: BareEvent;
  /** In UTC, as its hash has it. */
  readonly eventTime: string;
  readonly handOver: HandOver;
  /** Participant id. */
  readonly to: string;
}

/** What is the same for all things that an event hands over. */
interface Transfer {
  readonly event: BareEvent;
  /** {@link keyOf} the event. */
  readonly key: string;
  readonly said: Pick<Announcement, 'to' | 'eventTime' | 'place' | 'informationServer'> & {
    readonly from: string;
  };
}

/** Events worked out, kept and announced at once. */
const EVENTS_AT_ONCE = 100;
/** Things that one event may hand over: the data of each has the whole event. More go in a container. */
const THINGS = 100;
/** Things that the events of one job may hand over: the ledger is asked for each, and the job tells of each. */
const THINGS_A_JOB = 1000;
/** Questions to the ledger at once. */
const READS = 16;

/**
 * Makes mapping records of what captured events say of custody (requirements T2, T8). What is to be announced is kept
 * before it is sent, so that a repeat, after a crash too, says the same and the ledger takes it once.
 */
export class HandOvers {
  readonly #parts: HandOverParts;
  readonly #reads = new PQueue({ concurrency: READS });

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /**
   * Takes the hand-overs of a job further, in the order of its document, and gives the job as it was kept last. What got
   * no final answer is as open as before. Throws what is no refusal.
   *
   * @param keep keeps the job with these items
   */
  async advance(
    begun: Job,
    as: Principal,
    keep: (job: Job, items: readonly JobItem[]) => Promise<Job>,
    stopping: () => boolean,
  ): Promise<Job> {
    let job = begun;
    const open = begun.items.filter(isHandOverOpen);
    for (let start = 0; start < open.length && !stopping(); start += EVENTS_AT_ONCE) {
      const chunk = open.slice(start, start + EVENTS_AT_ONCE);
      const ready = await this.#ready(chunk, as, THINGS_A_JOB - thingsOf(job.items));
      job = await keep(job, replaced(job.items, ready));
      const sent = await this.#send(ready, as);
      if (sent) job = await keep(job, replaced(job.items, sent));
    }
    return job;
  }

  /** Events with their announcements, as far as these can be worked out now; there is room for so many things. */
  async #ready(items: readonly JobItem[], as: Principal, room: number): Promise<JobItem[]> {
    const read = await Promise.all(items.map((item) => answered(item, () => this.#said(item, as))));
    let left = room;
    const work = read.map((one) => {
      if (!('handOver' in one)) return Promise.resolve(one);
      const { length } = one.handOver.things;
      const fits = length <= left;
      if (fits) left -= length;
      return answered(one.item, () => {
        if (!fits) throw tooMany('The document hands over too many things', THINGS_A_JOB, length);
        return this.#announcements(one, as);
      });
    });
    return Promise.all(work);
  }

  /** What an event says of custody, where that is still to be worked out; else the event as it is. */
  async #said(item: JobItem, as: Principal): Promise<Said | JobItem> {
    if (item.handOvers !== 'due') return item;
    const { vault, reader, locationOf } = this.#parts;
    const { handOvers: _, ...nothing } = item;
    const { dataHash = '', eventHash = '' } = item;
    const document = eventIn((await vault.get(dataHash)).bytes);
    const { event } = parseEpcisEvent(document);
    const handOver = handOverOf(event);
    if (!handOver) return nothing;
    const accountOf = async (field: string, party: string): Promise<string> => {
      const found = await locationOf(party);
      if (!found) throw new Refusal('TL-LOCATION-UNKNOWN', { field, location: party });
      return found.account;
    };
    const to = await accountOf('destinationList', handOver.to);
    // What one receives, the other hands over.
    if (to === as.id) return nothing;
    const from = handOver.from === undefined ? as.id : await accountOf('sourceList', handOver.from);
    if (from !== as.id) throw new Refusal('TL-EPCIS-HANDOVER-SOURCE', { account: from, caller: as.id });
    const eventTime = utcTimeOf(event.eventTime.trim());
    const { declarations } = await reader.evaluate(getCapturedEvent, { eventHash, eventTime }, as);
    if (declarations.some(({ by }) => memberOf(by) === as.member)) return nothing;
    const { length } = handOver.things;
    if (length > THINGS) throw tooMany('The event hands over too many things', THINGS, length);
    return { item, document, eventTime, handOver, to };
  }

  async #announcements({ item, document, eventTime, handOver, to }: Said, as: Principal): Promise<JobItem> {
    const place = await this.#placeOf(handOver);
    const { informationServer } = this.#parts;
    const said = { from: as.id, to, eventTime, place, informationServer };
    const transfer: Transfer = { event: document, key: keyOf(item), said };
    const each = handOver.things.map((thing) => () => this.#announcement(thing, transfer, as));
    return { ...item, handOvers: await this.#reads.addAll(each) };
  }

  /** What is to be announced of a thing, its data in the vault; or why nothing is. */
  async #announcement(thing: string, { event, key, said }: Transfer, as: Principal): Promise<HandedOver> {
    const { vault, reader } = this.#parts;
    try {
      const found = await reader.evaluate(getThing, { thing }, as);
      const { informationServer, ...facts } = said;
      const about = { thing, quantity: found.thing.quantity, ...facts };
      // The same event has the same salt, so that a repeat is the same announcement.
      const salt = (): string => vault.salts.salt(as.id, `epcis hand-over\n${key}\n${thing}`);
      const bytes = saltedBytes({ ...about, documentType: 'EPCIS event', event }, salt);
      if (found.holder !== as.id)
        await this.#requireRepeat(bytes, { thing, holder: found.holder ?? '', caller: as.id });
      const dataHash = await vault.put(bytes, { kind: 'document', thing, owner: as.id });
      return { thing, announcement: { ...about, informationServer, dataHash } };
    } catch (error) {
      if (isAnswer(error)) return { thing, refusal: error.toData() };
      throw error;
    }
  }

  /** Who does not hold a thing hands it over only once more, to learn of its record: the data is in the vault then. */
  async #requireRepeat(bytes: Uint8Array, fields: Readonly<Record<string, string>>): Promise<void> {
    const hash = documentHash(JSON.parse(Buffer.from(bytes).toString('utf8')) as SaltedDocument);
    try {
      await this.#parts.vault.get(hash);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'TL-DATA-UNKNOWN') throw error;
      throw new Refusal('TL-CUSTODY-NOT-HOLDER', fields);
    }
  }

  /** The first place whose coordinates are known. Refuses with `TL-EPCIS-HANDOVER-PLACE`. */
  async #placeOf({ places }: HandOver): Promise<Place> {
    for (const place of places) {
      if ('latitude' in place) return place;
      const located = await this.#parts.locationOf(place.location);
      if (located?.coordinates) return { ...located.coordinates, gln: place.location };
    }
    const tried = places.flatMap((place) => ('location' in place ? [place.location] : []));
    throw new Refusal('TL-EPCIS-HANDOVER-PLACE', { tried });
  }

  /** Announces what is ready, and gives the events with what became of it; undefined when nothing was. */
  async #send(items: readonly JobItem[], as: Principal): Promise<JobItem[] | undefined> {
    const announcements = items.flatMap(({ handOvers = [] }) =>
      handOvers === 'due' ? [] : handOvers.flatMap(({ announcement }) => announcement ?? []),
    );
    if (announcements.length === 0) return undefined;
    const outcomes = await this.#parts.writer.submitAll(announceMappingRecord, announcements, as);
    let next = 0;
    const settled = (one: HandedOver): HandedOver => {
      if (!one.announcement) return one;
      const outcome = outcomes[next++]?.outcome;
      if (!outcome || !isFinal(outcome)) return one;
      const { announcement: _, ...rest } = one;
      if (!outcome.ok) return { ...rest, refusal: outcome.refusal };
      return { ...rest, recordId: (outcome.result as { recordId: string }).recordId };
    };
    return items.map((item) =>
      item.handOvers === undefined || item.handOvers === 'due'
        ? item
        : { ...item, handOvers: item.handOvers.map(settled) },
    );
  }
}

/** Whether this is a refusal that a repeat would meet again: the ledger's rules, or an event that is not in the vault as it was. */
function isAnswer(error: unknown): error is Refusal {
  if (!(error instanceof Refusal)) return false;
  return isFinal(refusedOutcome(error)) || error.code === 'TL-DATA-ALTERED';
}

/** What is worked out of an event; a refusal ends its hand-over, unless a repeat may mend it. What is no refusal is thrown on. */
async function answered<T>(item: JobItem, work: () => T | Promise<T>): Promise<T | JobItem> {
  try {
    return await work();
  } catch (error) {
    if (isAnswer(error)) return { ...item, handOvers: [{ refusal: error.toData() }] };
    if (error instanceof Refusal) return item;
    throw error;
  }
}

function tooMany(detail: string, limit: number, items: number): Refusal {
  return new Refusal('TL-INPUT-TOO-LARGE', { limit, items }, detail);
}

/** How many things of these are worked out already. */
function thingsOf(items: readonly JobItem[]): number {
  const lists = items.map(({ handOvers = [] }) => (handOvers === 'due' ? [] : handOvers));
  return lists.flat().filter(({ thing }) => thing !== undefined).length;
}
