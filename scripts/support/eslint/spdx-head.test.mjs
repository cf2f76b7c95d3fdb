// SPDX-License-Identifier: Apache-2.0
import rule from './spdx-head.mjs';
import { ruleTester } from './rule-tester.mjs';

const head = '// SPDX-License-Identifier: Apache-2.0\n';

ruleTester.run('spdx-head', rule, {
  valid: [`${head}export {};`, `#!/usr/bin/env node\n${head}export {};`],
  invalid: [
    { code: 'export {};', output: `${head}export {};`, errors: [{ messageId: 'missing' }] },
    {
      code: '// SPDX-License-Identifier: MIT\nexport {};',
      output: `${head}// SPDX-License-Identifier: MIT\nexport {};`,
      errors: [{ messageId: 'missing' }],
    },
    {
      code: '#!/usr/bin/env node\nexport {};',
      output: `#!/usr/bin/env node\n${head}export {};`,
      errors: [{ messageId: 'missing' }],
    },
  ],
});
