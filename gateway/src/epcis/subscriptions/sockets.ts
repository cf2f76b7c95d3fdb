// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '@thingledger/protocol';
import { parseEpcisQuery, type EpcisQuery } from '@thingledger/protocol/epcis';
import { WebSocketServer, type WebSocket } from 'ws';
import { authoriseLocal, type Upgrade } from '../../http/index.js';
import { pause } from '../../ledger/submit/pace.js';
import type { LedgerReader } from '../../ledger/index.js';
import type { Principal } from '../../principal.js';
import type { OwnEvents } from '../own-events.js';
import type { Position } from '../position.js';
import { queryDocumentOf } from '../query-document.js';
import { STAFF } from '../staff.js';
import type { NamedQuery } from '../store.js';
import { BATCH, batchAfter } from './batch.js';
import { requireSubscribable, type Controls } from './controls.js';
import { LONGEST_WAIT_MS, Times } from './schedule.js';
import { startOf } from './subscription.js';
import { Wake } from './wake.js';

/** What WebSockets are served with. */
export interface SocketParts {
  readonly own: OwnEvents;
  readonly reader: LedgerReader;
  /** Most WebSockets open at once. */
  readonly limit: number;
  /** Origins whose pages may open one, besides the gateway's own. */
  readonly origins: readonly string[];
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
  /** Time between pings, and what a client has to take a document or answer a close, in milliseconds. */
  readonly patience?: { readonly ping: number; readonly send: number; readonly close: number };
}

/** Why a WebSocket is closed (RFC 6455, section 7.4). */
const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  unsupported: 1003,
  policy: 1008,
  internal: 1011,
  later: 1013,
} as const;
const MOST_OF_CALLER = 20;
const MOST_INCOMING_BYTES = 1024;
/** Beyond so much that the client has not taken, its pings are not answered: of many the last will do (RFC 6455, 5.5.3). */
const MOST_UNTAKEN_BYTES = 64 * 1024;
const PATIENCE = { ping: 30_000, send: 30_000, close: 2_000 };

interface Connection {
  readonly queryName: string;
  readonly as: Principal;
  readonly socket: WebSocket;
  end(code: number, reason: string): void;
}

/**
 * Subscriptions over WebSocket (EPCIS 2.0, section 12.8): they last as long as the connection. A document is sent when
 * the client has taken the one before, so a slow client holds one document in memory; who comes back asks with
 * `initialRecordTime` for what it missed.
 */
