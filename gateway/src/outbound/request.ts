// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

/** One HTTPS request to a server that is not trusted. */
export interface OutboundRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The authorities that the server's certificate may chain to (PEM); those of the machine when left out. */
  readonly authorities?: string | readonly string[];
  readonly lookup: LookupFunction;
  /** Of kept connections, or none. */
  readonly agent: Agent | false;
  readonly maxHeaderBytes: number;
  /** Aborts when the time for the whole exchange is over. */
  readonly signal: AbortSignal;
}

/** What a server can do instead of answering. */
export interface OutboundFault {
  /** Not reached, no valid certificate, no answer in time, or headers beyond the limit. */
  readonly kind: 'unreachable' | 'certificate' | 'slow' | 'headers';
  /** The name that Node or OpenSSL has for it. */
  readonly cause?: string;
}

/** What became of a request; `reused` when it went over a kept connection. */
export type Outbound<T> = { readonly reused: boolean } & (
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: OutboundFault }
);

/** OpenSSL's names of what can be wrong with a certificate, and Node's own. */
const CERTIFICATE_FAULT =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_|PATH_LENGTH_|EPROTO$)/;

function faultOf(error: NodeJS.ErrnoException, secured: boolean): OutboundFault {
  const cause = error.code ?? 'unknown';
  if (cause === 'HPE_HEADER_OVERFLOW') return { kind: 'headers', cause };
  return { kind: !secured && CERTIFICATE_FAULT.test(cause) ? 'certificate' : 'unreachable', cause };
}

/** Reads at most `limit` bytes; undefined when there are more. */
export async function readBounded(response: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * One request and what `read` takes of its answer, bounded in time and size of headers. No redirect is followed, no
 * proxy used, no cookie kept. Throws nothing that a hostile server can cause: it ends in a fault.
 */
export async function requestOnce<T>(
  outbound: OutboundRequest,
  read: (response: IncomingMessage) => Promise<T> | T,
): Promise<Outbound<T>> {
  const socketIs = { secured: false, reused: false };
  const timeIsOver = (): boolean => outbound.signal.aborted;
  try {
    const response = await answerTo(outbound, socketIs);
    try {
      return { ok: true, value: await read(response), reused: socketIs.reused };
    } finally {
      // What was read to its end has given its socket back; the rest of anything else is not wanted.
      if (!response.complete) response.destroy();
    }
  } catch (error) {
    const { secured, reused } = socketIs;
    const fault: OutboundFault = timeIsOver()
      ? { kind: secured ? 'slow' : 'unreachable' }
      : faultOf(error as NodeJS.ErrnoException, secured);
    return { ok: false, fault, reused };
  }
}

function answerTo(
  { url, method, headers, body, authorities, lookup, agent, maxHeaderBytes, signal }: OutboundRequest,
  socketIs: { secured: boolean; reused: boolean },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method,
      agent,
      ...(authorities !== undefined && {
        ca: typeof authorities === 'string' ? authorities : [...authorities],
      }),
      lookup,
      // The name is checked also when the certificate would fit another name that the socket knows.
      ...(isIP(url.hostname) === 0 && { servername: url.hostname }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      maxHeaderSize: maxHeaderBytes,
      signal,
      headers: { 'Accept-Encoding': 'identity', ...headers },
    });
    request.on('socket', (socket) => {
      socketIs.reused = request.reusedSocket;
      socketIs.secured = request.reusedSocket;
      if (!request.reusedSocket) socket.once('secureConnect', () => (socketIs.secured = true));
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.on('close', () => reject(new Error('closed without an answer')));
    request.end(body);
  });
}
