// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A JSON Schema (draft 2020-12), the schema dialect of OpenAPI 3.1. */
export interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

/**
 * Turns zod schemas into JSON Schemas and gathers those with an id as shared components, so that each is written once
 * in the document however often it is used.
 */
export class Schemas {
  readonly components: Record<string, JsonSchema> = {};

  /** The schema as it stands on the wire; a schema with an id becomes a reference. */
  of(schema: z.ZodType): JsonSchema {
    const id = schema.meta()?.id;
    if (id !== undefined && id in this.components) return reference(id);
    const {
      $defs,
      $schema: _,
      id: __,
      ...root
    } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
      this.#add(name, definition);
    }
    if (id === undefined) return pointed(root) as JsonSchema;
    this.#add(id, root);
    return reference(id);
  }

  /** The schema itself, even when it has an id: for taking members out of it. */
  inline(schema: z.ZodType): JsonSchema {
    const made = this.of(schema);
    const name = typeof made['$ref'] === 'string' ? made['$ref'].split('/').at(-1) : undefined;
    return structuredClone(name === undefined ? made : (this.components[name] ?? made));
  }

  /** Adds a component and returns the reference to it. */
  add(name: string, schema: JsonSchema): JsonSchema {
    this.components[name] ??= schema;
    return reference(name);
  }

  #add(name: string, definition: JsonSchema): void {
    const { id: _, ...schema } = definition;
    this.components[name] ??= pointed(schema) as JsonSchema;
  }
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The same value with references into `$defs` pointing into the components. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string'
        ? member.replace('#/$defs/', '#/components/schemas/')
        : pointed(member),
    ]),
  );
}
