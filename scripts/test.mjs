// SPDX-License-Identifier: Apache-2.0
import { fabricFix, fabricHere } from './support/fabric.mjs';
import { everywhere, jest, Outcome, quick } from './support/jest.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

const network = { type: 'string', value: 'name', values: ['embedded', 'fabric'], about: 'only on this one' };
const summary =
  'Runs the tests: all quick ones on the embedded network, whole-system suites on real Fabric too.';
const notes = [
  'More words are handed to jest: npm test -- --network embedded custody',
  'Fault tests take longer: npm run verify runs them, as CI does.',
];

await verb(
  { name: 'test', summary, options: { network }, notes, positionals: true },
  async (values, args) => {
    await prepare();
    const total = new Outcome();
    const skipped = [];

    if (values.network !== 'fabric') total.add(await jest({ network: 'embedded', projects: quick, args }));
    const fabric = values.network === 'embedded' ? undefined : await fabricHere();
    if (fabric !== undefined) {
      console.log(`\n${everywhere.join(' and ')} on real Fabric`);
      total.add(await jest({ network: 'fabric', projects: everywhere, args }));
    } else if (values.network === 'embedded') skipped.push('real Fabric, as --network embedded asks');
    else if (values.network === 'fabric' || process.env.CI)
      throw new Trouble('no Fabric and no Go here', fabricFix);
    else
      skipped.push(
        `${everywhere.join(' and ')} on real Fabric: no Fabric programs and no Go here (${fabricFix})`,
      );

    for (const what of skipped) console.log(`\nskipped: ${what}`);
    total.print();
    return total.failed === 0 && total.passed > 0 ? 0 : 1;
  },
);
