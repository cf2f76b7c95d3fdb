// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { fabricFix, fabricHere } from './support/fabric.mjs';
import { root, run } from './support/process.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

await verb(
  {
    name: 'bench',
    summary:
      'Measures our way against the plain way in one run on one native network; results in test/bench/results.',
    positionals: true,
    notes: ['The last line printed is BENCH with the ratios. Leave the machine alone while it runs.'],
  },
  async (_, args) => {
    await prepare();
    if ((await fabricHere()) === undefined) throw new Trouble('no Fabric programs and no Go here', fabricFix);
    if ((await run([process.execPath, join(root, 'test/dist/bench/run.js'), ...args])) !== 0)
      throw new Trouble('the bench stopped, see above', 'npm run doctor, then npm run bench again');
  },
);
