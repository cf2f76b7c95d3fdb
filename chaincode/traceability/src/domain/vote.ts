// SPDX-License-Identifier: Apache-2.0
import { Refusal, type Input, type Vote, type voteOnRecord } from '@thingledger/protocol';
import type { Terms } from './verification';

/**
 * A regulator's vote, cast by one of its verifiers (requirement T4); undefined when it voted just so before. It looks at
 * no other vote: what they come to is computed by whoever reads. Refuses with `TL-RECORD-UNKNOWN`, `TL-VOTE-NOT-REGULATOR`, `TL-VOTE-TWICE`,
 * `TL-VOTE-LATE`, and `TL-INPUT-INVALID` for a rejection without a reason.
 */
export function castVote(
  { recordId, decision, reasons }: Input<typeof voteOnRecord>,
  facts: {
    /** The terms of the record; none when there is no such record. */
    readonly terms: Terms | undefined;
    readonly present: Vote | undefined;
    readonly caller: { readonly id: string; readonly member: string };
    readonly now: string;
    readonly txId: string;
  },
): Vote | undefined {
  const { terms, present, caller, now, txId } = facts;
  const regulator = caller.member;
  if (!terms) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
  if (!terms.regulators.includes(regulator))
    throw new Refusal('TL-VOTE-NOT-REGULATOR', { regulator, record: recordId });
  if (present) {
    if (present.decision === decision) return undefined;
    throw new Refusal('TL-VOTE-TWICE', { regulator, verifier: present.verifier, decision: present.decision });
  }
  if (now > terms.deadline) throw new Refusal('TL-VOTE-LATE', { deadline: terms.deadline, now });
  if (decision === 'reject' && reasons.length === 0) {
    throw new Refusal('TL-INPUT-INVALID', { field: 'reasons' }, 'A rejection needs at least one reason');
  }
  return { recordId, regulator, verifier: caller.id, decision, reasons, at: now, txId };
}
