// SPDX-License-Identifier: Apache-2.0

/**
 * What a mapping record comes to, computed by the one who verifies (requirement T4): the same rules as on the ledger,
 * written a second time on purpose, because who checks an answer must not take the answering code for it.
 */
export interface Terms {
  readonly deadline: string;
  readonly expiry: string;
  readonly quorum: number;
  readonly regulators: readonly string[];
}

/** The terms of what was announced at a time, by the row of the rules of that time. */
export function termsOf(announcedAt: string, rules: Readonly<Record<string, unknown>>): Terms {
  const { verificationSeconds, clockWindowSeconds, verificationQuorum, members } = rules;
  const later = (seconds: number): string => new Date(Date.parse(announcedAt) + seconds * 1000).toISOString();
  const regulators = (members as readonly { name: string; regulator: boolean; status: string }[])
    .filter(({ regulator, status }) => regulator && status === 'active')
    .map(({ name }) => name);
  return {
    deadline: later(Number(verificationSeconds)),
    expiry: later(Number(verificationSeconds) + 2 * Number(clockWindowSeconds)),
    quorum: Number(verificationQuorum),
    regulators,
  };
}

/** accepted at the quorum’s vote, rejected when it is out of reach, expired when neither came in time. */
export function verdictOf(
  { quorum, regulators, expiry }: Terms,
  votes: readonly Readonly<Record<string, unknown>>[],
  at: string,
): { readonly status: string; readonly decidedAt?: string } {
  const times = (decision: string): string[] =>
    votes
      .filter((vote) => vote['decision'] === decision && String(vote['at']) <= at)
      .map((vote) => String(vote['at']))
      .sort();
  const acceptedAt = times('accept')[quorum - 1];
  if (acceptedAt !== undefined) return { status: 'accepted', decidedAt: acceptedAt };
  const rejectedAt = times('reject')[regulators.length - quorum];
  if (rejectedAt !== undefined) return { status: 'rejected', decidedAt: rejectedAt };
  return at > expiry ? { status: 'expired', decidedAt: expiry } : { status: 'announced' };
}
