// SPDX-License-Identifier: Apache-2.0
import {
  type AccessMatrix,
  type CustodyChain,
  DEFAULT_ACCESS,
  EVENT_NAME,
  memberOf,
  operations,
  placeOfRecord,
  placesIn,
  Refusal,
  runsOf,
  type DecidedRecord,
  type DomainEvent,
  type Input,
  type InformationServer,
  type MappingRecord,
  type Operation,
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
import type { StatementWithRecords } from './records.js';

type Ballot = Input<typeof operations.voteOnRecords>;
const decision = { by: 'admin@maker', at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };

/**
 * A ledger whose every answer the test decides: what no real network does on demand, such as being down for one call
 * or keeping a vote on its way for ever.
 */
export class ScriptedLedger implements LedgerReader {
  readonly participants = new Map<string, Participant>();
  readonly servers = new Map<string, InformationServer>();
  readonly statements = new Map<string, StatementWithRecords>();
  /** By record. */
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
  access: AccessMatrix = { version: 0, rows: [...DEFAULT_ACCESS] };
  /** What things were made of. */
  readonly sources = new Map<string, readonly string[]>();
  /** Called before each evaluation; throws what the ledger shall answer. */
  beforeEvaluate: (operation: string, input: Record<string, string>) => void = () => undefined;
  /** Called before each ballot is taken; may wait for ever. */
  beforeVote: (ballot: Ballot) => Promise<void> = () => Promise.resolve();
  #arrived: () => void = () => undefined;

  readonly writer: LedgerWriter = {
    submit: (operation, input, as) => this.#vote(ballotOf(operation, input), as.id),
    submitAll: (operation, inputs, as) =>
      Promise.all(inputs.map((input) => this.#vote(ballotOf(operation, input), as.id))),
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

  /** Keeps statements as if they had been announced long ago. */
  keep(...statements: readonly StatementWithRecords[]): void {
    for (const statement of statements) this.statements.set(statement.statementId, statement);
  }

  /** Announces a statement as the chaincode would. */
  announce(statement: StatementWithRecords): void {
    this.keep(statement);
    const { statementId, records } = statement;
    const accounts = [...new Set(records.flatMap(({ from, to }) => (from ? [from, to] : [to])))].sort();
    const { deadline } = records[0] as MappingRecord;
    const announced = runsOf(records.keys());
    this.emit({ type: 'MappingRecordsAnnounced', statementId, records: announced, accounts, deadline });
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
      case 'getAccessMatrix':
        return this.access;
      case 'getParticipant':
        return this.participants.get(input['participant'] ?? '') ?? refuse('TL-PARTICIPANT-UNKNOWN');
      case 'getInformationServer':
        return this.servers.get(input['address'] ?? '') ?? refuse('TL-SERVER-UNKNOWN');
      case 'getStatement':
        return this.#stated(input['statementId'] ?? '');
      case 'getMappingRecord':
        return this.#decided(this.#record(input['recordId'] ?? ''));
      case 'getCustodyChain':
        return this.#custody(input['thing'] ?? '');
      case 'getProvenance':
        return { chains: this.#provenance(input['thing'] ?? ''), complete: true };
      default:
        throw new Refusal('TL-OPERATION-UNKNOWN', { name });
    }
  }

  #stated(statementId: string): Output<typeof operations.getStatement> {
    const statement = this.statements.get(statementId) ?? refuse('TL-STATEMENT-UNKNOWN');
    return { ...statement, records: statement.records.map((record) => this.#decided(record)) };
  }

  #record(recordId: string): MappingRecord {
    const { statementId } = placeOfRecord(recordId);
    const records = this.statements.get(statementId)?.records;
    return records?.find((record) => record.recordId === recordId) ?? refuse('TL-RECORD-UNKNOWN');
  }

  #decided(record: MappingRecord): DecidedRecord {
    const votes = this.votes.get(record.recordId) ?? [];
    return { record, votes, status: this.#status(record, votes) };
  }

  #status(record: MappingRecord, votes: readonly Vote[]): RecordStatus {
    const count = (decision: string): number => votes.filter((vote) => vote.decision === decision).length;
    if (count('accept') >= record.quorum) return 'accepted';
    if (count('reject') > record.regulators.length - record.quorum) return 'rejected';
    return Date.parse(record.expiry) < Date.now() ? 'expired' : 'announced';
  }

  #provenance(id: string): CustodyChain[] {
    return [id, ...(this.sources.get(id) ?? [])].map((one) => this.#custody(one));
  }

  #custody(id: string): CustodyChain {
    const all = [...this.statements.values()].flatMap(({ records }) => records);
    const records = all.filter(({ thing }) => thing === id).reverse();
    const first = records.at(-1) ?? refuse('TL-THING-UNKNOWN');
    const thing: Thing = {
      thing: id,
      kind: 'batch',
      quantity: first.quantity,
      registrant: first.to,
      registeredAt: first.announcedAt,
      txId: 'tx',
    };
    return { thing, records: records.map((record) => this.#decided(record)), changes: [], complete: true };
  }

  async #vote(ballot: Ballot, verifier: string): Promise<WriteOutcome> {
    await this.beforeVote(ballot);
    try {
      return { outcome: { ok: true, result: this.#cast(ballot, verifier) }, txId: 'vote' };
    } catch (error) {
      return { outcome: refusedOutcome(error as Refusal) };
    }
  }

  #cast(
    { statementId, records: runs, decision, reasons }: Ballot,
    verifier: string,
  ): Output<typeof operations.voteOnRecords> {
    const regulator = memberOf(verifier);
    const statement = this.statements.get(statementId) ?? refuse('TL-RECORD-UNKNOWN');
    const open = placesIn(runs).filter((place) => {
      const record = statement.records[place] ?? refuse('TL-RECORD-UNKNOWN');
      if (!record.regulators.includes(regulator)) refuse('TL-VOTE-NOT-REGULATOR');
      const before = this.votes.get(record.recordId)?.find((vote) => vote.regulator === regulator);
      if (before && before.decision !== decision) refuse('TL-VOTE-TWICE');
      if (!before && Date.parse(record.deadline) < Date.now()) refuse('TL-VOTE-LATE');
      return !before;
    });
    const at = new Date().toISOString();
    for (const place of open) {
      const { recordId } = statement.records[place] as MappingRecord;
      const vote: Vote = { recordId, regulator, verifier, decision, reasons, at, txId: 'vote' };
      this.votes.set(recordId, [...(this.votes.get(recordId) ?? []), vote]);
    }
    if (open.length > 0) {
      this.emit({ type: 'VotesCast', statementId, records: runsOf(open), regulator, verifier, decision });
    }
    return { statementId, regulator, cast: open.length };
  }
}

/** A vote on one record is a ballot of one. */
function ballotOf({ name }: Operation, input: unknown): Ballot {
  if (name === operations.voteOnRecords.name) return input as Ballot;
  const { recordId, ...vote } = input as Input<typeof operations.voteOnRecord>;
  const { statementId, index } = placeOfRecord(recordId);
  return { ...vote, statementId, records: runsOf([index]) };
}

function refuse(code: ConstructorParameters<typeof Refusal>[0]): never {
  throw new Refusal(code);
}
