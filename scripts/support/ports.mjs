// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';

/** Whether nothing listens on a loopback port. */
export const isFree = (port) =>
  new Promise((tell) => {
    const probe = createServer().once('error', () => tell(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => tell(true)));
  });

/** Ports that a whole network takes from its base on: a hundred an organisation, five organisations. */
const SPAN = 500;
const [FIRST, LAST] = [18_500, 32_000];

/**
 * A base port for a network beside others, as text for an option. Starts to look at a place of this process's own, so that
 * two that look at the same moment do not meet; stays below the ports that systems hand out for outgoing connections.
 */
export async function freeBasePort() {
  const places = Math.floor((LAST - FIRST) / SPAN);
  for (let step = 0; step < places; step += 1) {
    const base = FIRST + ((process.pid + step) % places) * SPAN;
    const probes = [51, 60, 80, 81, 151, 180, 281, 380, 481].map((offset) => isFree(base + offset));
    if ((await Promise.all(probes)).every(Boolean)) return String(base);
  }
  throw new Error(`no ${SPAN} free ports in a row between ${FIRST} and ${LAST}`);
}
