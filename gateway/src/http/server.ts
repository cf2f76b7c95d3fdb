// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Refusal, type RefusalCode } from '@thingledger/protocol';
import type { GatewayConfig } from '../config/config.js';
import { problemOf } from './problem.js';

/** A listening server that knows how to stop. */
export interface HttpServer {
  /** `http://127.0.0.1:8101` */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets what is in flight finish within `seconds`, then cuts what is left. */
  drain(seconds: number): Promise<void>;
}

const IDLE_SWEEP_MS = 50;

/** Starts listening. Rejects, naming the variable to change, when the port can not be had. */
export async function listen(app: RequestListener, config: GatewayConfig): Promise<HttpServer> {
  const { http, limits } = config;
  const options = {
    headersTimeout: limits.headersSeconds * 1000,
    requestTimeout: limits.requestSeconds * 1000,
    // How often Node looks for clients that are too slow; its default is half a minute.
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  };
  const server = http.tls
    ? createTlsServer({ ...options, cert: readFileSync(http.tls.certificateFile), key: readFileSync(http.tls.keyFile), minVersion: 'TLSv1.2' }, app)
    : createServer(options, app);
  server.on('clientError', answerClientError);
  // A broken handshake is the client's affair; an unheard error would end the process.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  const unfinished = new Set<ServerResponse>();
  server.on('request', (_request, response: ServerResponse) => {
    unfinished.add(response);
    response.once('close', () => unfinished.delete(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(listenError(error, http.host, http.port));
    });
    server.listen(http.port, http.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return {
    url: `${http.tls ? 'https' : 'http'}://${host}:${String(port)}`,
    port,
    drain: (seconds) => drain(server, unfinished, seconds),
  };
}

async function drain(server: Server, unfinished: ReadonlySet<ServerResponse>, seconds: number): Promise<void> {
  // A connection kept alive would otherwise outlive its last answer.
  for (const response of unfinished) if (!response.headersSent) response.setHeader('Connection', 'close');
  const closed = new Promise<void>((resolve) => server.close(() => { resolve(); }));
  // Answers whose headers had been sent, such as event streams, leave their connection idle but open.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, IDLE_SWEEP_MS);
  const patience = setTimeout(() => {
    server.closeAllConnections();
  }, seconds * 1000);
  await closed;
  clearInterval(sweep);
  clearTimeout(patience);
}

const CLIENT_ERRORS: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'TL-HEADERS-TOO-LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'TL-REQUEST-TIMEOUT',
};

/** What is not even HTTP, or too slow, gets a problem document as well, and then the door. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = problemOf(new Refusal(CLIENT_ERRORS[error.code ?? ''] ?? 'TL-INPUT-MALFORMED', {}, 'The request is not well-formed HTTP').toData());
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${String(problem.status)} Refused\r\nContent-Type: application/problem+json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is in use' : 'may not be used';
  return new Error(`Port ${String(port)} of ${host} ${why}. Set THINGLEDGER_PORT to a free one, or stop what has it.`, { cause: error });
}
