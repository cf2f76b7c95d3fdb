// SPDX-License-Identifier: Apache-2.0
import { networkOptions, startConsortium, untilStopped, welcome } from './support/consortium.mjs';
import { fabricFix, fabricHere } from './support/fabric.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

await verb(
  {
    name: 'start',
    summary:
      'Installs, builds and starts a whole consortium on this machine: the network and a gateway per member.',
    options: networkOptions,
    notes: ['--network fabric is npm run up: real Fabric processes, which run on until npm run down.'],
  },
  async (options) => {
    await prepare();
    const fabric = options.network === 'fabric';
    if (fabric && (await fabricHere()) === undefined)
      throw new Trouble('no Fabric programs and no Go here', fabricFix);
    const consortium = await startConsortium(options);
    console.log(welcome(options.dir, consortium.identities));
    console.log(
      fabric ? 'It runs in the background; npm run down stops it.' : 'Ctrl+C stops it; its state is kept.',
    );
    if (!fabric) await untilStopped();
    if (!fabric) console.log('\nstopping: requests in flight are finished first');
    await consortium.close();
  },
);
