// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identitiesFile, startConsortium, stopConsortium } from './consortium.mjs';
import { freeBasePort } from './fabric.mjs';

/**
 * Before the first scenario: a consortium from nothing, of the network that THINGLEDGER_NETWORK names. Its identities
 * file goes to the tests as THINGLEDGER_IDENTITIES; where that is set already, the tests run against what it names.
 */
export default async function start() {
  if (process.env.THINGLEDGER_IDENTITIES) return;
  const network = process.env.THINGLEDGER_NETWORK ?? 'embedded';
  const dir = mkdtempSync(join(tmpdir(), 'thingledger-test-'));
  const stop = async () => {
    if (network === 'fabric') await stopConsortium(dir);
    rmSync(dir, { recursive: true, force: true });
  };
  const options = { network, dir, 'base-port': await freeBasePort() };
  try {
    const consortium = await startConsortium(options, (line) => process.stderr.write(`  ${line}\n`));
    globalThis.stopConsortium = async () => {
      await consortium.close();
      await stop();
    };
  } catch (error) {
    await stop();
    throw error;
  }
  process.env.THINGLEDGER_IDENTITIES = identitiesFile(dir, network);
}
