// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Refusal, type RefusalData } from '@thingledger/protocol';
import type { EpcisQuery } from '@thingledger/protocol/epcis';
import type PQueue from 'p-queue';
import type { Logger } from 'pino';
import { authoriseLocal } from '../../http/index.js';
import { refusalOf } from '../../ledger/refusal-of.js';
import { fullJitter, pause } from '../../ledger/submit/pace.js';
import type { LedgerReader } from '../../ledger/index.js';
import type { Principal } from '../../principal.js';
import type { OwnEvents } from '../own-events.js';
import type { Position } from '../position.js';
import { queryDocumentOf } from '../query-document.js';
import type { Sealing } from '../sealing.js';
import { STAFF } from '../staff.js';
import type { EpcisStore } from '../store.js';
import { BATCH, batchAfter, type Batch } from './batch.js';
import { LONGEST_WAIT_MS, Times } from './schedule.js';
import type { Subscription } from './subscription.js';
import { signatureOf } from './token.js';
import { Wake } from './wake.js';
import type { Webhooks } from './webhook.js';

/** What deliveries are made with. */
export interface DeliveryParts {
  readonly store: EpcisStore;
  readonly own: OwnEvents;
  readonly webhooks: Webhooks;
  /** Opens the signature tokens of subscribers. */
  readonly tokens: Sealing;
  readonly reader: LedgerReader;
  readonly principalOf: (participant: string) => Promise<Principal | undefined>;
  readonly log: Pick<Logger, 'error'>;
  /** Where work waits for its turn: subscribers that answer, and apart from them those that did not. */
  readonly lanes: { readonly answering: PQueue; readonly failing: PQueue };
  /** Pause after a failed delivery, in milliseconds: doubled from the first, never more than the most. */
  readonly pauses: { readonly first: number; readonly most: number };
  readonly counts: { delivered: number; failed: number };
}

type Step = 'sent' | 'nothing' | 'failed' | 'smaller';

/**
 * Delivers to one subscriber, one document at a time, for as long as the subscription lasts (EPCIS 2.0, section 8.2.5;
 * requirement T8). What is sent is kept first, so that a repeat after a crash is the same document under the same id;
 * what was taken is kept before the next is sent. Between attempts nothing but the subscription is in memory.
 */
export class Delivery {
  readonly #wake = new Wake();
  readonly #stop = new AbortController();
  readonly #times: Times | undefined;
  #now: Subscription;
  /** Looked through, so that what does not match is not looked at again. */
  #seen: Position | undefined;
  /** A scheduled run reports what was recorded when it began. */
  #until: Position | undefined;
  #reported = false;
  #most = BATCH.events;

  constructor(
    private readonly parts: DeliveryParts,
    subscription: Subscription,
    private readonly query: EpcisQuery,
  ) {
    this.#now = subscription;
    const { schedule } = subscription.controls;
    this.#times = schedule && new Times(schedule);
  }

  /** The subscription as it is now. */
  get subscription(): Subscription {
    return this.#now;
  }

