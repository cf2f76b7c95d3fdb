// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  EVENT_NAME,
  Refusal,
  rules,
  RULES_IN_FORCE,
  type Decision,
  type DomainEvent,
  type EventEnvelope,
  type RefusalData,
  type Rules,
} from '@thingledger/protocol';
import { callerOf, type Caller } from './caller';
import { Overlay } from './overlay';
import type { TransactionPort } from './state-port';
import { Statements } from './statements';

/** One transaction as contracts see it: state, caller, clock, events. Lives on the context, never on a contract. */
export class Transaction {
  readonly txId: string;
  /** The transaction's time, ISO 8601 in UTC: the only clock there is. The client chose it within the peers' window. */
  readonly now: string;
  readonly caller: Caller;
  readonly state: Overlay;
  readonly statements: Statements;
  readonly #port: TransactionPort;
  #events: DomainEvent[] = [];

  constructor(port: TransactionPort) {
    this.#port = port;
    this.txId = port.txId;
    this.now = port.timestamp.toISOString();
    this.caller = callerOf(port.creator);
    this.state = new Overlay(port);
    this.statements = new Statements(this.state, this);
  }

  /**
   * What came beside the proposal's arguments under a name. But for the texts of statements (`isTextName`) it is private: it
   * must not turn up in what is written, emitted or answered.
   */
  transient(name: string): Uint8Array | undefined {
    return this.#port.transient(name);
  }

  /** Adds domain events to the transaction's one envelope. */
  emit(...events: readonly DomainEvent[]): void {
    this.#events.push(...events);
  }

  /** Who decided, when, why, in which transaction: kept with every entry a person answers for (X1, X2). */
  decision(reason: string): Decision {
    return { by: this.caller.id, at: this.now, reason, txId: this.txId };
  }

  /** The rules in force, or an earlier version of them; refuses with `TL-GOVERNANCE-UNINITIALISED`. */
  async rules(version?: number): Promise<Rules> {
    const inForce = await this.state.get(rules, RULES_IN_FORCE);
    if (version === undefined || inForce?.version === version) return known(inForce);
    return known(await this.state.get(rules, String(version)));
  }

  /** The rules in force if they were read already, as every transaction does. */
  get rulesInForce(): Rules | undefined {
    return this.state.peek(rules, RULES_IN_FORCE);
  }

  /** Runs work of which nothing stays, neither write nor event, when it throws. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const events = this.#events.length;
    try {
      return await this.state.savepoint(work);
    } catch (error) {
      this.#events = this.#events.slice(0, events);
      throw error;
    }
  }

  /**
   * Runs work for every item, each in a savepoint. What was refused, with the items that came as a refusal, is given by
   * place; anything else thrown is thrown on.
   */
  async each<T>(
    items: readonly (T | Refusal)[],
    work: (item: T, place: number) => Promise<void>,
  ): Promise<Record<number, RefusalData>> {
    const refused: Record<number, RefusalData> = {};
    for (const [place, item] of items.entries()) {
      try {
        if (item instanceof Refusal) throw item;
        await this.savepoint(() => work(item, place));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused[place] = error.toData();
      }
    }
    return refused;
  }

  /** Sends the writes and the event envelope to the peer; the last thing a transaction does. */
  async complete(): Promise<void> {
    await this.state.flush();
    if (this.#events.length === 0) return;
    const envelope: EventEnvelope = { at: this.now, caller: this.caller.id, events: this.#events };
    this.#port.setEvent(EVENT_NAME, Buffer.from(canonicalJson(envelope), 'utf8'));
  }
}

function known(rules: Rules | undefined): Rules {
  if (!rules) throw new Refusal('TL-GOVERNANCE-UNINITIALISED');
  return rules;
}
