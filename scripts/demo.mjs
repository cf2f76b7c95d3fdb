// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { networkOptions } from './support/consortium.mjs';
import { root, run } from './support/process.mjs';
import { stage } from './support/stage.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

await verb(
  {
    name: 'demo',
    summary:
      'Plays the farm and bike stories through the gateways and prints each trace, before and after a forgery.',
    options: networkOptions,
    notes: ['Uses the consortium that npm start runs, else starts one for the length of the demo.'],
  },
  async (options) => {
    await prepare();
    const { identities, close } = await stage(options);
    try {
      const env = { THINGLEDGER_IDENTITIES: identities };
      const code = await run([process.execPath, join(root, 'test/dist/stories/play.js')], { env });
      if (code !== 0)
        throw new Trouble('the demo stopped, see above', 'npm run doctor, then npm run demo again');
    } finally {
      await close();
    }
  },
);
