// SPDX-License-Identifier: Apache-2.0
import {
  LocationIdentifier,
  operations,
  Refusal,
  type AccessMatrix,
  type Callers,
  type CustodyChain,
  type InformationServer,
  type Input,
  type Operation,
  type Output,
  type Participant,
  type RefusalCode,
  type RegisteredLocation,
  type Rules,
} from '@thingledger/protocol';
import { LRUCache } from 'lru-cache';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';
import { hopOf, type Reach } from './entitlement.js';

/** So many traces are remembered for a moment: each asks for its hops one by one. */
const REACHES = 100;
/** So many accepted documents are remembered. */
const ACCEPTED = 10_000;

type Entry = Participant | InformationServer | RegisteredLocation | Rules | AccessMatrix;

/** The answer of an evaluation, or undefined when the ledger says with `code` that there is none. */
async function unless<V>(code: RefusalCode, answer: Promise<V>): Promise<V | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && error.code === code) return undefined;
    throw error;
  }
}

/**
 * What the ledger says of participants, information servers, locations, rules, access and custody, asked with the
 * member's own service identity. Answers are kept for `keepMillis` only, so that a suspension takes hold at once
 * (requirement X1). Failures of the ledger are thrown on, never taken for an answer.
 */
export class LedgerDirectory {
  readonly #cache: LRUCache<string, Entry>;
  readonly #reaches: LRUCache<string, Reach>;
  readonly #accepted = new LRUCache<string, true>({ max: ACCEPTED });

  /** @param keepMillis how long an answer is believed, in milliseconds: at most five seconds, not at all when 0 */
  constructor(
    private readonly reader: LedgerReader,
    private readonly service: Principal,
    private readonly keepMillis = 1000,
  ) {
    const ttl = Math.min(Math.max(keepMillis, 1), 5000);
    // Who waits for an answer gets it, also when it is not kept because it was to be forgotten.
    const ignoreFetchAbort = true;
    this.#cache = new LRUCache({
      max: 5000,
      ttl,
      ignoreFetchAbort,
      // Undefined is not kept: who was unknown a moment ago may be registered now.
      fetchMethod: (key) => this.#ask(key),
    });
    this.#reaches = new LRUCache({
      max: REACHES,
      ttl,
      ignoreFetchAbort,
      fetchMethod: (thing) => this.#reachOf(thing),
    });
  }

  /** A participant, or undefined when there is none of that id. */
  async participant(id: string): Promise<Participant | undefined> {
    return (await this.#kept(`participant ${id}`)) as Participant | undefined;
  }

  /** The information server of an address, or undefined when it belongs to nobody. */
  async server(address: string): Promise<InformationServer | undefined> {
    return (await this.#kept(`server ${address}`)) as InformationServer | undefined;
  }

  /** A party or location, or undefined when nobody registered it, or the identifier is none of these. */
  async location(identifier: string): Promise<RegisteredLocation | undefined> {
    if (!LocationIdentifier.safeParse(identifier).success) return undefined;
    return (await this.#kept(`location ${identifier}`)) as RegisteredLocation | undefined;
  }

  /** The rules in force. */
  async rules(): Promise<Rules> {
    return (await this.#kept('rules ')) as Rules;
  }

  /** The access matrix in force. */
  async access(): Promise<AccessMatrix> {
    return (await this.#kept('access ')) as AccessMatrix;
  }

  /** The custody chain of a thing, never cached; undefined when there is no such thing. */
  async custody(thing: string): Promise<CustodyChain | undefined> {
    return unless(
      'TL-THING-UNKNOWN',
      this.reader.evaluate(operations.getCustodyChain, { thing }, this.service),
    );
  }

  /** Whether a record of a thing with this data was accepted. Once it was, it stays so and is not asked again. */
  async accepted(thing: string, hash: string): Promise<boolean> {
    const key = hopOf(thing, hash);
    if (this.#accepted.has(key)) return true;
    const chain = await this.custody(thing);
    const found = chain?.records.some(
      ({ status, record }) => status === 'accepted' && record.thing === thing && record.dataHash === hash,
    );
    if (found) this.#accepted.set(key, true);
    return found ?? false;
  }

  /** What a trace of a thing leads to, found by one evaluation; nothing when there is no such thing. */
  async reach(thing: string): Promise<Reach> {
    const reach = this.keepMillis > 0 ? this.#reaches.fetch(thing) : this.#reachOf(thing);
    return (await unless('TL-THING-UNKNOWN', reach)) ?? { things: new Set(), hops: new Set() };
  }

  async #reachOf(thing: string): Promise<Reach> {
    const { chains } = await this.reader.evaluate(operations.getProvenance, { thing }, this.service);
    const records = chains.flatMap((chain) => chain.records.map(({ record }) => record));
    return {
      things: new Set(chains.map((chain) => chain.thing.thing)),
      hops: new Set(records.map((record) => hopOf(record.thing, record.dataHash))),
    };
  }

  /** Whether a member is in the consortium and not suspended from it. */
  async memberActive(member: string): Promise<boolean> {
    const { members } = await this.rules();
    return members.some(({ name, status }) => name === member && status === 'active');
  }

  /**
   * The active participant of an id. Refuses as the chaincode would: `TL-CALLER-UNKNOWN`, `TL-CALLER-SUSPENDED`,
   * `TL-MEMBER-SUSPENDED`, `TL-CALLER-ROLE`.
   */
  async requireCaller(id: string, callers: Callers): Promise<Participant> {
    const participant = await this.participant(id);
    if (!participant) throw new Refusal('TL-CALLER-UNKNOWN', { caller: id });
    if (participant.status !== 'active') throw new Refusal('TL-CALLER-SUSPENDED', { caller: id });
    if (!(await this.memberActive(participant.member))) {
      throw new Refusal('TL-MEMBER-SUSPENDED', { member: participant.member });
    }
    if (
      Array.isArray(callers) &&
      !participant.roles.some((role) => (callers as readonly string[]).includes(role))
    ) {
      throw new Refusal('TL-CALLER-ROLE', {
        caller: id,
        roles: participant.roles,
        allowed: callers as string[],
      });
    }
    return participant;
  }

  /** Believes nothing that was asked before now. */
  forget(): void {
    this.#cache.clear();
    this.#reaches.clear();
  }

  async #kept(key: string): Promise<Entry | undefined> {
    return this.keepMillis > 0 ? this.#cache.fetch(key) : this.#ask(key);
  }

  #ask(key: string): Promise<Entry | undefined> {
    const at = key.indexOf(' ');
    const id = key.slice(at + 1);
    switch (key.slice(0, at)) {
      case 'participant':
        return unless(
          'TL-PARTICIPANT-UNKNOWN',
          this.#evaluate(operations.getParticipant, { participant: id }),
        );
      case 'server':
        return unless('TL-SERVER-UNKNOWN', this.#evaluate(operations.getInformationServer, { address: id }));
      case 'location':
        return unless('TL-LOCATION-UNKNOWN', this.#evaluate(operations.getLocation, { location: id }));
      case 'access':
        return this.#evaluate(operations.getAccessMatrix, {});
      default:
        return this.#evaluate(operations.getRules, {});
    }
  }

  #evaluate<T extends Operation>(operation: T, input: Input<T>): Promise<Output<T>> {
    return this.reader.evaluate(operation, input as never, this.service);
  }
}
