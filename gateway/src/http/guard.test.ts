// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import type { Limits } from '../config/config.js';
import type { Principal } from '../principal.js';
import { Admission } from './admission.js';
import { guards, type GuardParts } from './guard.js';

test('who leaves while it is found out who calls takes no place', async () => {
  const admission = new Admission({ requests: 10, bytes: 100 });
  const limits = { rate: 100, rateWindowSeconds: 60, authFailures: 10, publicRate: 100 } as Limits;
  const authenticate = async (): Promise<Principal> => {
    await sleep(60);
    return { id: 'farm@maker' } as Principal;
  };
  const draining = (): boolean => false;
  const doors = guards({ authenticate, admission, limits, draining } as unknown as GuardParts);
  let answered = 0;
  const app = express().post('/', doors.caller, doors.admit(1000), (_request, response) => {
    answered += 1;
    response.end();
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const begin = async (): Promise<ReturnType<typeof connect>> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    return socket;
  };
  for (let n = 0; n < 5; n += 1) {
    const socket = await begin();
    await sleep(10);
    socket.destroy();
  }
  const stays = await begin();
  await once(stays, 'data');
  stays.destroy();
  await sleep(50);
  server.close();
  server.closeAllConnections();
  expect([answered, admission.stats]).toEqual([1, { requests: 0, bytes: 0, shed: 0 }]);
});
