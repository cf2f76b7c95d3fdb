// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { identitiesFile, identitiesOf, isRunning, startConsortium, stopConsortium } from './consortium.mjs';
import { freeBasePort } from './fabric.mjs';

/**
 * A consortium to play on: the one that runs, else one started for now. Where the other kind of network runs already, the
 * new one gets a folder and ports of its own and is stopped whole at the end.
 *
 * @returns {Promise<{ identities: string, close: () => Promise<void> }>} its identities file
 */
export async function stage(options) {
  const { network, dir } = options;
  if (await isRunning(dir, network))
    return { identities: identitiesFile(dir, network), close: async () => {} };

  const other = network === 'fabric' ? 'embedded' : 'fabric';
  const beside = await isRunning(dir, other);
  const chosen = beside ? await besides(options) : options;
  if (beside) console.log(`${other} runs already, so ${network} starts beside it, on ports of its own`);
  const consortium = await startConsortium(chosen, (line) => console.log(`  ${line}`));

  const close = async () => {
    await consortium.close();
    if (network !== 'fabric') return;
    if (beside) await stopConsortium(chosen.dir);
    else console.log('Fabric and its gateways run on; npm run down stops them');
  };
  return { identities: identitiesFile(chosen.dir, network), close };
}

/** Options of a network beside another: what stood there before is taken up again, on the ports that it had. */
async function besides(options) {
  const dir = join(options.dir, 'beside');
  const known = identitiesOf(dir, options.network) !== undefined;
  return { ...options, dir, 'base-port': options['base-port'] ?? (known ? undefined : await freeBasePort()) };
}
