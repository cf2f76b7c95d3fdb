// SPDX-License-Identifier: Apache-2.0
import { ServerResponse, type IncomingMessage, type RequestListener } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A connection that a request wants to be made a WebSocket (RFC 6455, section 4). */
export interface Upgrade {
  readonly socket: Socket;
  /** What came with the request already. */
  readonly head: Buffer;
  /** Takes the connection away from HTTP: no answer is written to it any more. */
  detach(): void;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** The connection of a request that wants a WebSocket; undefined for any other. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request);
}

/**
 * Hands requests that want a WebSocket to the application like all others, so that its guards stand before them too and a
 * refusal is an ordinary answer. A route that takes the connection finds it with {@link upgradeOf}.
 */
export function upgradeListener(
  app: RequestListener,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    // Nothing else is upgraded to, and a body behind the headers would not be read as one.
    const websocket = request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
    if (!websocket || !(socket instanceof Socket)) {
      endWhole(socket, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => endWhole(socket));
    upgrades.set(request, {
      socket,
      head,
      detach: () => {
        response.detachSocket(socket);
        response.statusCode = 101;
        // For those who wait for the end of the answer: there is none.
        response.emit('close');
      },
    });
    app(request, response);
  };
}

/**
 * Closes a connection behind what is written, both ends of it: nothing else would, once HTTP has let go of it, and a
 * client that keeps its end open would hold it for ever.
 */
export function endWhole(socket: Duplex, last = ''): void {
  socket.end(last, () => socket.destroy());
}
