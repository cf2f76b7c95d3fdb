// SPDX-License-Identifier: Apache-2.0
import type { RefusalCode } from '@thingledger/protocol';
import type { z } from 'zod';
import { plainCodes } from './codes.js';
import { exampleOf, problems } from './problems.js';
import type { JsonSchema, Schemas } from './schemas.js';

/** A parameter of a route, in its path, query or headers. */
export interface ParameterDescription {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema?: JsonSchema;
}

/** A route that is no operation of the ledger, as the document tells of it. */
export interface RouteDescription {
  readonly method: 'get' | 'post' | 'delete';
  /** With `{name}` for what is filled in. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly ParameterDescription[];
  readonly body?: z.ZodType;
  /** Media types that a body may have and answers have. */
  readonly mediaTypes: readonly string[];
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Besides those that every route can answer with. */
  readonly refusals: readonly RefusalCode[];
  /** The type that a problem has here, where it is not the usual. */
  readonly problemType: (code: RefusalCode) => string | undefined;
}

type Members = Record<string, unknown>;
const TEXT: JsonSchema = { type: 'string' };

/** Every code that a route can refuse with. */
export function codesOfRoute({ refusals }: RouteDescription): RefusalCode[] {
  return [...new Set([...plainCodes(), ...refusals])];
}

const exampleName = ({ tag }: RouteDescription, code: RefusalCode): string => `${tag}-${code}`;

/** The examples of problems whose type is another on these routes, by name. */
export function routeExamples(routes: readonly RouteDescription[]): [string, Members][] {
  return routes.flatMap((route) =>
    codesOfRoute(route).map((code): [string, Members] => {
      const example = exampleOf(code);
      return [
        exampleName(route, code),
        { value: { ...example, type: route.problemType(code) ?? example.type } },
      ];
    }),
  );
}

/** The name of a parameter among the components, where it stands once for all routes. */
const parameterName = ({ tag }: RouteDescription, { name, in: place }: ParameterDescription): string =>
  `${tag}-${place}-${name.replaceAll(/[^\w.-]/g, '.')}`;

/** The parameters of all routes, by name. */
export function routeParameters(routes: readonly RouteDescription[]): [string, Members][] {
  return routes.flatMap((route) =>
    route.parameters.map((parameter): [string, Members] => [
      parameterName(route, parameter),
      { schema: TEXT, ...parameter, ...(parameter.in === 'path' && { required: true }) },
    ]),
  );
}

/** The routes as the paths of a document. */
export function routePaths(
  routes: readonly RouteDescription[],
  schemas: Schemas,
  problem: JsonSchema,
): Record<string, Members> {
  const paths: Record<string, Members> = {};
  for (const route of routes) {
    const { method, path, operationId, tag, summary, description, parameters, body, mediaTypes, success } =
      route;
    const contentOf = (schema: JsonSchema): Members =>
      Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
    const headers = Object.entries(success.headers ?? {}).map(([name, about]): [string, Members] => [
      name,
      { description: about, schema: TEXT },
    ]);
    (paths[path] ??= {})[method] = {
      operationId,
      tags: [tag],
      summary,
      ...(description !== undefined && { description }),
      parameters: parameters.map((parameter) => ({
        $ref: `#/components/parameters/${parameterName(route, parameter)}`,
      })),
      ...(body && { requestBody: { required: true, content: contentOf(schemas.of(body)) } }),
      responses: {
        [String(success.status)]: {
          description: success.description,
          headers: Object.fromEntries<unknown>(headers),
          ...(success.schema && { content: contentOf(schemas.of(success.schema)) }),
        },
        ...problems(codesOfRoute(route), problem, (code) => exampleName(route, code)),
      },
    };
  }
  return paths;
}