export class Sockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MOST_INCOMING_BYTES,
    perMessageDeflate: false,
    // Answered below: a client that asks without reading would fill the memory with answers.
    autoPong: false,
  });
  readonly #open = new Set<Connection>();

  constructor(private readonly parts: SocketParts) {
    parts.stopping.addEventListener('abort', () => this.#endAll(CLOSE.goingAway, 'the gateway stops'), {
      once: true,
    });
  }

  /** How many are open. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Makes a request's connection a WebSocket and serves it. Refuses, before it is one, with `TL-ORIGIN-FOREIGN`,
   * `TL-OVERLOADED`, `TL-EPCIS-SUBSCRIPTION-LIMIT` and `TL-EPCIS-SUBSCRIPTION-CONTROLS`.
   */
  accept(
    request: IncomingMessage,
    upgrade: Upgrade,
    query: NamedQuery,
    controls: Controls,
    as: Principal,
  ): void {
    this.#requireOrigin(request);
    requireSubscribable(query.parameters);
    const asked = parseEpcisQuery(query.parameters);
    if (this.#open.size >= this.parts.limit)
      throw new Refusal('TL-OVERLOADED', { limit: this.parts.limit }, 'Too many WebSockets are open');
    if ([...this.#open].filter(({ as: other }) => other.id === as.id).length >= MOST_OF_CALLER)
      throw new Refusal('TL-EPCIS-SUBSCRIPTION-LIMIT', { limit: MOST_OF_CALLER });
    upgrade.detach();
    this.#server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      void this.#serve(socket, query.name, asked, controls, as);
    });
  }

  /** Closes the WebSockets of a query that was deleted. */
  endAll(queryName: string): void {
    this.#endAll(CLOSE.normal, 'the query was deleted', queryName);
  }

  #endAll(code: number, reason: string, queryName?: string): void {
    for (const connection of this.#open)
      if (queryName === undefined || connection.queryName === queryName) connection.end(code, reason);
  }

  /** A browser says which page opens a WebSocket; other clients say nothing (RFC 6455, section 10.2). */
  #requireOrigin({ headers: { origin, host } }: IncomingMessage): void {
    if (origin === undefined || this.parts.origins.includes(origin)) return;
    if (URL.canParse(origin) && new URL(origin).host === host) return;
    throw new Refusal('TL-ORIGIN-FOREIGN', { origin: origin.slice(0, 200) });
  }

  async #serve(
    socket: WebSocket,
    queryName: string,
    query: EpcisQuery,
    controls: Controls,
    as: Principal,
  ): Promise<void> {
    const patience = this.parts.patience ?? PATIENCE;
    const gone = new AbortController();
    const wake = new Wake();
    const end = (code: number, reason: string): void => {
      socket.close(code, reason);
      gone.abort();
      wake.up();
      setTimeout(() => socket.terminate(), patience.close).unref();
    };
    const connection = { queryName, as, socket, end };
    this.#open.add(connection);
    const forget = this.parts.own.onRecorded(() => wake.up());
    let alive = true;
    const pinging = setInterval(() => {
      if (!alive) socket.terminate();
      alive = false;
      socket.ping();
      this.#requireStaff(as).catch((error: unknown) => end(...closeOf(error)));
    }, patience.ping);
    socket.on('pong', () => (alive = true));
    socket.on('ping', (data: Buffer) => {
      if (socket.bufferedAmount < MOST_UNTAKEN_BYTES) socket.pong(data);
    });
    socket.once('message', () => end(CLOSE.unsupported, 'nothing is taken here'));
    socket.on('error', () => undefined); // What it means follows as close.
    socket.once('close', () => {
      clearInterval(pinging);
      forget();
      this.#open.delete(connection);
      gone.abort();
      wake.up();
    });
    if (this.parts.stopping.aborted) end(CLOSE.goingAway, 'the gateway stops');
    try {
      await this.#feed(connection, query, controls, wake, gone.signal);
    } catch (error) {
      end(...closeOf(error));
    }
  }

  async #feed(
    { queryName, as, socket }: Connection,
    query: EpcisQuery,
    controls: Controls,
    wake: Wake,
    gone: AbortSignal,
  ): Promise<void> {
    const { own } = this.parts;
    const times = controls.schedule && new Times(controls.schedule);
    const ended = (): boolean => gone.aborted;
    let after = startOf(controls.initialRecordTime, own.end);
    while (!ended()) {
      let until: Position | undefined;
      if (times) {
        await waitFor(times, gone);
        until = own.end;
      }
      wake.sleep();
      let reported = false;
      for (;;) {
        const { events, upTo } = await batchAfter(own, query, after, BATCH, until);
        after = upTo;
        const empty = events.length === 0;
        if (ended() || (empty && (reported || !times || !controls.reportIfEmpty))) break;
        await this.#requireStaff(as);
        await this.#send(
          socket,
          JSON.stringify(queryDocumentOf(queryName, events, { id: randomUUID() })),
          gone,
        );
        reported = true;
      }
      if (!times && !ended()) await wake.wait();
    }
  }

  #requireStaff(as: Principal): Promise<void> {
    return authoriseLocal(this.parts.reader, STAFF, as);
  }

  /** Sends a document and waits until the client took it: what is not taken in time ends the connection. */
  async #send(socket: WebSocket, text: string, gone: AbortSignal): Promise<void> {
    const { send } = this.parts.patience ?? PATIENCE;
    const late = setTimeout(() => socket.terminate(), send);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.send(text, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      if (!gone.aborted && socket.readyState === socket.OPEN) throw error;
    } finally {
      clearTimeout(late);
    }
  }
}

/** Waits for the next time, looking at the clock now and then. */
async function waitFor(times: Times, gone: AbortSignal): Promise<void> {
  const due = times.after(new Date()).getTime();
  for (let left = due - Date.now(); left > 0 && !gone.aborted; left = due - Date.now())
    await pause(Math.min(left, LONGEST_WAIT_MS), gone);
}

/** How a fault closes a WebSocket: no right to it is a matter of policy, a ledger away one of later. */
function closeOf(error: unknown): [code: number, reason: string] {
  if (!(error instanceof Refusal)) return [CLOSE.internal, 'TL-INTERNAL'];
  return [/^TL-(CALLER|MEMBER)-/.test(error.code) ? CLOSE.policy : CLOSE.later, error.code];
}
