// SPDX-License-Identifier: Apache-2.0
import { networkOptions, startConsortium, welcome } from './support/consortium.mjs';
import { fabricFix, fabricHere } from './support/fabric.mjs';
import { duration } from './support/process.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

const { dir, 'base-port': basePort } = networkOptions;

await verb(
  {
    name: 'up',
    summary:
      'Starts real Fabric processes (four orderers, five peers) and a gateway per member; waits until all serve.',
    options: { dir, 'base-port': basePort },
    notes: [
      'The first time builds Fabric with Go, about two minutes. npm run down stops it; its state is kept.',
    ],
  },
  async (options) => {
    await prepare();
    if ((await fabricHere()) === undefined) throw new Trouble('no Fabric programs and no Go here', fabricFix);
    const started = Date.now();
    const onProgress = (line) => console.log(`${duration(Date.now() - started).padStart(12)}  ${line}`);
    const consortium = await startConsortium({ ...options, network: 'fabric' }, onProgress);
    console.log(welcome(options.dir, consortium.identities));
    console.log('It runs in the background; npm run down stops it.');
    await consortium.close();
  },
);
