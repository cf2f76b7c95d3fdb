// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { canonicalJson, normaliseIdentifier, Refusal } from '@thingledger/protocol';
import type { Vault } from '../vault/index.js';
import { jsonAnswer, problemAnswer, send, type Answer } from './answer.js';
import type { LedgerDirectory } from './directory.js';
import type { Viewer } from './entitlement.js';
import { RateLimit } from './rate-limit.js';
import { TokenVerifier } from './token.js';
import { requireWhole, viewOf } from './view.js';

/** Bounds on what callers can make an information server do. */
export interface ServerLimits {
  /** Requests a second of one participant; twice that in a burst. */
  readonly perCallerSecond: number;
  /** Requests a second of one network address, before anybody knows who it is. */
  readonly perAddressSecond: number;
  /** Requests a second of one network address that name no caller. */
  readonly publicPerAddressSecond: number;
  /** Requests answered at the same time; more are shed. */
  readonly inFlight: number;
  readonly connections: number;
}

/** Defaults that a regulator's agent working through a backlog does not meet. */
const serverLimits: ServerLimits = {
  perCallerSecond: 1000,
  perAddressSecond: 4000,
  publicPerAddressSecond: 500,
  inFlight: 256,
  connections: 1024,
};

/** What an information server needs. */
export interface ServerOptions {
  readonly member: string;
  /** The https origin registered on the ledger; the audience of every token. */
  readonly address: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM of the server's certificate chain and key. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly vault: Vault;
  readonly directory: LedgerDirectory;
  readonly limits?: Partial<ServerLimits>;
  /** Told of failures that are the server's own fault. */
  onError(error: unknown): void;
}

/** A running information server. */
export interface RunningServer {
  readonly address: string;
  readonly port: number;
  /** Answers what is running, takes nothing new. */
  close(): Promise<void>;
}

const DATA = /^\/data\/([0-9a-f]{64})(?:\?through=([A-Za-z0-9%._~!*'()-]{1,1600}))?$/;

/**
 * Serves a member's traceability data by hash over HTTPS, to each what the access matrix gives (requirements T3, T7):
 * `GET /data/{hash}`, a disclosure, so that anyone who gets it can hash it; captured events as the bytes they were hashed
 * as. `?through=` names the thing whose trace led there. Without a token the public view is given. Rejects when the port
 * can not be had.
 */
export async function startInformationServer(options: ServerOptions): Promise<RunningServer> {
  const handler = new Handler(options, { ...serverLimits, ...options.limits });
  const server = createServer(
    {
      cert: options.certificatePem,
      key: options.privateKeyPem,
      minVersion: 'TLSv1.2',
      maxHeaderSize: 8 * 1024,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      handshakeTimeout: 5_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      void handler.answer(request).then((answer) => send(response, answer));
    },
  );
  server.maxConnections = handler.limits.connections;
  // A broken handshake is the caller's affair; an unheard error would end the process.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  server.on('error', (error) => options.onError(error));
  const { port } = server.address() as AddressInfo;
  return { address: options.address, port, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const patience = setTimeout(() => server.closeAllConnections(), 5_000);
  await closed;
  clearTimeout(patience);
}

class Handler {
  readonly #tokens: TokenVerifier;
  readonly #byCaller: RateLimit;
  readonly #byAddress: RateLimit;
  readonly #byPublic: RateLimit;
  #inFlight = 0;

  constructor(
    private readonly options: ServerOptions,
    readonly limits: ServerLimits,
  ) {
    this.#tokens = new TokenVerifier(options.address, (id) =>
      options.directory.requireCaller(id, 'participant'),
    );
    this.#byCaller = new RateLimit(limits.perCallerSecond);
    this.#byAddress = new RateLimit(limits.perAddressSecond);
    this.#byPublic = new RateLimit(limits.publicPerAddressSecond);
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      (request.headers['content-length'] ?? '0') !== '0';
    this.#inFlight += 1;
    try {
      if (hasBody) throw new Refusal('TL-INPUT-TOO-LARGE', { limit: 0 });
      if (this.#inFlight > this.limits.inFlight) throw new Refusal('TL-OVERLOADED');
      return await this.#route(request);
    } catch (error) {
      const answer = problemAnswer(error);
      if (answer.status === 500) this.options.onError(error);
      return hasBody ? { ...answer, close: true } : answer;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #route(request: IncomingMessage): Promise<Answer> {
    const path = request.url ?? '';
    const [, hash, through] = DATA.exec(path) ?? [];
    if (hash === undefined && path !== '/health') throw new Refusal('TL-ROUTE-UNKNOWN');
    if (request.method !== 'GET') throw new Refusal('TL-METHOD-NOT-ALLOWED');
    this.#byAddress.take(request.socket.remoteAddress ?? '');
    if (hash === undefined) return jsonAnswer(200, { status: 'ok', member: this.options.member });
    const viewer = await this.#viewer(request);
    const { vault, directory } = this.options;
    const object = await vault.get(hash);
    const rights = [viewer, object, identifierOf(through), directory] as const;
    if (object.facts.kind === 'document')
      return {
        status: 200,
        type: 'application/json',
        body: Buffer.from(canonicalJson(await viewOf(...rights))),
      };
    await requireWhole(...rights);
    return { status: 200, type: 'application/json', body: object.bytes };
  }

  async #viewer({ headers, socket }: IncomingMessage): Promise<Viewer> {
    if (headers.authorization === undefined) {
      this.#byPublic.take(socket.remoteAddress ?? '');
      return 'public';
    }
    const caller = await this.#tokens.verify(headers.authorization);
    this.#byCaller.take(caller.participant);
    return caller;
  }
}

/** The thing in the query, or undefined when there is none. Refuses what is no identifier. */
function identifierOf(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return normaliseIdentifier(decodeURIComponent(encoded));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('TL-INPUT-MALFORMED', { name: 'through' });
  }
}
