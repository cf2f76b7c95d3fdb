// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { renderVariables } from './variables-table.js';

test('the README has the table of the variables as they are', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  // Prettier pads the cells of Markdown tables.
  const bare = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
  expect(bare(readme)).toContain(bare(renderVariables()));
});
