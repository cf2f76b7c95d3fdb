// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeBasePort } from '@thingledger/network';
import { startLocal, type LocalNetwork, type LocalOptions } from '../local/local.js';

/** A whole consortium on the embedded network, in this process, in a folder of its own. */
export interface TestConsortium extends LocalNetwork {
  readonly dir: string;
  urlOf(member: string): string;
  keyOf(participant: string): string;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** What gateways are told in tests: no log, and no tables where a test does not ask for them. */
export const QUIET = { THINGLEDGER_LOG_LEVEL: 'silent', THINGLEDGER_READ_MODEL: 'off' };

/** Starts a consortium for one test file. */
export async function startConsortium(options: Partial<LocalOptions> = {}): Promise<TestConsortium> {
  const dir = await mkdtemp(join(tmpdir(), 'thingledger-'));
  const network = await startLocal({
    network: 'embedded',
    dir,
    basePort: await freeBasePort(),
    ...options,
    variables: { ...QUIET, ...options.variables },
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
