// SPDX-License-Identifier: Apache-2.0
import { Refusal, type Input, type MappingRecord, type Vote, type voteOnRecord } from '@thingledger/protocol';

/**
 * One verifier's vote (requirement T4); undefined when it voted just so before. It looks at no other vote: what they
 * come to is computed by whoever reads. Refuses with `TL-RECORD-UNKNOWN`, `TL-VOTE-NOT-VERIFIER`, `TL-VOTE-TWICE`,
 * `TL-VOTE-LATE`, and `TL-INPUT-INVALID` for a rejection without a reason.
 */
export function castVote(
  { recordId, decision, reasons }: Input<typeof voteOnRecord>,
  facts: {
    readonly record: MappingRecord | undefined;
    readonly present: Vote | undefined;
    readonly verifier: string;
    readonly now: string;
    readonly txId: string;
  },
): Vote | undefined {
  const { record, present, verifier, now, txId } = facts;
  if (!record) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
  if (!record.verifiers.includes(verifier)) throw new Refusal('TL-VOTE-NOT-VERIFIER', { verifier, record: recordId });
  if (present) {
    if (present.decision === decision) return undefined;
    throw new Refusal('TL-VOTE-TWICE', { verifier, decision: present.decision });
  }
  if (now > record.deadline) throw new Refusal('TL-VOTE-LATE', { deadline: record.deadline, now });
  if (decision === 'reject' && reasons.length === 0) {
    throw new Refusal('TL-INPUT-INVALID', { field: 'reasons' }, 'A rejection needs at least one reason');
  }
  return { recordId, verifier, decision, reasons, at: now, txId };
}
