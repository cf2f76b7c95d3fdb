// SPDX-License-Identifier: Apache-2.0
import { generate } from './support/generators.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

const check = {
  type: 'boolean',
  default: false,
  about: 'write nothing; fail where a file differs from its source',
};
const summary = 'Writes every file that is made from code or from the topology.';

await verb({ name: 'generate', summary, options: { check } }, async (options) => {
  await prepare();
  const stale = await generate(options);
  if (options.check && stale.length > 0)
    throw new Trouble(`out of date: ${stale.join(', ')}`, 'npm run generate, then commit what it wrote');
  console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : 'the generated files are up to date');
});
