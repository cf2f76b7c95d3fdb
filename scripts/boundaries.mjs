// SPDX-License-Identifier: Apache-2.0
import { run, tool } from './support/process.mjs';
import { Trouble, verb } from './support/verb.mjs';
import { prepare } from './support/workspace.mjs';

await verb(
  {
    name: 'boundaries',
    summary: 'Checks that no file imports across rooms or packages where .dependency-cruiser.cjs forbids it.',
    notes: ['Each rule says why it is there; CONTRIBUTING.md has the table.'],
  },
  async () => {
    await prepare();
    const rooms = ['chaincode', 'gateway', 'network', 'test', 'scripts'];
    const program = 'dependency-cruiser/bin/dependency-cruise.mjs';
    if (
      (await run(
        tool(program, '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...rooms),
      )) !== 0
    )
      throw new Trouble(
        'an import crosses a boundary',
        'import through the package’s public entry, or move the code',
      );
  },
);
