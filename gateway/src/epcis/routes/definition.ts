// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** The name of a query. */
export const QueryName = z.string().regex(/^[\w.~-]{1,100}$/, 'letters, digits and _ . ~ -, at most 100');

const Value = z.union([z.string(), z.number(), z.boolean()]);

/** A query under a name, as it is posted. */
export const Definition = z
  .strictObject({
    name: QueryName,
    query: z
      .record(z.string().max(1000), z.union([Value, z.array(Value).max(1000)]))
      .describe('Parameters of a query, by name'),
  })
  .meta({ id: 'EpcisQueryDefinition' });
export type Definition = z.infer<typeof Definition>;
