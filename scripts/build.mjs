// SPDX-License-Identifier: Apache-2.0
import { duration } from './support/process.mjs';
import { verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

await verb(
  { name: 'build', summary: 'Compiles every package whose source changed into its dist folder.' },
  async () => {
    const started = Date.now();
    await prepare();
    console.log(`built in ${duration(Date.now() - started)}`);
  },
);
