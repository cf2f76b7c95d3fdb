// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:net';

/**
 * Above what systems and browsers keep for others (`fetch` refuses some of them, 10080 the highest), below the ports
 * that systems give to outgoing connections, which come and go.
 */
const [FIRST, LAST] = [10_500, 32_500];

/** Ports that a network takes from its base on: a hundred an organisation, for five organisations. */
const SPAN = 500;

/** How long a place stays taken for who asked, in milliseconds: until its nodes listen. */
const RESERVED_MS = 30_000;

/** Where an organisation's peer, orderer, gateway and information server listen, and who reserved the place. */
const OFFSETS = [51, 60, 80, 81];

/** A base port that nobody else is given until it is released. */
export interface ReservedBasePort {
  readonly base: number;
  readonly release: () => void;
}

/**
 * A base port for a network beside others, none of whose ports anybody listens on. It is reserved for half a minute, until
 * the network's nodes listen.
 *
 * @throws RangeError when every place is taken
 */
export async function freeBasePort(): Promise<number> {
  const { base, release } = await reserveBasePort();
  setTimeout(release, RESERVED_MS).unref();
  return base;
}

/**
 * The same for a network that is stopped and started again: its place is reserved in between, until it is released or the
 * process ends. Its first port, which no node takes, is listened on, so two who look at the same moment, in one process
 * or in several, never get the same.
 *
 * @throws RangeError when every place is taken
 */
export async function reserveBasePort(): Promise<ReservedBasePort> {
  const places = Math.floor((LAST - FIRST) / SPAN);
  const start = Math.floor(Math.random() * places);
  for (let step = 0; step < places; step += 1) {
    const base = FIRST + ((start + step) % places) * SPAN;
    const reservation = await listening(base);
    if (!reservation) continue;
    const ports = [0, 1, 2, 3, 4].flatMap((place) => OFFSETS.map((offset) => base + place * 100 + offset));
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) {
      reservation.unref();
      return { base, release: () => void reservation.close() };
    }
    reservation.close();
  }
  throw new RangeError(`no ${String(SPAN)} free ports in a row between ${String(FIRST)} and ${String(LAST)}`);
}

/** Whether nothing listens on a loopback port. */
export async function isFree(port: number): Promise<boolean> {
  const probe = await listening(port);
  if (!probe) return false;
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
