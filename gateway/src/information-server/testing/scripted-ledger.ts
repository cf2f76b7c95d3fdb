// SPDX-License-Identifier: Apache-2.0
import {
  memberOf,
  EVENT_NAME,
  Refusal,
  type DomainEvent,
  type Input,
  type InformationServer,
  type MappingRecord,
  type Operation,
  type operations,
  type Output,
  type Participant,
  type RecordStatus,
  type Rules,
  type Thing,
  type Vote,
} from '@thingledger/protocol';
import type { Caller } from '../../ledger/caller.js';
import type { EventPosition, Identity, LedgerEvent } from '../../ledger/port.js';
import type { LedgerReader } from '../../ledger/reader.js';
import type { WriteOutcome } from '../../ledger/submit/job.js';
import { refusedOutcome } from '../../ledger/submit/outcomes.js';
import type { LedgerWriter } from '../../ledger/writer.js';

type VoteInput = Input<typeof operations.voteOnRecord>;
const decision = { by: 'admin@maker', at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };

/**
 * A ledger whose every answer the test decides: what no real network does on demand, such as being down for one call
 * or keeping a vote on its way for ever.
 */
export class ScriptedLedger implements LedgerReader {
  readonly participants = new Map<string, Participant>();
  readonly servers = new Map<string, InformationServer>();
  readonly records = new Map<string, MappingRecord>();
  readonly votes = new Map<string, Vote[]>();
  readonly events: LedgerEvent[] = [];
  rules: Rules = {
    version: 1,
    verificationQuorum: 2,
    verificationSeconds: 3600,
    maximumSpeedKmh: 1000,
    clockWindowSeconds: 30,
    clockToleranceSeconds: 60,
    proposalSeconds: 60,
    members: ['maker', 'carrier', 'bank', 'inspection', 'customs'].map((name) => ({
      name,
      regulator: ['inspection', 'customs'].includes(name),
      status: 'active' as const,
    })),
    decision,
  };
  /** Called before each evaluation; throws what the ledger shall answer. */
  beforeEvaluate: (operation: string, input: Record<string, string>) => void = () => undefined;
  /** Called before each vote is taken; may wait for ever. */
  beforeVote: (vote: VoteInput) => Promise<void> = () => Promise.resolve();
  #arrived: () => void = () => undefined;

