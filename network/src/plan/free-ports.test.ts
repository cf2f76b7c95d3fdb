// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:net';
import { freeBasePort, isFree } from './free-ports.js';

describe('a place for a network beside others', () => {
  test('is given to one only, also of those who ask at the same moment', async () => {
    const bases = await Promise.all(Array.from({ length: 12 }, () => freeBasePort()));
    expect(new Set(bases).size).toBe(12);
    expect(await isFree(bases[0]!)).toBe(false);
    expect(await isFree(bases[0]! + 80)).toBe(true);
  });

  test('is one where nobody listens', async () => {
    // Neighbours that reserved nothing: only their ports tell of them.
    const taken = Array.from({ length: 16 }, (_, place) => 10_500 + place * 1000);
    const neighbours = await Promise.all(taken.map((base) => listener(base + 281)));
    const noticed = await isFree(taken[0]! + 281);
    const found = await Promise.all(Array.from({ length: 8 }, () => freeBasePort()));
    for (const neighbour of neighbours) neighbour.close();
    expect(noticed).toBe(false);
    expect(found.filter((base) => taken.includes(base))).toEqual([]);
  });
});

/** Listens on a port, unless somebody does already. */
function listener(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server)).once('error', () => resolve(server));
    server.listen(port, '127.0.0.1');
  });
}
