// SPDX-License-Identifier: Apache-2.0
import { verb } from './support/verb.mjs';
import { install } from './support/workspace.mjs';

await verb(
  {
    name: 'setup',
    summary: 'Installs the dependencies of package-lock.json where they are missing or out of date.',
  },
  async () => {
    if (!(await install())) console.log('dependencies are installed already');
  },
);
