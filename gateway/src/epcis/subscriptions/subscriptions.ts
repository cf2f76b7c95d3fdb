// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { parseEpcisQuery } from '@thingledger/protocol/epcis';
import PQueue from 'p-queue';
import type { EpcisNumbers } from '../../http/index.js';
import type { Principal } from '../../principal.js';
import type { NamedQuery } from '../store.js';
import { controlsOf, requireSubscribable, type SubscriptionRequest } from './controls.js';
import { Delivery, type DeliveryParts } from './delivery.js';
import { newSubscription, stateOf, type Subscription, type SubscriptionState } from './subscription.js';

type Parts = Omit<DeliveryParts, 'lanes' | 'counts' | 'pauses'> & Partial<Pick<DeliveryParts, 'pauses'>>;

/** Deliveries at once: to subscribers that answer, and to those that did not, so that they hold up nobody else. */
const ANSWERING = 16;
const FAILING = 4;
const PAUSES = { first: 1000, most: 600_000 };
/** Subscriptions that one caller may have, and that a gateway has in all. */
const MOST_OF_CALLER = 100;
const MOST = 1000;

interface Running {
  readonly delivery: Delivery;
  readonly done: Promise<void>;
}

/** The subscriptions of a member, each delivering by itself (requirement T8). */
export class Subscriptions {
  readonly #parts: DeliveryParts;
  readonly #running = new Map<string, Running>();
  /** What begins and ends subscriptions goes one after the other: none outlives its query or slips past a limit. */
  readonly #changes = new PQueue({ concurrency: 1 });

  constructor(parts: Parts) {
    const lane = (concurrency: number): PQueue => new PQueue({ concurrency });
    this.#parts = {
      pauses: PAUSES,
      ...parts,
      lanes: { answering: lane(ANSWERING), failing: lane(FAILING) },
      counts: { delivered: 0, failed: 0 },
    };
  }

  /** Takes up the subscriptions of an earlier run. */
  async resume(): Promise<void> {
    const { store } = this.#parts;
    for (const subscription of await store.subscriptions()) {
      const query = await store.query(subscription.queryName);
      if (query) this.#start(subscription, query);
    }
  }

  /**
   * Subscribes to a query, in the caller's name. Refuses with `TL-EPCIS-SUBSCRIPTION-CONTROLS`,
   * `TL-EPCIS-SUBSCRIPTION-DESTINATION`, `TL-EPCIS-SUBSCRIPTION-LIMIT`, and `TL-OVERLOADED`.
   */
  async add(query: NamedQuery, request: SubscriptionRequest, as: Principal): Promise<Subscription> {
    const { own, store, webhooks, tokens } = this.#parts;
    const { dest, signatureToken, ...asked } = request;
    const controls = controlsOf(asked);
    requireSubscribable(query.parameters);
    await webhooks.requireAllowed(dest);
    const made = newSubscription({ queryName: query.name, dest, controls, by: as.id }, own.end);
    const subscription: Subscription = {
      ...made,
      ...(signatureToken !== undefined && { token: tokens.seal(signatureToken, made.id) }),
    };
    return this.#changes.add(async () => {
      if (!(await store.query(query.name))) throw new Refusal('TL-EPCIS-QUERY-UNKNOWN', { name: query.name });
      this.#requireRoom(as.id);
      await store.saveSubscription(subscription);
      this.#start(subscription, query);
      return subscription;
    });
  }

  /** The subscriptions to a query, in the order of their ids. */
  of(queryName: string): Subscription[] {
    return [...this.#running.values()]
      .map(({ delivery }) => delivery.subscription)
      .filter((subscription) => subscription.queryName === queryName)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** One of them. Refuses with `TL-EPCIS-SUBSCRIPTION-UNKNOWN`. */
  get(queryName: string, id: string): Subscription {
    const subscription = this.#running.get(id)?.delivery.subscription;
    if (subscription?.queryName === queryName) return subscription;
    throw new Refusal('TL-EPCIS-SUBSCRIPTION-UNKNOWN', { subscriptionID: id.slice(0, 100) });
  }

  /** Ends a subscription for good; nothing is sent once this resolves. Refuses with `TL-EPCIS-SUBSCRIPTION-UNKNOWN`. */
  remove(queryName: string, id: string): Promise<void> {
    return this.#changes.add(async () => {
      const subscription = this.get(queryName, id);
      await this.#end(id);
      await this.#parts.store.removeSubscription(subscription);
    });
  }

  /** Deletes a query and ends all subscriptions to it (EPCIS 2.0, section 12.8). */
  removeQuery(queryName: string): Promise<void> {
    return this.#changes.add(async () => {
      await Promise.all(this.of(queryName).map(({ id }) => this.#end(id)));
      await this.#parts.store.removeQuery(queryName);
    });
  }

  /** How they fare, in numbers. */
  get stats(): Omit<EpcisNumbers, 'sockets'> {
    const all = [...this.#running.values()].map(({ delivery }) => delivery.subscription);
    const count = (state: SubscriptionState): number => all.filter((each) => stateOf(each) === state).length;
    const since = all.flatMap(({ failing }) => (failing ? [Date.parse(failing.since)] : []));
    return {
      active: count('active'),
      failing: count('failing'),
      suspended: count('suspended'),
      ...this.#parts.counts,
      oldestFailureSeconds: since.length > 0 ? (Date.now() - Math.min(...since)) / 1000 : 0,
    };
  }

  /** Sends nothing more; each goes on where it was at the next start. */
  async close(): Promise<void> {
    await this.#changes.add(() => Promise.all([...this.#running.keys()].map((id) => this.#end(id))));
    this.#parts.webhooks.close();
  }

  #requireRoom(caller: string): void {
    const all = [...this.#running.values()].map(({ delivery }) => delivery.subscription);
    if (all.filter(({ by }) => by === caller).length >= MOST_OF_CALLER)
      throw new Refusal('TL-EPCIS-SUBSCRIPTION-LIMIT', { limit: MOST_OF_CALLER });
    if (all.length >= MOST) throw new Refusal('TL-OVERLOADED', { limit: MOST }, 'Too many subscriptions');
  }

  #start(subscription: Subscription, query: NamedQuery): void {
    const delivery = new Delivery(this.#parts, subscription, parseEpcisQuery(query.parameters));
    this.#running.set(subscription.id, { delivery, done: delivery.run() });
  }

  async #end(id: string): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.delivery.end();
    await running?.done;
  }
}
