// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  placeOfRecord,
  runsOf,
  type MappingRecord,
  type Runs,
  type Vote,
} from '@thingledger/protocol';
import type { Logger } from 'pino';
import type { Fault } from '../../information-server/client/fetch.js';
import type { Examined } from './examinations.js';
import { unlessDone } from './intake.js';
import { pause, waitEnds, type Patience } from './patience.js';
import type { Change, QueueItem, VerificationQueue } from './queue.js';
import { castVotes, type Ballot, type Casting, type Voter } from './vote.js';

/** Counts of records since the start. */
export interface Counts {
  readonly accepted: number;
  readonly rejected: number;
  /** Attempts put off because data could not be had. */
  readonly postponed: number;
  /** Attempts put off because of the ledger or of the agent itself. */
  readonly failed: number;
  /** Whose votes are on their way. */
  readonly voting: number;
}

/** Records of one statement that are handled together, as they lie in the queue. */
export interface Group {
  readonly statementId: string;
  readonly items: ReadonlyMap<string, QueueItem>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** What findings are settled with. */
export interface SettlerOptions extends Voter {
  readonly queue: VerificationQueue;
  readonly patience: Patience;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly signal: AbortSignal;
}

/** The vote that a finding comes to. */
interface Decision extends Pick<Ballot, 'decision' | 'reasons'> {
  readonly record: MappingRecord;
}

/** Makes the change that puts a record off. */
type Postpone = (why: {
  readonly findings?: readonly Fault[];
  readonly firstTriedAt?: number;
  readonly atMostUntil?: number;
}) => Change;

/** The most reasons that a vote carries. */
const MOST_REASONS = 10;

const forgotten: Change = () => undefined;

/** Turns findings into votes and changes of the queue. */
export class Settler {
  readonly #counts = { accepted: 0, rejected: 0, postponed: 0, failed: 0, voting: 0 };

  constructor(private readonly options: SettlerOptions) {}

  get counts(): Counts {
    return this.#counts;
  }

  /** Settles what was found of records of a group. Never throws. */
  async settle(group: Group, examined: readonly Examined[]): Promise<void> {
    try {
      const decisions = await this.#sort(group, examined);
      if (this.options.signal.aborted) return;
      await Promise.all(ballotsOf(group.statementId, decisions).map((ballot) => this.#vote(ballot)));
    } catch (error) {
      await this.fail(
        examined.map(({ recordId }) => recordId),
        error,
      );
    }
  }

  /**
   * Something that is not the records' fault went wrong: no vote, later again, and nobody else waits for them. Never
   * throws.
   */
  async fail(recordIds: readonly string[], error: unknown): Promise<void> {
    const { queue, log, signal } = this.options;
    if (signal.aborted) return;
    log.warn({ err: error, ...about(recordIds) }, 'could not be examined; trying again');
    const postpone = this.#pace();
    try {
      await queue.update(new Map(recordIds.map((recordId) => [recordId, postpone({})])));
      this.#counts.failed += recordIds.length;
    } catch (fault) {
      log.error({ err: fault, ...about(recordIds) }, 'could not be put off');
    }
  }

  /** Writes to the queue, at once, what is not to be voted on now; the decisions are the rest. */
  async #sort(group: Group, examined: readonly Examined[]): Promise<Decision[]> {
    const changes = new Map<string, Change>();
    const decisions: Decision[] = [];
    const postpone = this.#pace();
    for (const one of examined) {
      const next = this.#decide(group, one, postpone);
      if (typeof next === 'function') changes.set(one.recordId, next);
      else decisions.push(next);
    }
    if (changes.size > 0) await this.options.queue.update(changes);
    const kinds = examined.filter(({ recordId }) => changes.has(recordId)).map(({ kind }) => kind);
    this.#counts.postponed += kinds.filter((kind) => kind === 'wait').length;
    this.#counts.failed += kinds.filter((kind) => kind === 'failed').length;
    return decisions;
  }

  /** The vote that a finding comes to, or what it changes in the queue when there is none to cast now. */
  #decide({ items, startedAt }: Group, examined: Examined, postpone: Postpone): Decision | Change {
    switch (examined.kind) {
      case 'closed':
        return forgotten;
      case 'voted':
        return done(examined.record, examined.decision);
      case 'accept':
        return { decision: 'accept', record: examined.record, reasons: [] };
      case 'reject':
        return { ...examined, decision: 'reject' };
      case 'failed': {
        const { recordId, error } = examined;
        this.options.log.warn({ err: error, record: recordId }, 'could not be examined; trying again');
        return postpone({});
      }
      case 'wait': {
        const { record, reason } = examined;
        const firstTriedAt = items.get(record.recordId)?.firstTriedAt ?? startedAt;
        const ends = waitEnds(this.options.patience, firstTriedAt, Date.parse(record.deadline));
        if (Date.now() >= ends) return { decision: 'reject', record, reasons: [reason] };
        return postpone({ findings: [reason], firstTriedAt, atMostUntil: ends });
      }
    }
  }

