// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, which come and go. */
const FIRST = 10_000;
const STEP = 500;
const PLACES = 44;

/** Places looked at before giving up. */
const TRIES = 200;

/** A base port for a local consortium of a test's own, whose gateway ports nobody listens on now. */
export async function freeBasePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const base = FIRST + STEP * Math.floor(Math.random() * PLACES);
    const ports = [0, 1, 2, 3, 4].flatMap((organisation) => [
      base + organisation * 100 + 80,
      base + organisation * 100 + 81,
    ]);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no free ports for a local consortium in ${String(TRIES)} places`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
