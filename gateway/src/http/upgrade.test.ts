// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pause } from '../ledger/submit/pace.js';
import { upgradeListener } from './upgrade.js';

let server: Server;
const accepted: Socket[] = [];

beforeEach(async () => {
  server = createServer();
  server.on('connection', (socket: Socket) => accepted.push(socket));
  server.on(
    'upgrade',
    upgradeListener((_request, response) => response.writeHead(401).end('no')),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  for (const socket of accepted.splice(0)) socket.destroy();
  server.close();
});

test.each([
  [
    'of what is no WebSocket',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    '400',
  ],
  [
    'that is refused',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    '401',
  ],
])('a connection %s is closed, also when the client keeps its end open', async (_, request, status) => {
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  client.on('error', () => undefined);
  client.write(request);
  let answer = '';
  client.on('data', (chunk: Buffer) => (answer += chunk.toString('utf8')));
  await once(client, 'end');
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  const [socket] = accepted;
  for (let turn = 0; turn < 40 && !socket?.destroyed; turn += 1) await pause(50);
  expect(socket?.destroyed).toBe(true);
  client.destroy();
});