  async #vote(ballot: Ballot): Promise<void> {
    const { records } = ballot;
    this.#counts.voting += records.length;
    try {
      await this.#record(ballot, await castVotes(this.options, ballot));
    } catch (error) {
      await this.fail(idsOf(records), error);
    } finally {
      this.#counts.voting -= records.length;
    }
  }

  /** Takes down what became of a ballot. */
  async #record({ records, decision, reasons }: Ballot, { cast, why, standing }: Casting): Promise<void> {
    const { queue, log } = this.options;
    const postpone = this.#pace();
    const rest = records.filter(({ recordId }) => !standing.has(recordId));
    const changeOf = (record: MappingRecord): Change => {
      if (cast === 'cast') return done(record, decision, reasons);
      return cast === 'closed' ? forgotten : postpone({ findings: reasons });
    };
    const changes = new Map(rest.map((record) => [record.recordId, changeOf(record)]));
    for (const record of records) {
      const vote = standing.get(record.recordId);
      if (vote) changes.set(record.recordId, done(record, vote));
    }
    const which = { ...about(idsOf(rest)), reasons: reasons.map(({ code }) => code) };
    if (cast === 'again') {
      log.warn({ ...which, code: why }, 'the votes are not on the ledger yet; trying again');
    } else if (cast === 'cast' && decision === 'reject' && rest.length > 0) log.info(which, 'rejected');
    await queue.update(changes);
    if (cast === 'again') this.#counts.failed += rest.length;
    else if (cast === 'cast') this.#counts[decision === 'accept' ? 'accepted' : 'rejected'] += rest.length;
  }

  /** Puts records off with one jitter for all: those of a statement shall be due together again. */
  #pace(): Postpone {
    const now = Date.now();
    const jitter = Math.random();
    return ({ findings, firstTriedAt, atMostUntil = Infinity }) =>
      (item) =>
        item && {
          ...item,
          attempts: item.attempts + 1,
          findings: findings ?? item.findings,
          firstTriedAt: firstTriedAt ?? item.firstTriedAt,
          // Undefined due time: its own vote was seen in the meantime.
          dueAt:
            item.dueAt === undefined
              ? undefined
              : Math.min(atMostUntil, now + pause(this.options.patience, item.attempts, () => jitter)),
        };
  }
}

const idsOf = (records: readonly MappingRecord[]): string[] => records.map(({ recordId }) => recordId);

/** Records of one statement as a log shows them. */
function about(recordIds: readonly string[]): { statement: string | undefined; records: Runs } {
  const places = recordIds.map(placeOfRecord);
  return {
    statement: places[0]?.statementId,
    records: runsOf(places.map(({ index }) => index).sort((a, b) => a - b)),
  };
}

/** One ballot for all that is accepted, and one for each list of reasons to reject. */
function ballotsOf(statementId: string, decisions: readonly Decision[]): Ballot[] {
  const ballots = new Map<string, Ballot & { readonly records: MappingRecord[] }>();
  for (const { decision, record, reasons: all } of decisions) {
    const reasons = all.slice(0, MOST_REASONS);
    const key = canonicalJson({ decision, reasons });
    const ballot = ballots.get(key) ?? { statementId, records: [], decision, reasons };
    ballot.records.push(record);
    ballots.set(key, ballot);
  }
  return [...ballots.values()];
}

/** The item after this regulator's vote is on the ledger; without findings it keeps those it has. */
const done =
  (record: MappingRecord, ownVote: Vote['decision'], findings?: readonly Fault[]): Change =>
  (item) =>
    unlessDone(
      item && {
        ...item,
        ownVote,
        findings: findings ?? item.findings,
        dueAt: undefined,
        quorum: record.quorum,
        regulators: record.regulators.length,
      },
    );
