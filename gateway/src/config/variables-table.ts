// SPDX-License-Identifier: Apache-2.0
import { renderTable } from '@thingledger/protocol';
import { z } from 'zod';
import { variables } from './env.js';

/** The environment variables as a Markdown table; the README holds this very text. */
export function renderVariables(): string {
  const rows = Object.entries(variables.shape).map(([name, schema]) => {
    const preset =
      schema instanceof z.ZodDefault ? presetOf(schema) : schema instanceof z.ZodOptional ? '' : 'required';
    return [`\`${name}\``, preset, schema.description ?? ''];
  });
  return renderTable(['Variable', 'Default', 'Set it to'], rows);
}

function presetOf(schema: z.ZodDefault): string {
  const value = schema.def.defaultValue;
  return Array.isArray(value) ? '' : `\`${String(value)}\``;
}
