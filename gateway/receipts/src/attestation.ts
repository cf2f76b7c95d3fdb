// SPDX-License-Identifier: Apache-2.0
import { sameBytes } from './bytes.js';
import { fail } from './checks.js';
import { type Identify, verifyEndorsements } from './endorsements.js';
import { transaction as messages } from './messages.js';
import type { Signer } from './msp.js';
import type { Policy } from './policy.js';
import { readTransaction } from './transaction.js';

/** Fabric’s validation code of a transaction that took effect. */
export const { VALID } = messages.TxValidationCode;

const peers: Policy = { says: 'a peer', fits: ({ roles }) => roles.includes('peer') };

/**
 * Who attests that a transaction took effect. Orderers sign the order and not what became of a transaction; but a peer
 * signs what its own chaincode `qscc` answers, and that names the validation code beside the very envelope.
 *
 * @param bytes the answer of one or more peers, as an envelope that was never ordered
 * @param envelope the transaction as it lies in its block
 * @param identifyAt finds out whom an identity stood for at a time
 */
export async function verifyAttestation(
  bytes: Uint8Array,
  { channel, txId, envelope }: { channel: string; txId: string; envelope: Uint8Array },
  identifyAt: (time: number) => Identify,
): Promise<Signer[]> {
  const answer = readTransaction(bytes);
  const asked = answer.args.map((arg) => new TextDecoder().decode(arg));
  const question = ['GetTransactionByID', channel, txId];
  if (
    answer.channel !== channel ||
    answer.chaincode !== 'qscc' ||
    asked.length !== question.length ||
    question.some((word, index) => word !== asked[index])
  ) {
    fail('what the peers attest is about something else than this transaction');
  }
  const processed = messages.ProcessedTransaction.deserializeBinary(answer.result);
  const attested = processed.getTransactionenvelope()?.serializeBinary() ?? new Uint8Array();
  if (!sameBytes(attested, envelope)) fail('the peers attest another transaction of this id');
  if (processed.getValidationcode() !== VALID) {
    fail('the peers attest that they turned the transaction down: it changed nothing');
  }
  return verifyEndorsements(answer, peers, identifyAt(answer.time));
}
