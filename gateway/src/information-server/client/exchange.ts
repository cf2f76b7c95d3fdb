// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { RefusalCode } from '@thingledger/protocol';

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

/** OpenSSL's names of what can be wrong with a certificate, and Node's own. */
const CERTIFICATE_FAULT =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_|PATH_LENGTH_|EPROTO$)/;

function faultOf(error: NodeJS.ErrnoException, secured: boolean): ExchangeResult {
  const code = error.code ?? 'unknown';
  if (code === 'HPE_HEADER_OVERFLOW') return failed('TL-VERIFY-OVERSIZE', { part: 'headers' });
  if (!secured && CERTIFICATE_FAULT.test(code)) return failed('TL-VERIFY-TLS', { cause: code });
  return failed('TL-VERIFY-UNREACHABLE', { cause: code });
}

/** Reads at most `limit` bytes; undefined when there are more. */
async function readBounded(response: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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

/**
 * One request and its whole answer, bounded in time, size of headers and size of body. No redirect is followed, no
 * proxy used, no cookie kept. Never throws: everything a hostile server can do ends in a code.
 */
export async function exchangeOnce(
  exchange: Exchange,
): Promise<ExchangeResult & { readonly reused: boolean }> {
  const socketIs = { secured: false, reused: false };
  const timeIsOver = (): boolean => exchange.signal.aborted;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpsRequest(exchange.url, {
        agent: exchange.agent,
        ca: exchange.certificateAuthority,
        lookup: exchange.lookup,
        // The name is checked also when the certificate would fit another name that the socket knows.
        ...(isIP(exchange.url.hostname) === 0 && { servername: exchange.url.hostname }),
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        maxHeaderSize: exchange.maxHeaderBytes,
        signal: exchange.signal,
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'identity',
          ...(exchange.authorization !== undefined && { Authorization: exchange.authorization }),
        },
      });
      request.on('socket', (socket) => {
        socketIs.reused = request.reusedSocket;
        socketIs.secured = request.reusedSocket;
        if (!request.reusedSocket) socket.once('secureConnect', () => (socketIs.secured = true));
      });
      request.on('response', resolve);
      request.on('error', reject);
      request.on('close', () => reject(new Error('closed without an answer')));
      request.end();
    });
    try {
      return { ...(await readAnswer(response, exchange)), reused: socketIs.reused };
    } finally {
      // What was read to its end has given its socket back; the rest of anything else is not wanted.
      if (!response.complete) response.destroy();
    }
  } catch (error) {
    const { secured, reused } = socketIs;
    if (timeIsOver()) return { ...failed(secured ? 'TL-VERIFY-SLOW' : 'TL-VERIFY-UNREACHABLE'), reused };
    return { ...faultOf(error as NodeJS.ErrnoException, secured), reused };
  }
}
