// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  recordIdOf,
  Refusal,
  type Announcement,
  type getCapturedEvent,
  type getThing,
  type Input,
  type Output,
  type RegisteredLocation,
} from '@thingledger/protocol';
import { refusedOutcome, type WriteOutcome } from '../../ledger/index.js';

/** The mapping record of the announcement that came at a place. */
export const mappingRecordAt = (place: number): string => recordIdOf(`${'c'.repeat(32)}-0`, place);

const decision = { by: 'admin@maker', at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };
const registered = {
  kind: 'container',
  registrant: 'farm@maker',
  registeredAt: decision.at,
  txId: 't0',
} as const;

/** What goes wrong with announcements. Everything left out goes well, at once. */
export interface CustodyScript {
  /** Called with each list of announcements, before the ledger has any. */
  onCall?: () => void;
  /** The refusal of an announcement. */
  refuse?: (announcement: Announcement) => Refusal | undefined;
  /** Called when the ledger has the announcements, before anybody is told; it may never return. */
  onCommit?: () => Promise<void>;
  /** Called before the ledger is asked for anything. */
  onRead?: () => void;
}

/**
 * A ledger's directory and custody, as far as its contract says: only the holder announces, one record at a time, and
 * what was said before is answered with the first record. It outlives the gateways that write to it.
 */
export class ScriptedCustody {
  script: CustodyScript = {};
  readonly locations = new Map<string, RegisteredLocation>();
  /** The holder of each thing. */
  readonly holders = new Map<string, string>();
  /** Who declared events to be in error, by their hash. */
  readonly declared = new Map<string, string>();
  /** What was announced, by its record. */
  readonly announced = new Map<string, Announcement>();
  /** How many announcements each call brought, and questions there were. */
  readonly calls: number[] = [];
  reads = 0;

  register(location: string, account: string, coordinates?: RegisteredLocation['coordinates']): void {
    const member = account.split('@')[1] ?? '';
    this.locations.set(location, {
      location,
      member,
      account,
      decision,
      ...(coordinates && { coordinates }),
    });
  }

  locationOf(identifier: string): Promise<RegisteredLocation | undefined> {
    this.#read();
    return Promise.resolve(this.locations.get(identifier));
  }

  thing({ thing }: Input<typeof getThing>): Output<typeof getThing> {
    this.#read();
    const holder = this.holders.get(thing);
    if (holder === undefined) throw new Refusal('TL-THING-UNKNOWN', { thing });
    return { thing: { thing, ...registered, quantity: { value: '1', unit: 'C62' } }, holder, within: [] };
  }

  event({
    eventHash,
  }: Input<typeof getCapturedEvent>): Pick<Output<typeof getCapturedEvent>, 'declarations'> {
    this.#read();
    const by = this.declared.get(eventHash);
    return { declarations: by === undefined ? [] : [{ by } as never] };
  }

  /** Both regulators accept everything that waits. */
  accept(): void {
    for (const { thing, to } of this.announced.values()) this.holders.set(thing, to);
  }

  async announce(announcements: readonly Announcement[], as: string): Promise<WriteOutcome[]> {
    this.calls.push(announcements.length);
    this.script.onCall?.();
    const outcomes = announcements.map((one) => this.#take(one, as));
    await this.script.onCommit?.();
    return outcomes;
  }

  #take(announcement: Announcement, as: string): WriteOutcome {
    const text = canonicalJson(announcement);
    const [known] = [...this.announced].find(([, one]) => canonicalJson(one) === text) ?? [];
    const { thing } = announcement;
    const recordId = known ?? mappingRecordAt(this.announced.size);
    const refusal = known === undefined ? this.#refusalOf(announcement, as) : undefined;
    if (refusal) return { outcome: refusedOutcome(refusal) };
    this.announced.set(recordId, announcement);
    return { outcome: { ok: true, result: { recordId, thing } } };
  }

  #refusalOf(announcement: Announcement, as: string): Refusal | undefined {
    const { thing, from, to } = announcement;
    const scripted = this.script.refuse?.(announcement);
    if (scripted) return scripted;
    const waits = [...this.announced.values()].some(
      (one) => one.thing === thing && this.holders.get(thing) !== one.to,
    );
    if (waits) return new Refusal('TL-CUSTODY-PENDING', { thing });
    if (from !== as || this.holders.get(thing) !== as || to === as)
      return new Refusal('TL-CUSTODY-NOT-HOLDER', { thing });
    return undefined;
  }

  #read(): void {
    this.reads += 1;
    this.script.onRead?.();
  }
}
