// SPDX-License-Identifier: Apache-2.0
import { examine } from './support/doctor.mjs';
import { networkOptions } from './support/consortium.mjs';
import { verb } from './support/verb.mjs';

await verb(
  {
    name: 'doctor',
    summary: 'Looks at this machine and says what is there, what is missing, and how to get it.',
    options: { dir: networkOptions.dir },
  },
  async ({ dir }) => {
    let missing = 0;
    for await (const { name, found, fix, optional } of examine(dir)) {
      const mark = found ? ' ok ' : optional ? ' -- ' : 'MISS';
      console.log(`${mark} ${name}${found && found !== true ? `: ${found}` : ''}`);
      if (!found) console.log(`     ${optional ? 'if you want it' : 'fix'}: ${fix}`);
      if (!found && !optional) missing += 1;
    }
    console.log(
      missing === 0 ? '\nready: npm start' : `\n${missing} thing${missing > 1 ? 's' : ''} to put right`,
    );
    return missing === 0 ? 0 : 1;
  },
);
