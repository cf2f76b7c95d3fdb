// SPDX-License-Identifier: Apache-2.0
import { renderTable } from '@thingledger/protocol';
import { ALLOWED_FUNCTIONS, ALLOWED_TYPES } from './query/allowed.js';
import { publishedViews } from './views.js';

/** The published views with their columns, and what else a query may use, as Markdown. */
export function renderPublishedViews(): string {
  const parts = publishedViews.map(({ name, summary, columns }) => {
    const rows = columns.map((column) => [`\`${column.name}\``, column.type, column.summary]);
    return `## ${name}\n\n${summary}.\n\n${renderTable(['Column', 'Type', 'Meaning'], rows)}\n`;
  });
  const list = (words: ReadonlySet<string>): string => [...words].map((word) => `\`${word}\``).join(' ');
  return `# Views for SQL

Generated from the protocol's schemas. How to ask: [guide](guides/sql.md).

${parts.join('\n')}
## Functions

${list(ALLOWED_FUNCTIONS)}

## Types to cast to

${list(ALLOWED_TYPES)}
`;
}
