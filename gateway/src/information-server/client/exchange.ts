// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { RefusalCode } from '@thingledger/protocol';
import { readBounded, requestOnce, type OutboundFault } from '../../outbound/request.js';

/** One GET to an information server. */
export interface Exchange {
  readonly url: URL;
  readonly authorization?: string;
  /** The only authority that the server's certificate may chain to (PEM). */
  readonly certificateAuthority: string;
  readonly lookup: LookupFunction;
  /** Of kept connections, or none. */
  readonly agent: Agent | false;
  readonly maxBytes: number;
  readonly maxHeaderBytes: number;
  /** Aborts when the time for the whole exchange is over. */
  readonly signal: AbortSignal;
}

/** The bytes of a 200 answer, or why there are none. */
export type ExchangeResult =
  | { readonly ok: true; readonly bytes: Buffer }
  | {
      readonly ok: false;
      readonly code: RefusalCode;
      readonly fields: Readonly<Record<string, string | number>>;
    };

/** Longest problem document worth reading. */
const PROBLEM_BYTES = 4096;

const failed = (code: RefusalCode, fields: Record<string, string | number> = {}): ExchangeResult => ({
  ok: false,
  code,
  fields,
});

function failedBy({ kind, cause }: OutboundFault): ExchangeResult {
  const fields: Record<string, string> = cause === undefined ? {} : { cause };
  switch (kind) {
    case 'headers':
      return failed('TL-VERIFY-OVERSIZE', { part: 'headers' });
    case 'certificate':
      return failed('TL-VERIFY-TLS', fields);
    case 'slow':
      return failed('TL-VERIFY-SLOW');
    case 'unreachable':
      return failed('TL-VERIFY-UNREACHABLE', fields);
  }
}

async function readAnswer(response: IncomingMessage, exchange: Exchange): Promise<ExchangeResult> {
  const status = response.statusCode ?? 0;
  if (status === 200) {
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity')
      return failed('TL-VERIFY-DOCUMENT');
    if (Number(response.headers['content-length'] ?? 0) > exchange.maxBytes) {
      return failed('TL-VERIFY-OVERSIZE', { limit: exchange.maxBytes });
    }
    const bytes = await readBounded(response, exchange.maxBytes);
    return bytes ? { ok: true, bytes } : failed('TL-VERIFY-OVERSIZE', { limit: exchange.maxBytes });
  }
  if (status >= 300 && status < 400) return failed('TL-VERIFY-REDIRECT', { status });
  if (status === 404 || status === 410) return failed('TL-VERIFY-MISSING', { status });
  // An honest server says itself that its copy was altered.
  if (status === 502 && (await problemCode(response)) === 'TL-DATA-ALTERED')
    return failed('TL-VERIFY-HASH', { status });
  return failed(status >= 500 || status === 429 ? 'TL-VERIFY-UNREACHABLE' : 'TL-VERIFY-REFUSED', { status });
}

async function problemCode(response: IncomingMessage): Promise<unknown> {
  const body = await readBounded(response, PROBLEM_BYTES);
  try {
    return (JSON.parse(body?.toString('utf8') ?? '') as { code?: unknown } | null)?.code;
  } catch {
    return undefined; // Some other server's page.
  }
}

/** One request and its whole answer, bounded in size of body too. Never throws: what a hostile server can do ends in a code. */
export async function exchangeOnce(
  exchange: Exchange,
): Promise<ExchangeResult & { readonly reused: boolean }> {
  const outcome = await requestOnce(
    {
      ...exchange,
      method: 'GET',
      authorities: exchange.certificateAuthority,
      headers: {
        Accept: 'application/json',
        ...(exchange.authorization !== undefined && { Authorization: exchange.authorization }),
      },
    },
    (response) => readAnswer(response, exchange),
  );
  return { ...(outcome.ok ? outcome.value : failedBy(outcome.fault)), reused: outcome.reused };
}
