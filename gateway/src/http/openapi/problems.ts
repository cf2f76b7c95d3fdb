// SPDX-License-Identifier: Apache-2.0
import { catalogue, type Problem, type RefusalCode } from '@thingledger/protocol';
import { groupBy } from '../group-by.js';
import { problemOf } from '../problem.js';
import type { JsonSchema } from './schemas.js';

type Members = Record<string, unknown>;

/** The problem document of a code, as an example. */
export function exampleOf(code: RefusalCode): Problem {
  return problemOf({ code, detail: catalogue[code].title });
}

/**
 * Problem responses by status, each naming its codes with an example.
 *
 * @param nameOf the name that the example of a code has among the components
 */
export function problems(
  codes: readonly RefusalCode[],
  schema: JsonSchema,
  nameOf: (code: RefusalCode) => string = (code) => code,
): Record<string, Members> {
  const byStatus = groupBy(codes, (code) => catalogue[code].status);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, group]) => [
        String(status),
        {
          description: group.map((code) => `\`${code}\` ${catalogue[code].title}`).join('; '),
          content: {
            'application/problem+json': {
              schema,
              examples: Object.fromEntries(
                group.map((code) => [code, { $ref: `#/components/examples/${nameOf(code)}` }]),
              ),
            },
          },
        },
      ]),
  );
}
