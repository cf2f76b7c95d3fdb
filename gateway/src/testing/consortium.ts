// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocal, type LocalNetwork, type LocalOptions } from '../local/local.js';

/** A whole consortium on the embedded network, in this process, in a folder of its own. */
export interface TestConsortium extends LocalNetwork {
  readonly dir: string;
  urlOf(member: string): string;
  keyOf(participant: string): string;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** Starts a consortium for one test file. */
export async function startConsortium(options: Partial<LocalOptions> = {}): Promise<TestConsortium> {
  const dir = await mkdtemp(join(tmpdir(), 'thingledger-'));
  const network = await startLocal({
    network: 'embedded',
    dir,
    basePort: await freeBasePort(),
    ...options,
    variables: { THINGLEDGER_LOG_LEVEL: 'silent', ...options.variables },
  });
  return {
    ...network,
    dir,
    urlOf: (member) => network.identities.members[member]?.gateway ?? '',
    keyOf: (participant) => network.identities.participants[participant]?.apiKey ?? '',
    async remove() {
      await network.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A base whose gateway ports nobody listens on now. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = 20_000 + 600 * Math.floor(Math.random() * 50);
    const ports = [0, 1, 2, 3, 4].flatMap((organisation) => [
      base + organisation * 100 + 80,
      base + organisation * 100 + 81,
    ]);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
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
