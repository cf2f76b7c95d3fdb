// SPDX-License-Identifier: Apache-2.0
import { operations, Refusal, type Input, type Outcome, type RefusalCode } from '@thingledger/protocol';
import { refusedOutcome } from '../../ledger/submit/outcomes.js';
import type { LedgerWriter } from '../../ledger/writer.js';
import type { Principal } from '../../principal.js';

/** What became of a vote: on the ledger, no longer wanted, or not there yet. */
export type Cast = 'cast' | 'closed' | 'again';

type Vote = Input<typeof operations.voteOnRecord>;

const CAST: readonly RefusalCode[] = ['TL-VOTE-TWICE'];
const CLOSED: readonly RefusalCode[] = ['TL-VOTE-LATE', 'TL-VOTE-NOT-REGULATOR'];

/**
 * Puts a vote on the ledger. A vote that was cast before a crash counts as cast. All that says nothing about the vote
 * itself (ledger down, gateway busy, outcome unknown, verifier suspended for a while) is `again`: the ledger sees to it
 * that a repeated vote counts once.
 */
export async function castVote(
  writer: LedgerWriter,
  vote: Vote,
  as: Principal,
): Promise<{ cast: Cast; why?: RefusalCode }> {
  const outcome = await settled(writer, vote, as);
  if (outcome.ok) return { cast: 'cast' };
  const { code } = outcome.refusal;
  if (CAST.includes(code)) return { cast: 'cast', why: code };
  return { cast: CLOSED.includes(code) ? 'closed' : 'again', why: code };
}

async function settled(writer: LedgerWriter, vote: Vote, as: Principal): Promise<Outcome> {
  try {
    return (await writer.submit(operations.voteOnRecord, vote, as)).outcome;
  } catch (error) {
    if (error instanceof Refusal) return refusedOutcome(error);
    throw error;
  }
}
