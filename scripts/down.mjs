// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { networkOptions, stopConsortium } from './support/consortium.mjs';
import { verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

await verb(
  {
    name: 'down',
    summary:
      'Stops the Fabric processes and gateways of npm run up. State is kept: npm run up continues from it.',
    options: { dir: networkOptions.dir },
    notes: ['To forget the state as well, remove the folder afterwards.'],
  },
  async ({ dir }) => {
    await prepare();
    const folder = join(dir, 'fabric');
    if (!existsSync(folder)) return console.log('there is no Fabric network to stop');
    await stopConsortium(dir);
    console.log(`stopped; state is kept in ${folder}`);
  },
);
