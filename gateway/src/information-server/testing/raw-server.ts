// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ServerTls } from '@thingledger/network';

/** An HTTPS server on loopback that does whatever the test wants, however bad. */
export interface RawServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startRawServer(tls: ServerTls, listener: RequestListener): Promise<RawServer> {
  const server = createServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, listener);
  server.on('tlsClientError', () => undefined);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