  /** Delivers until {@link end}. Throws nothing: what fails is tried again. */
  async run(): Promise<void> {
    const { own, lanes, pauses } = this.parts;
    const forget = own.onRecorded(() => this.#wake.up());
    let failures = this.#now.failing ? 1 : 0;
    while (!this.#ended()) {
      if (!(await this.#due())) continue;
      const lane = failures > 0 ? lanes.failing : lanes.answering;
      const step = await this.#inTurn(lane);
      failures = step === 'failed' ? failures + 1 : 0;
      if (step === 'failed')
        await pause(pauses.first / 2 + fullJitter(failures, pauses.first, pauses.most), this.#stop.signal);
      if (step === 'nothing' && !this.#ended()) await this.#rest();
    }
    forget();
  }

  /** Ends the deliveries; what is on its way is cut off and sent again by the next run. */
  end(): void {
    this.#stop.abort();
    this.#wake.up();
  }

  /** A step when its turn in the lane comes. The end waits for a step that has begun, not for the turn. */
  async #inTurn(lane: PQueue): Promise<Step> {
    const turn = { come: false };
    const step = lane.add(() => {
      turn.come = true;
      return this.#step();
    });
    const { signal } = this.#stop;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        resolve();
      };
      signal.addEventListener('abort', go);
      step.then(go, go);
    });
    return turn.come ? step : 'nothing';
  }

  #ended(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Whether it is time to deliver; waits for a schedule's next run, or as long as a timer may be trusted. */
  async #due(): Promise<boolean> {
    const { dueAt, sending } = this.#now;
    if (dueAt === undefined || sending || this.#until) return true;
    const left = Date.parse(dueAt) - Date.now();
    if (left > 0) await pause(Math.min(left, LONGEST_WAIT_MS), this.#stop.signal);
    if (left > LONGEST_WAIT_MS || this.#ended()) return false;
    this.#until = this.parts.own.end;
    return true;
  }

  /** All is delivered: until something is recorded, or the next run is due. */
  async #rest(): Promise<void> {
    if (!this.#times) return this.#wake.wait();
    this.#until = undefined;
    this.#reported = false;
    // A timer may be early.
    const due = Math.max(Date.now(), Date.parse(this.#now.dueAt ?? ''));
    this.#now = { ...this.#now, dueAt: this.#times.after(new Date(due)).toISOString() };
    await this.#keep(this.#now, false).catch((error: unknown) => this.#fault(error));
  }

  async #step(): Promise<Step> {
    if (this.#ended()) return 'nothing';
    this.#wake.sleep();
    try {
      const batch = await this.#batch();
      if (!batch) return 'nothing';
      return await this.#send(batch);
    } catch (error) {
      if (this.#ended()) return 'nothing';
      await this.#fault(error);
      return 'failed';
    }
  }

  /** What is to be sent now: what was being sent before, or the next events, or the report that there are none. */
  async #batch(): Promise<Batch | undefined> {
    const { own } = this.parts;
    const { delivered, sending, controls } = this.#now;
    if (sending) {
      const again = await batchAfter(
        own,
        this.query,
        delivered,
        { events: Infinity, bytes: Infinity },
        sending.upTo,
      );
      if (sending.empty || again.events.length > 0) return { events: again.events, upTo: sending.upTo };
      await this.#taken(sending.upTo);
    }
    const from = this.#seen ?? this.#now.delivered;
    const next = await batchAfter(own, this.query, from, { ...BATCH, events: this.#most }, this.#until);
    if (next.events.length > 0) return next;
    this.#seen = next.upTo;
    return controls.reportIfEmpty && this.#until && !this.#reported ? next : undefined;
  }

  async #send(batch: Batch): Promise<Step> {
    const { tokens, webhooks, counts } = this.parts;
    await this.#requireStaff();
    const empty = batch.events.length === 0;
    const sending = this.#now.sending ?? {
      id: randomUUID(),
      upTo: batch.upTo,
      ...(empty && { empty: true as const }),
    };
    if (!this.#now.sending) await this.#keep({ ...this.#now, sending });
    const { id, queryName, dest, token } = this.#now;
    const document = queryDocumentOf(queryName, batch.events, { id: sending.id, subscriptionID: id });
    const body = Buffer.from(JSON.stringify(document));
    const headers = {
      'Content-Type': 'application/json',
      'Idempotency-Key': `"${sending.id}"`,
      'GS1-EPCIS-Version': '2.0.0',
      'GS1-CBV-Version': '2.0.0',
      ...(token !== undefined && { 'GS1-Signature': signatureOf(tokens.open(token, id), body) }),
    };
    try {
      await webhooks.post(dest, body, headers, this.#stop.signal);
    } catch (error) {
      if (!isTooLarge(error) || batch.events.length < 2) throw error;
      // The subscriber asked for less at once; nothing of this was taken.
      this.#most = Math.floor(batch.events.length / 2);
      const { sending: _, ...unsent } = this.#now;
      await this.#keep(unsent);
      return 'smaller';
    }
    await this.#taken(sending.upTo, new Date().toISOString());
    counts.delivered += 1;
    this.#reported = true;
    return 'sent';
  }

  #taken(upTo: Position, lastNotifiedAt?: string): Promise<void> {
    const { sending: _, failing: __, ...settled } = this.#now;
    this.#seen = upTo;
    return this.#keep({
      ...settled,
      delivered: upTo,
      ...(lastNotifiedAt !== undefined && { lastNotifiedAt }),
    });
  }

  /** Whose subscription it is must be staff of the member now, as for a query (requirement X1). */
  async #requireStaff(): Promise<void> {
    const { principalOf, reader } = this.parts;
    const { by } = this.#now;
    const principal = await principalOf(by);
    if (!principal) throw new Refusal('TL-CALLER-UNKNOWN', { caller: by });
    await authoriseLocal(reader, STAFF, principal);
  }

  async #keep(next: Subscription, sync = true): Promise<void> {
    await this.parts.store.saveSubscription(next, sync);
    this.#now = next;
  }

  /** Notes why nothing is delivered now. It is kept in memory at least. */
  async #fault(error: unknown): Promise<void> {
    const { log, counts, store } = this.parts;
    const known = error instanceof Refusal ? error : refusalOf(error);
    counts.failed += 1;
    if (known.code === 'TL-INTERNAL')
      log.error({ err: error, subscription: this.#now.id }, 'a delivery failed unforeseen; trying again');
    const refusal: RefusalData = known.toData();
    const { failing } = this.#now;
    this.#now = {
      ...this.#now,
      failing: { since: failing?.since ?? new Date().toISOString(), refusal },
    };
    if (failing?.refusal.code !== refusal.code)
      await store.saveSubscription(this.#now, false).catch((cause: unknown) => {
        log.error({ err: cause, subscription: this.#now.id }, 'a subscription could not be kept');
      });
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'TL-EPCIS-DELIVERY' && error.fields['status'] === 413;
