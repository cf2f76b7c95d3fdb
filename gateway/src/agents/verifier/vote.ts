// SPDX-License-Identifier: Apache-2.0
import {
  operations,
  placeOfRecord,
  Refusal,
  runsOf,
  type MappingRecord,
  type Outcome,
  type RefusalCode,
  type Vote,
} from '@thingledger/protocol';
import type { LedgerReader } from '../../ledger/reader.js';
import { refusedOutcome } from '../../ledger/submit/outcomes.js';
import type { LedgerWriter } from '../../ledger/writer.js';
import type { Principal } from '../../principal.js';

/** What became of votes: on the ledger, no longer wanted, or not there yet. */
export type Cast = 'cast' | 'closed' | 'again';

/** One decision on records of one statement. */
export interface Ballot {
  readonly statementId: string;
  readonly records: readonly MappingRecord[];
  readonly decision: Vote['decision'];
  readonly reasons: Vote['reasons'];
}

/** What votes are cast with. */
export interface Voter {
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  readonly as: Principal;
}

/** What became of a ballot. */
export interface Casting {
  readonly cast: Cast;
  readonly why?: RefusalCode;
  /** Records on which the regulator turned out to have voted: the votes that stand there, whatever became of the rest. */
  readonly standing: ReadonlyMap<string, Vote['decision']>;
}

const CLOSED: readonly RefusalCode[] = ['TL-VOTE-LATE', 'TL-VOTE-NOT-REGULATOR'];

/**
 * Puts a regulator's votes on the ledger, together. Votes that were cast before a crash count as cast, and so does
 * what a colleague voted in the meantime: the rest is voted on without it. All that says nothing about the votes
 * themselves (ledger down, gateway busy, outcome unknown, verifier suspended for a while) is `again`: the ledger sees to
 * it that a repeated vote counts once.
 */
export async function castVotes(voter: Voter, ballot: Ballot): Promise<Casting> {
  const first = await castOnce(voter, ballot);
  if (first.why !== 'TL-VOTE-TWICE') return { ...first, standing: new Map() };
  const standing = await standingVotes(voter, ballot);
  const records = ballot.records.filter(({ recordId }) => !standing.has(recordId));
  if (records.length === 0) return { cast: 'cast', standing };
  // The member's peer may not have seen the colleague's vote yet; to ask it on and on would help nobody.
  if (standing.size === 0) return { ...first, standing };
  return { ...(await castOnce(voter, { ...ballot, records })), standing };
}

async function castOnce(
  { writer, as }: Voter,
  { statementId, records, decision, reasons }: Ballot,
): Promise<{ cast: Cast; why?: RefusalCode }> {
  const places = records.map(({ recordId }) => placeOfRecord(recordId).index).sort((a, b) => a - b);
  const vote = { statementId, records: runsOf(places), decision, reasons };
  const outcome = await settled(writer.submit(operations.voteOnRecords, vote, as));
  if (outcome.ok) return { cast: 'cast' };
  const { code } = outcome.refusal;
  return { cast: CLOSED.includes(code) ? 'closed' : 'again', why: code };
}

async function standingVotes(
  { reader, as }: Voter,
  { statementId, records }: Ballot,
): Promise<Map<string, Vote['decision']>> {
  const now = await reader.evaluate(operations.getStatement, { statementId }, as);
  const asked = new Set(records.map(({ recordId }) => recordId));
  const own = now.records
    .flatMap(({ votes }) => votes)
    .filter(({ regulator, recordId }) => regulator === as.member && asked.has(recordId));
  return new Map(own.map(({ recordId, decision }) => [recordId, decision]));
}

async function settled(write: Promise<{ readonly outcome: Outcome }>): Promise<Outcome> {
  try {
    return (await write).outcome;
  } catch (error) {
    if (error instanceof Refusal) return refusedOutcome(error);
    throw error;
  }
}