  readonly writer: LedgerWriter = {
    submit: (_operation, input, as) => this.#vote(input as VoteInput, as.id),
    submitAll: (_operation, inputs, as) =>
      Promise.all(inputs.map((input) => this.#vote(input as VoteInput, as.id))),
    recover: () => Promise.resolve(),
    drain: () => Promise.resolve(),
    close: () => Promise.resolve(),
    stats: () => {
      throw new Error('nobody asks');
    },
  };

  evaluate<T extends Operation>(operation: T, input: unknown, _as: Caller): Promise<Output<T>> {
    return Promise.resolve().then(() => {
      const asked = input as Record<string, string>;
      this.beforeEvaluate(operation.name, asked);
      return structuredClone(this.#answer(operation.name, asked)) as Output<T>;
    });
  }

  /** Announces a record as the chaincode would. */
  announce(record: MappingRecord): void {
    this.records.set(record.recordId, record);
    const { recordId, thing, from, to, deadline } = record;
    this.emit({ type: 'MappingRecordAnnounced', recordId, thing, ...(from && { from }), to, deadline });
  }

  /** Puts an event, or any bytes, at the end of the ledger. */
  emit(event: DomainEvent | Buffer): void {
    const envelope = { at: new Date().toISOString(), caller: 'somebody@maker', events: [event] };
    const payload = Buffer.isBuffer(event) ? event : Buffer.from(JSON.stringify(envelope));
    const number = this.events.length;
    this.events.push({ block: BigInt(number), txId: `tx${number}`, name: EVENT_NAME, payload });
    this.#arrived();
  }

  readonly port = {
    events: (_channel: string, _chaincode: string, from: EventPosition, _as: Identity, signal: AbortSignal) =>
      this.#follow(from, signal),
  };

  async *#follow(from: EventPosition, signal: AbortSignal): AsyncGenerator<LedgerEvent> {
    let next = this.events.length;
    if (from !== 'now') next = Number(from.block) + (from.afterTxId === undefined ? 0 : 1);
    signal.addEventListener('abort', () => this.#arrived(), { once: true });
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const arrived = new Promise<void>((resolve) => (this.#arrived = resolve));
      for (; next < this.events.length && !stopped(); next += 1) yield this.events[next] as LedgerEvent;
      if (next >= this.events.length) await arrived;
    }
  }

  #answer(name: string, input: Record<string, string>): unknown {
    switch (name) {
      case 'getRules':
        return this.rules;
      case 'getParticipant':
        return this.participants.get(input['participant'] ?? '') ?? refuse('TL-PARTICIPANT-UNKNOWN');
      case 'getInformationServer':
        return this.servers.get(input['address'] ?? '') ?? refuse('TL-SERVER-UNKNOWN');
      case 'getMappingRecord':
        return this.#decided(input['recordId'] ?? '');
      case 'getCustodyChain':
        return this.#custody(input['thing'] ?? '');
      default:
        throw new Refusal('TL-OPERATION-UNKNOWN', { name });
    }
  }

  #decided(recordId: string): unknown {
    const record = this.records.get(recordId) ?? refuse('TL-RECORD-UNKNOWN');
    const votes = this.votes.get(recordId) ?? [];
    return { record, votes, status: this.#status(record, votes) };
  }

  #status(record: MappingRecord, votes: readonly Vote[]): RecordStatus {
    const count = (decision: string): number => votes.filter((vote) => vote.decision === decision).length;
    if (count('accept') >= record.quorum) return 'accepted';
    if (count('reject') > record.regulators.length - record.quorum) return 'rejected';
    return Date.parse(record.expiry) < Date.now() ? 'expired' : 'announced';
  }

  #custody(id: string): unknown {
    const records = [...this.records.values()].filter((record) => record.thing === id).reverse();
    const first = records.at(-1) ?? refuse('TL-THING-UNKNOWN');
    const thing: Thing = {
      thing: id,
      kind: 'batch',
      quantity: first.quantity,
      registrant: first.to,
      registeredAt: first.announcedAt,
      txId: 'tx',
    };
    return { thing, records: records.map(({ recordId }) => this.#decided(recordId)) };
  }

  async #vote(input: VoteInput, verifier: string): Promise<WriteOutcome> {
    await this.beforeVote(input);
    try {
      return { outcome: { ok: true, result: this.#castVote(input, verifier) }, txId: 'vote' };
    } catch (error) {
      return { outcome: refusedOutcome(error as Refusal) };
    }
  }

  #castVote({ recordId, decision, reasons }: VoteInput, verifier: string): Vote {
    const record = this.records.get(recordId) ?? refuse('TL-RECORD-UNKNOWN');
    const votes = this.votes.get(recordId) ?? [];
    const regulator = memberOf(verifier);
    if (!record.regulators.includes(regulator)) refuse('TL-VOTE-NOT-REGULATOR');
    if (Date.parse(record.deadline) < Date.now()) refuse('TL-VOTE-LATE');
    if (votes.some((vote) => vote.regulator === regulator)) refuse('TL-VOTE-TWICE');
    const vote: Vote = {
      recordId,
      regulator,
      verifier,
      decision,
      reasons,
      at: new Date().toISOString(),
      txId: 'vote',
    };
    this.votes.set(recordId, [...votes, vote]);
    this.emit({ type: 'VoteCast', recordId, regulator, verifier, decision });
    return vote;
  }
}

function refuse(code: ConstructorParameters<typeof Refusal>[0]): never {
  throw new Refusal(code);
}
