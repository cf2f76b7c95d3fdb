// SPDX-License-Identifier: Apache-2.0
import {
  catalogue,
  Refusal,
  type CatalogueEntry,
  type Problem,
  type RefusalCode,
  type RefusalData,
} from '@thingledger/protocol';
import { LedgerError } from '../ledger/port.js';
import { refusalOf } from '../ledger/refusal-of.js';

/** What the edge adds to a refusal: where it happened. */
export interface ProblemContext {
  readonly instance?: string;
  readonly requestId?: string;
  readonly txId?: string;
}

/** Seconds after which a repeat of a refusal of this status makes sense; undefined where waiting helps nobody. */
export function retryAfter(code: RefusalCode): number | undefined {
  const entry: CatalogueEntry = catalogue[code];
  if (entry.retryable !== true) return undefined;
  if (code === 'TL-DRAINING') return 5;
  return entry.status === 503 || entry.status === 429 || code === 'TL-IDEMPOTENCY-RUNNING' ? 1 : undefined;
}

/**
 * The problem document of a refusal. A parser's `problems` become `errors` with JSON pointers (RFC 6901); `txId` and
 * `peers` among the fields move to the top, where clients look for them.
 */
export function problemOf(refusal: RefusalData, context: ProblemContext = {}): Problem {
  const entry: CatalogueEntry = catalogue[refusal.code];
  const { problems, txId, peers, ...fields } = { ...refusal.fields };
  const transaction = context.txId ?? (typeof txId === 'string' ? txId : undefined);
  return {
    type: `/problems/${refusal.code}`,
    title: entry.title,
    status: entry.status,
    detail: refusal.detail,
    ...(context.instance !== undefined && { instance: context.instance }),
    code: refusal.code,
    fix: entry.fix,
    ...(Object.keys(fields).length > 0 && { fields: fields as NonNullable<Problem['fields']> }),
    ...(context.requestId !== undefined && { requestId: context.requestId }),
    ...(transaction !== undefined && { txId: transaction }),
    retryable: entry.retryable === true,
    ...(Array.isArray(peers) && { peers: peers.map(peerOf) }),
    ...(Array.isArray(problems) && { errors: problems.map(errorOf) }),
  };
}

/** `member address: message`, as the ledger's refusals write a peer's reason. */
function peerOf(reason: string): { address: string; mspId: string; message: string } {
  const [, mspId = '', address = '', message = reason] = /^(\S+) (\S+): (.*)$/s.exec(reason) ?? [];
  return { address, mspId, message };
}

function errorOf(problem: string): { pointer?: string; detail: string } {
  const colon = problem.indexOf(': ');
  const field = colon < 0 ? '(body)' : problem.slice(0, colon);
  const detail = colon < 0 ? problem : problem.slice(colon + 2);
  return field === '(body)' ? { detail } : { pointer: `/${field.replaceAll('.', '/')}`, detail };
}

/** The problem document of anything thrown. Only refusals and the ledger's errors say what happened; the rest is 500. */
export function problemOfError(error: unknown, context: ProblemContext = {}): Problem {
  if (error instanceof LedgerError)
    return problemOf(refusalOf(error).toData(), {
      ...(error.txId !== undefined && { txId: error.txId }),
      ...context,
    });
  if (error instanceof Refusal) return problemOf(error.toData(), context);
  const malformed = statusOf(error) === 400;
  return problemOf(
    (malformed
      ? new Refusal('TL-INPUT-MALFORMED', {}, 'The address is malformed')
      : new Refusal('TL-INTERNAL')
    ).toData(),
    context,
  );
}

/** Express marks a path it can not decode with a status of its own. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}
