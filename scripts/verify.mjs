// SPDX-License-Identifier: Apache-2.0
import { verb } from './support/verb.mjs';
import { verify } from './support/verify.mjs';

await verb(
  {
    name: 'verify',
    summary: 'Does everything CI does, in its order, and sums it up. About fifteen minutes on two cores.',
    options: {
      network: {
        type: 'string',
        value: 'name',
        values: ['embedded', 'fabric'],
        about: 'leave out what runs on the other',
      },
    },
    notes: ['The last line is "N passed, N failed": tests, and one for each other step.'],
  },
  async ({ network }) => {
    const total = await verify(network);
    total.print();
    return total.failed === 0 ? 0 : 1;
  },
);
