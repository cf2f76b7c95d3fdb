// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import { EndorseError, GatewayError, type SubmitError } from '@hyperledger/fabric-gateway';
import { decodeRefusal } from '@thingledger/protocol';
import { LedgerError, type LedgerErrorKind } from '../port.js';

/**
 * What Fabric's gateway service writes as a peer's own reason when its result differs from the first endorser's
 * (internal/pkg/gateway/endorsement.go). It has no code of its own; compared as a whole, and pinned by the behaviour
 * suite on real Fabric.
 */
const RESULTS_DIFFER = 'ProposalResponsePayloads do not match';

const ABORTED: number = status.ABORTED;

/** What a status means when a peer gave its reason, and when none did. */
const kinds: ReadonlyMap<number, readonly [withReason: LedgerErrorKind, without: LedgerErrorKind]> = new Map([
  // The chaincode's own no comes as a peer's reason; without one it is the peer's limit of concurrent calls.
  [status.UNKNOWN, ['refused', 'unavailable']],
  // A peer's reason is its check of signature and rights; without one no set of peers fits the policy now.
  [status.FAILED_PRECONDITION, ['denied', 'unavailable']],
  [status.PERMISSION_DENIED, ['denied', 'denied']],
  [status.UNAUTHENTICATED, ['denied', 'denied']],
  [status.DEADLINE_EXCEEDED, ['deadline', 'deadline']],
  [status.CANCELLED, ['deadline', 'deadline']],
  [status.UNAVAILABLE, ['unavailable', 'unavailable']],
  [status.ABORTED, ['unavailable', 'unavailable']],
  [status.RESOURCE_EXHAUSTED, ['unavailable', 'unavailable']],
]);

/** The port's error for whatever the SDK threw, with the reasons of every peer. */
export function ledgerErrorOf(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  if (!(error instanceof GatewayError)) {
    return new LedgerError('unknown', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  const peers = error.details.map(({ address, mspId, message }) => ({ address, mspId, message }));
  return new LedgerError(kinds.get(error.code)?.[peers.length > 0 ? 0 : 1] ?? 'unknown', error.message, {
    peers,
    ...transactionOf(error),
    cause: error,
  });
}

/**
 * Why an endorsement failed, as far as the reasons tell; undefined when the member's own peer failed for a reason
 * without a code. The service asks the member's own peer first and the others only after it has endorsed, so reasons of
 * others alone mean that they differ from it: they stand at another height, or can not be reached.
 */
export function endorsementError(error: unknown, ownMspId: string): LedgerError | undefined {
  const failed = ledgerErrorOf(error);
  if (!(error instanceof EndorseError) || error.code !== ABORTED) return failed;
  const coded = (message: string): boolean => decodeRefusal(message) !== undefined;
  const own = failed.peers.filter(({ mspId }) => mspId === ownMspId);
  if (own.some(({ message }) => coded(message))) return recast('refused', failed);
  if (own.length > 0) return undefined;
  const differ = failed.peers.some(({ message }) => message === RESULTS_DIFFER || coded(message));
  return recast(differ ? 'mismatch' : 'unavailable', failed);
}

/** The same error as another kind. */
export function recast(kind: LedgerErrorKind, { message, peers, txId, cause }: LedgerError): LedgerError {
  return new LedgerError(kind, message, { peers, ...(txId === undefined ? {} : { txId }), cause });
}

/** The SDK does not export the class of submit's errors, only its type. */
function transactionOf(error: GatewayError & Partial<Pick<SubmitError, 'transactionId'>>): { txId?: string } {
  return error.transactionId === undefined ? {} : { txId: error.transactionId };
}
