// SPDX-License-Identifier: Apache-2.0
import type { EmbeddedReceipt } from '@thingledger/protocol/receipt';
import { fromBase64, hash, toHex } from './bytes.js';
import { fail } from './checks.js';
import { signedBy, verifyCaller, verifyEndorsements } from './endorsements.js';
import { Msp, serialisedIdentity, type Signer } from './msp.js';
import { inWords, signaturePolicy } from './policy.js';
import { type Draft, provedOf } from './report.js';
import { readTransaction } from './transaction.js';

/**
 * Checks a receipt of the embedded network: who called, and who endorsed. Its anchor is over channel, chaincode, policy
 * and authorities, which the file itself states.
 */
export async function verifyEmbedded(receipt: EmbeddedReceipt, draft: Draft, given?: string): Promise<void> {
  const { checks } = draft;
  const { msps, policy } = await checks.make(
    'form',
    () => ({
      msps: new Map(Object.entries(receipt.authorities).map(([name, pems]) => [name, new Msp(name, pems)])),
      policy: signaturePolicy(fromBase64(receipt.policy)),
    }),
    (found) => `${String(found.msps.size)} members`,
  );
  await checks.make(
    'anchor',
    () => anchorOf(receipt, draft, given),
    (found) => found,
  );
  const transaction = await checks.make(
    'transaction',
    () => {
      const read = readTransaction(fromBase64(receipt.envelope));
      if (read.txId !== receipt.txId) fail('the envelope holds another transaction');
      if (read.channel !== receipt.channel) fail(`the transaction is of channel ${read.channel}`);
      if (read.chaincode !== receipt.chaincode) fail(`the transaction is of chaincode ${read.chaincode}`);
      return read;
    },
    () => 'its id and its proposal’s hash fit',
  );
  const identify = async (identity: Uint8Array): Promise<Signer> => {
    const { member, certificate } = serialisedIdentity(identity);
    const msp = msps.get(member) ?? fail(`${member} is no member of channel ${receipt.channel}`);
    return msp.identify(certificate, transaction.time);
  };
  const caller = await checks.make(
    'caller',
    () => verifyCaller(transaction, identify),
    (found) => signedBy([found]),
  );
  const endorsers = await checks.make(
    'endorsements',
    () => verifyEndorsements(transaction, policy, identify),
    signedBy,
  );
  draft.proved = await provedOf(transaction, caller, endorsers, inWords(policy), { orderers: [] });
}

function anchorOf(
  { channel, chaincode, policy, authorities }: EmbeddedReceipt,
  draft: Draft,
  given: string | undefined,
): string {
  const sorted = Object.entries(authorities).sort(([one], [other]) => (one < other ? -1 : 1));
  const stated = new TextEncoder().encode(JSON.stringify([channel, chaincode, policy, sorted]));
  const anchor = toHex(hash(stated));
  draft.anchor = anchor;
  if (given === undefined) return `none given; compare ${anchor} with what you know of the network`;
  if (given !== anchor) fail(`the receipt is of the network ${anchor}, not of ${given}`);
  return 'the authorities and the policy are those you know';
}
