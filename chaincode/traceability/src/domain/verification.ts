// SPDX-License-Identifier: Apache-2.0
import {
  regulatorsOf,
  type Announcement,
  type MappingRecord,
  type RecordStatus,
  type Rules,
  type Vote,
} from '@thingledger/protocol';

/** What deciding a record needs of it. */
export type Terms = Pick<MappingRecord, 'deadline' | 'expiry' | 'quorum' | 'regulators'>;

/** A mapping record with all that deciding it takes. */
export interface Decidable {
  readonly recordId: string;
  readonly said: Announcement;
  readonly terms: Terms;
  readonly votes: readonly Vote[];
}

/** The terms of what was announced at a time, under the rules of that time (requirement T4). */
export function termsOf(announcedAt: string, rules: Rules): Terms {
  const later = (seconds: number): string => new Date(Date.parse(announcedAt) + seconds * 1000).toISOString();
  return {
    deadline: later(rules.verificationSeconds),
    expiry: later(rules.verificationSeconds + 2 * rules.clockWindowSeconds),
    quorum: rules.verificationQuorum,
    regulators: regulatorsOf(rules),
  };
}

/** What a record has come to, and when it did. */
export interface Verdict {
  readonly status: RecordStatus;
  readonly decidedAt?: string;
}

/** The states of a mapping record, and those that each may turn into (requirement T4). */
export const transitions: Readonly<Record<RecordStatus, readonly RecordStatus[]>> = {
  announced: ['accepted', 'rejected', 'expired'],
  accepted: [],
  rejected: [],
  expired: [],
};

/**
 * What a record has come to at a time, from its terms and votes alone: accepted with the quorum's vote, rejected with the
 * vote that puts the quorum out of reach, expired when neither came. Whoever computes it finds the same.
 *
 * Votes are taken until the deadline, but the record expires only two clock windows later: a voter may date its
 * transaction one window back and a reader one window ahead, and no vote may turn up after somebody built on the expiry.
 */
export function verdictOf({ terms, votes }: Pick<Decidable, 'terms' | 'votes'>, at: string): Verdict {
  const cast = votes
    .filter((vote) => vote.at <= at && terms.regulators.includes(vote.regulator))
    .sort((a, b) => compareTexts(a.at, b.at) || compareTexts(a.regulator, b.regulator));
  const deciding = (decision: Vote['decision'], needed: number): string | undefined =>
    cast.filter((vote) => vote.decision === decision)[needed - 1]?.at;
  const acceptedAt = deciding('accept', terms.quorum);
  if (acceptedAt !== undefined) return { status: 'accepted', decidedAt: acceptedAt };
  const rejectedAt = deciding('reject', terms.regulators.length - terms.quorum + 1);
  if (rejectedAt !== undefined) return { status: 'rejected', decidedAt: rejectedAt };
  if (at > terms.expiry) return { status: 'expired', decidedAt: terms.expiry };
  return { status: 'announced' };
}

/** Instants of the ledger have one written form, so their texts order like their times; ids order by code unit. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
