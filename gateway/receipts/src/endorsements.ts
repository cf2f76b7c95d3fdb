// SPDX-License-Identifier: Apache-2.0
import { concat, sameBytes } from './bytes.js';
import { fail, Failed } from './checks.js';
import { inWords, isSatisfied, type Policy } from './policy.js';
import type { Signer } from './msp.js';
import type { Transaction } from './transaction.js';

/** More than any policy asks for; each costs two signatures to verify. */
const MOST = 1000;

/** Finds out whom a serialised identity stands for; fails with {@link Failed} when for nobody. */
export type Identify = (identity: Uint8Array) => Promise<Signer>;

/** Who signed, in words: `signed by peer of maker, peer of customs`. */
export function signedBy(signers: readonly Signer[]): string {
  return `signed by ${signers.map(({ name, member }) => `${name} of ${member}`).join(', ')}`;
}

/** Verifies that the caller signed the transaction. */
export async function verifyCaller(transaction: Transaction, identify: Identify): Promise<Signer> {
  const caller = await identify(transaction.creator);
  if (!(await caller.verify(transaction.payload, transaction.signature))) {
    fail(`the signature of the caller ${caller.name} of ${caller.member} does not verify`);
  }
  return caller;
}

/**
 * Verifies the endorsements and that they satisfy a policy. One that does not verify, or repeats another, does not count,
 * as a peer has it; the reason then names it.
 */
export async function verifyEndorsements(
  { endorsed, endorsements }: Transaction,
  policy: Policy,
  identify: Identify,
): Promise<Signer[]> {
  if (endorsements.length > MOST) fail(`the transaction has ${String(endorsements.length)} endorsements`);
  const signers: Signer[] = [];
  const faults: string[] = [];
  for (const { endorser, signature } of endorsements) {
    try {
      const signer = await identify(endorser);
      if (signers.some(({ certificate }) => sameBytes(certificate, signer.certificate))) continue;
      if (await signer.verify(concat(endorsed, endorser), signature)) signers.push(signer);
      else faults.push(`the signature of ${signer.name} of ${signer.member} does not verify`);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      faults.push(error.message);
    }
  }
  if (!isSatisfied(policy, signers)) {
    const who = signers.map(({ member }) => member).join(', ') || 'nobody';
    fail([`endorsed by ${who}; needed: ${inWords(policy)}`, ...faults].join('; '));
  }
  return signers;
}
