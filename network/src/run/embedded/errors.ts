// SPDX-License-Identifier: Apache-2.0

/** gRPC status names, as a Fabric peer's gateway service would answer. */
export type EmbeddedCode =
  | 'ABORTED'
  | 'CANCELLED'
  | 'DEADLINE_EXCEEDED'
  | 'FAILED_PRECONDITION'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

/**
 * Why a call failed, so that nobody has to read message texts:
 * `refused` the chaincode answered with an error; `mismatch` endorsers gave different results; `denied` the identity
 * or its signature is not accepted; `policy` the endorsement policy can not be met; `invalid` the request itself is
 * unusable (duplicate id, time outside the window, unknown chaincode); `unavailable` too much work, closing or
 * broken; `cancelled` the caller's signal.
 */
export type EmbeddedReason =
  'refused' | 'mismatch' | 'denied' | 'policy' | 'invalid' | 'unavailable' | 'cancelled';

/** What one peer said. */
export interface PeerDetail {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

/** A failed call to the embedded network, with the texts a Fabric 3.1 peer would give. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
  readonly code: EmbeddedCode;
  readonly reason: EmbeddedReason;
  readonly details: readonly PeerDetail[];
  readonly txId: string | undefined;

  constructor(
    code: EmbeddedCode,
    reason: EmbeddedReason,
    message: string,
    more: { readonly details?: readonly PeerDetail[]; readonly txId?: string; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.reason = reason;
    this.details = more.details ?? [];
    this.txId = more.txId;
  }
}

/** The error for a caller's own signal: a deadline when the signal timed out, else a cancellation. */
export function cancelled(signal: AbortSignal, txId?: string): EmbeddedError {
  const timedOut = (signal.reason as { name?: unknown } | undefined)?.name === 'TimeoutError';
  const [code, text] = timedOut
    ? (['DEADLINE_EXCEEDED', 'deadline exceeded'] as const)
    : (['CANCELLED', 'call was cancelled'] as const);
  return new EmbeddedError(code, 'cancelled', text, txId === undefined ? {} : { txId });
}
