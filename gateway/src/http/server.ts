// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createServer, IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { Socket, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Refusal, type RefusalCode } from '@thingledger/protocol';
import type { Express, Request, Response } from 'express';
import type { GatewayConfig } from '../config/config.js';
import { problemOf } from './problem.js';
import { endWhole, upgradeListener } from './upgrade.js';

/** A listening server that knows how to stop. */
export interface HttpServer {
  /** `http://127.0.0.1:7080` */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets what is in flight finish within `seconds`, then cuts what is left. */
  drain(seconds: number): Promise<void>;
}

/** Long enough for a request that was on its way to be read and told that the gateway is stopping. */
const SWEEP_MS = 250;

/** Starts listening. Rejects, naming the variable to change, when the port can not be had. */
export async function listen(app: Express, config: GatewayConfig): Promise<HttpServer> {
  const { http, limits } = config;
  const options = {
    headersTimeout: limits.headersSeconds * 1000,
    requestTimeout: limits.requestSeconds * 1000,
    // How often Node looks for clients that are too slow; its default is half a minute.
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    noDelay: true,
    ...giveMessages(app),
  };
  const server = http.tls
    ? createTlsServer(
        {
          ...options,
          cert: readFileSync(http.tls.certificateFile),
          key: readFileSync(http.tls.keyFile),
          minVersion: 'TLSv1.2',
          handshakeTimeout: limits.headersSeconds * 1000,
        },
        app,
      )
    : createServer(options, app);
  server.on('clientError', answerClientError);
  server.on('upgrade', upgradeListener(app));
  // A broken handshake is the client's affair; an unheard error would end the process.
  server.on('tlsClientError', (_error: Error, socket: Socket) => {
    socket.destroy();
  });
  const connections = new Connections(server);
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
    drain: (seconds) => drain(server, connections, seconds),
  };
}

/**
 * The requests and responses of a server for an application, made with the prototypes that Express gives to each; the
 * application is given these prototypes for its own. Changed afterwards, as Express does otherwise, messages outlive V8's
 * collections of young objects with all that belongs to them, and the code of Node's http is not fast for them
 * (expressjs/express issue 5998).
 */
function giveMessages(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class AppRequest extends IncomingMessage {}
  class AppResponse<R extends IncomingMessage> extends ServerResponse<R> {}
  Object.setPrototypeOf(AppRequest.prototype, app.request);
  Object.setPrototypeOf(AppResponse.prototype, app.response);
  app.request = AppRequest.prototype as Request;
  app.response = AppResponse.prototype as Response;
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}

/** Which connections are open, and which of them are in the middle of an answer. */
class Connections {
  /**
   * With what is not answered yet on each. Not one set of all answers: its table would be made anew again and again, and
   * each one that is left behind keeps what it held until V8 next collects everything.
   */
  readonly #open = new Map<Socket, Set<ServerResponse>>();
  /** No longer HTTP: whoever took them closes them. */
  readonly #upgraded = new Set<Duplex>();

  constructor(server: Server) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#open.set(socket, new Set());
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('upgrade', (_request, socket: Duplex) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const unfinished = this.#open.get(socket);
      unfinished?.add(response);
      response.once('close', () => unfinished?.delete(response));
    });
  }

  /** A connection kept alive would otherwise outlive its last answer. */
  closeAfterAnswer(): void {
    for (const unfinished of this.#open.values())
      for (const response of unfinished) if (!response.headersSent) response.setHeader('Connection', 'close');
  }

  /** Also those that never sent a request, which Node does not count as idle. */
  closeUnused(): void {
    for (const [socket, unfinished] of this.#open)
      if (unfinished.size === 0 && !this.#upgraded.has(socket)) socket.destroy();
  }

  /** Whatever is left. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }
}

async function drain(server: Server, connections: Connections, seconds: number): Promise<void> {
  connections.closeAfterAnswer();
  const closed = new Promise<void>((resolve) =>
    server.close(() => {
      resolve();
    }),
  );
  server.closeIdleConnections();
  // Answers whose headers had been sent, such as event streams, leave their connection open when they end.
  const sweep = setInterval(() => {
    connections.closeUnused();
  }, SWEEP_MS);
  const patience = setTimeout(() => {
    connections.cut();
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
  // Where nothing came there is nothing to answer: a client that begins just then would take the answer for its own.
  const silent = socket instanceof Socket && socket.bytesRead === 0;
  if (!socket.writable || error.code === 'ECONNRESET' || silent) {
    socket.destroy();
    return;
  }
  const known = CLIENT_ERRORS[error.code ?? ''];
  const refusal = known
    ? new Refusal(known)
    : new Refusal('TL-INPUT-MALFORMED', {}, 'The request is not well-formed HTTP');
  const problem = problemOf(refusal.toData());
  const body = JSON.stringify(problem);
  endWhole(
    socket,
    `HTTP/1.1 ${String(problem.status)} Refused\r\nContent-Type: application/problem+json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is in use' : 'may not be used';
  return new Error(
    `Port ${String(port)} of ${host} ${why}. Set THINGLEDGER_PORT to a free one, or stop what has it.`,
    { cause: error },
  );
}
