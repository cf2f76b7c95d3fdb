// SPDX-License-Identifier: Apache-2.0
import { sameBytes } from './bytes.js';
import type { Block } from './block.js';
import { fail } from './checks.js';
import type { Configuration } from './configuration.js';
import { type Identify, verifyEndorsements } from './endorsements.js';
import { transaction as messages } from './messages.js';
import type { Signer } from './msp.js';
import type { Policy } from './policy.js';
import { readTransaction } from './transaction.js';

/** Fabric’s validation code of a transaction that took effect. */
export const { VALID } = messages.TxValidationCode;

const peers: Policy = { says: 'a peer', fits: ({ roles }) => roles.includes('peer') };

/** The name of a validation code of Fabric. */
export function codeName(code: number | undefined): string {
  const found = Object.entries(messages.TxValidationCode).find(([, value]) => value === code);
  return found?.[0] ?? `code ${String(code)}`;
}

/**
 * What became of a transaction, and who attests it; nobody, where a file has only the note of the peer that gave it.
 *
 * @param turnedDown whether one that changed nothing may pass
 */
export async function validityOf(
  { channel, txId, attestation }: { channel: string; txId: string; attestation: Uint8Array | undefined },
  block: Block,
  index: number,
  inForce: Configuration,
  turnedDown: boolean,
): Promise<{ readonly code: string; readonly signers: Signer[] }> {
  const code = block.codes[index];
  if (code !== VALID && !turnedDown) fail('the peers turned the transaction down: it changed nothing');
  if (attestation === undefined) return { code: codeName(code), signers: [] };
  const envelope = block.envelopes[index] ?? new Uint8Array();
  const signers = await verifyAttestation(
    attestation,
    { channel, txId, envelope, code: code ?? VALID },
    (time) => (identity) => inForce.identify(identity, time),
  );
  return { code: codeName(code), signers };
}

/**
 * Who attests what became of a transaction. Orderers sign the order and not what became of a transaction; but a peer
 * signs what its own chaincode `qscc` answers, and that names the validation code beside the very envelope.
 *
 * @param bytes the answer of one or more peers, as an envelope that was never ordered
 * @param envelope the transaction as it lies in its block
 * @param identifyAt finds out whom an identity stood for at a time
 */
async function verifyAttestation(
  bytes: Uint8Array,
  { channel, txId, envelope, code }: { channel: string; txId: string; envelope: Uint8Array; code: number },
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
  if (processed.getValidationcode() !== code) {
    fail(
      code === VALID
        ? 'the peers attest that they turned the transaction down: it changed nothing'
        : `the peers attest ${codeName(processed.getValidationcode())}, the block says ${codeName(code)}`,
    );
  }
  return verifyEndorsements(answer, peers, identifyAt(answer.time));
}
