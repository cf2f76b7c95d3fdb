// SPDX-License-Identifier: Apache-2.0
import {
  isIn,
  recordIdOf,
  Refusal,
  runsOf,
  type Runs,
  type StoredVotes,
  type Vote,
} from '@thingledger/protocol';
import type { Terms } from './verification';

/** A decision on records of one statement. */
export interface Ballot {
  readonly statementId: string;
  readonly places: readonly number[];
  readonly decision: Vote['decision'];
  readonly reasons: Vote['reasons'];
}

/** A regulator's vote on the record at a place; undefined when it has none there. */
export function voteAt(
  cast: StoredVotes,
  statementId: string,
  place: number,
  regulator: string,
): Vote | undefined {
  const found = cast.find(({ records }) => isIn(records, place));
  if (!found) return undefined;
  const { records: _, ...vote } = found;
  return { recordId: recordIdOf(statementId, place), regulator, ...vote };
}

/**
 * Casts a regulator's vote, through one of its verifiers, on every record that the ballot names and it has not voted on
 * (requirement T4). It looks at no other regulator's vote: what they come to is computed by whoever reads. Refuses the
 * whole ballot with `TL-RECORD-UNKNOWN`, `TL-VOTE-NOT-REGULATOR`, `TL-VOTE-TWICE` for another vote than before,
 * `TL-VOTE-LATE`, and `TL-INPUT-INVALID` for a rejection without a reason.
 */
export function castVotes(
  { statementId, places, decision, reasons }: Ballot,
  facts: {
    /** The terms of the statement's records, and which there are; none when there is no such statement. */
    readonly statement: { readonly terms: Terms; readonly records: Runs } | undefined;
    /** What the regulator has cast on the statement. */
    readonly present: StoredVotes;
    readonly caller: { readonly id: string; readonly member: string };
    readonly now: string;
    readonly txId: string;
  },
): { cast: StoredVotes; records: Runs } {
  const { statement, present, caller, now, txId } = facts;
  const regulator = caller.member;
  const unknown = places.find((place) => !statement || !isIn(statement.records, place));
  if (!statement || unknown !== undefined) {
    throw new Refusal('TL-RECORD-UNKNOWN', { record: recordIdOf(statementId, unknown ?? 0) });
  }
  const { terms } = statement;
  if (!terms.regulators.includes(regulator)) {
    throw new Refusal('TL-VOTE-NOT-REGULATOR', { regulator, statement: statementId });
  }
  const open = places.filter((place) => {
    const before = voteAt(present, statementId, place, regulator);
    if (before && before.decision !== decision) {
      const { recordId: record, verifier } = before;
      throw new Refusal('TL-VOTE-TWICE', { record, regulator, verifier, decision: before.decision });
    }
    return !before;
  });
  const records = runsOf(open);
  if (open.length === 0) return { cast: present, records };
  if (now > terms.deadline) throw new Refusal('TL-VOTE-LATE', { deadline: terms.deadline, now });
  if (decision === 'reject' && reasons.length === 0) {
    throw new Refusal('TL-INPUT-INVALID', { field: 'reasons' }, 'A rejection needs at least one reason');
  }
  const vote = { records, decision, reasons, verifier: caller.id, at: now, txId };
  return { cast: [...present, vote], records };
}
