// SPDX-License-Identifier: Apache-2.0
import { GovernanceContract } from '@thingledger/kernel';
import { testCaller, TestLedger, type TestParticipant, type TestRun } from '@thingledger/kernel/testing';
import {
  canonicalJson,
  captureOf,
  deflatePrivate,
  deflateStatement,
  operationId,
  operations,
  outcomeAt,
  privateName,
  statementOf,
  type Announcement,
  type ChangeReport,
  type EventCapture,
  type OperationName,
  type Outcome,
  type Output,
  type Quantity,
  type SignedStatement,
  type StatementResult,
  type ThingChange,
} from '@thingledger/protocol';
import { TraceabilityContract } from '../contracts/traceability';

export const ADDRESS = 'https://localhost:7443';
const REASON = 'test';
const PEOPLE = ['farm@maker', 'mill@maker', 'shop@bank', 'a@inspection', 'c@customs'];

/** The code of what became of a call. */
export const codeOf = (outcome: Outcome | undefined): string =>
  outcome?.ok ? 'ok' : (outcome?.refusal.code ?? 'nothing');

/** A ledger in memory with two holders of one member, a third of another, and two regulators who accept everything. */
export class Market {
  readonly ledger = new TestLedger([GovernanceContract, TraceabilityContract]);

  private constructor(private readonly people: ReadonlyMap<string, TestParticipant>) {}

  static async open(): Promise<Market> {
    const ids = [...PEOPLE, ...['maker', 'bank', 'inspection', 'customs'].map((member) => `admin@${member}`)];
    const people = new Map<string, TestParticipant>();
    for (const id of ids) people.set(id, await testCaller(id, id.startsWith('admin') ? 'admin' : 'client'));
    const market = new Market(people);
    await market.call('admin@maker', 'initialiseGovernance', {
      members: ['maker', 'bank', 'inspection', 'customs'].map((name) => ({
        name,
        regulator: ['inspection', 'customs'].includes(name),
      })),
      verificationQuorum: 2,
      verificationSeconds: 600,
      maximumSpeedKmh: 1000,
      clockToleranceSeconds: 60,
      clockWindowSeconds: 30,
      proposalSeconds: 600,
      reason: REASON,
    });
    for (const id of PEOPLE) {
      const { mspId, publicKey } = market.#who(id);
      const roles = ['inspection', 'customs'].includes(mspId) ? ['verifier'] : ['accounting'];
      const input = { participant: id, publicKey, roles, reason: REASON };
      await market.call(`admin@${mspId}`, 'registerParticipant', input);
    }
    const certificateAuthority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    for (const [member, address] of [
      ['maker', ADDRESS],
      ['bank', 'https://localhost:7444'],
    ] as const) {
      const input = { address, certificateAuthority, reason: REASON };
      await market.call(`admin@${member}`, 'registerInformationServer', input);
    }
    return market;
  }

  #who(id: string): TestParticipant {
    return this.people.get(id) as TestParticipant;
  }

  async call(as: string, name: OperationName, input: unknown): Promise<Outcome> {
    return (await this.run(as, name, input)).outcomes[0] as Outcome;
  }

  /** A call with what it read and wrote. */
  run(as: string, name: OperationName, input: unknown): Promise<TestRun> {
    this.ledger.now = new Date(this.ledger.now.getTime() + 1);
    return this.ledger.run(this.#who(as), [[name, input]]);
  }

  /** The answer of an evaluation that must not be refused. */
  async ask<N extends OperationName>(name: N, input: unknown): Promise<Output<(typeof operations)[N]>> {
    const outcome = await this.call('farm@maker', name, input);
    if (!outcome.ok) throw new Error(`${name}: ${outcome.refusal.code} ${outcome.refusal.detail}`);
    return outcome.result as Output<(typeof operations)[N]>;
  }

  /** A minute ago. */
  get then(): string {
    return new Date(this.ledger.now.getTime() - 60_000).toISOString();
  }

  signed(by: string, name: OperationName, items: readonly unknown[]): SignedStatement {
    const text = statementOf(operationId(operations[name]), items.map(canonicalJson));
    return { text: deflateStatement(text), signature: this.#who(by).sign(text) };
  }

  /** States one item; its own outcome. */
  async #state(by: string, name: OperationName, item: unknown): Promise<Outcome> {
    const outcome = await this.call(by, name, this.signed(by, name, [item]));
    return outcome.ok ? outcomeAt(outcome.result as StatementResult, 0) : outcome;
  }

  report(by: string, change: ThingChange, over: Partial<ChangeReport> = {}): Promise<Outcome> {
    return this.#state(by, 'reportChange', { change, eventTime: this.then, ...over });
  }

  /** Captures an event: what is said of it, and the event itself, as endorsers get it. */
  async capture(
    by: string,
    document: object,
    over: Partial<EventCapture> = {},
    sent?: unknown,
  ): Promise<Outcome> {
    const [outcome] = await this.captureAll(by, [{ document, over, sent }]);
    return outcome as Outcome;
  }

  /** Captures events in one statement; an outcome for each. */
  async captureAll(
    by: string,
    events: readonly { document: object; over?: Partial<EventCapture>; sent?: unknown }[],
  ): Promise<Outcome[]> {
    const served = { informationServer: ADDRESS, dataHash: 'c'.repeat(64) };
    const items = events.map(({ document, over }) => ({ ...captureOf(document), ...served, ...over }));
    const text = statementOf(operationId(operations.captureEvent), items.map(canonicalJson));
    const parts = events.map(({ document, sent }) => JSON.stringify(sent === undefined ? document : sent));
    const transient = new Map([[privateName(text), deflatePrivate(parts)]]);
    this.ledger.now = new Date(this.ledger.now.getTime() + 1);
    const statement = this.signed(by, 'captureEvent', items);
    const outcome = await this.ledger.call(this.#who(by), 'captureEvent', statement, transient);
    return items.map((_, place) =>
      outcome.ok ? outcomeAt(outcome.result as StatementResult, place) : outcome,
    );
  }

  /** Registers a thing and has its origin accepted. */
  async grow(thing: string, kind: string, quantity: Quantity, by = 'farm@maker'): Promise<void> {
    const registered = await this.call(by, 'registerThing', { thing, kind, quantity });
    if (!registered.ok) throw new Error(registered.refusal.code);
    await this.accept(await this.announce(by, { thing, quantity, to: by }));
  }

  announce(
    by: string,
    over: Partial<Announcement> & Pick<Announcement, 'thing' | 'quantity' | 'to'>,
  ): Promise<Outcome> {
    return this.#state(by, 'announceMappingRecord', {
      informationServer: by.endsWith('@bank') ? 'https://localhost:7444' : ADDRESS,
      dataHash: 'a'.repeat(64),
      eventTime: this.then,
      place: { latitude: 48.1, longitude: 11.5 },
      ...over,
    });
  }

  /** Both regulators accept what was announced. */
  async accept(announced: Outcome): Promise<void> {
    if (!announced.ok) throw new Error(announced.refusal.code);
    const { recordId } = announced.result as { recordId: string };
    for (const verifier of ['a@inspection', 'c@customs'])
      await this.call(verifier, 'voteOnRecord', { recordId, decision: 'accept' });
  }

  /** Moves a thing to another holder, accepted. */
  async move(thing: string, from: string, to: string): Promise<void> {
    const { quantity } = (await this.ask('getThing', { thing })).thing;
    await this.accept(await this.announce(from, { thing, quantity, from, to }));
  }

  async holderOf(thing: string): Promise<string | undefined> {
    return (await this.ask('getThing', { thing })).holder;
  }
}
