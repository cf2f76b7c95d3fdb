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

/** What a body or an answer holds, by media type. */
export type Content = Readonly<Record<string, z.ZodType>>;

/** An answer that is no problem. */
export interface AnswerDescription {
  readonly status: number;
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, string>>;
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
  /** For everybody, without credentials. */
  readonly open?: true;
  readonly parameters: readonly ParameterDescription[];
  readonly body?: Content;
  readonly answers: readonly AnswerDescription[];
  /** Besides those that every route with credentials can answer with. */
  readonly refusals: readonly RefusalCode[];
  /** The type that a problem has here, where it is not the usual. */
  readonly problemType?: (code: RefusalCode) => string | undefined;
}

type Members = Record<string, unknown>;
const TEXT: JsonSchema = { type: 'string' };

/** The names in a path that are filled in, in order. */
export function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

/** The parameters of a path. */
export function pathParameters(path: string): ParameterDescription[] {
  return namesIn(path).map((name) => ({ name, in: 'path', description: 'Percent-encoded' }));
}

/** Every code that a route can refuse with. */
function codesOfRoute({ open, refusals }: RouteDescription): RefusalCode[] {
  return [...new Set([...(open ? [] : plainCodes()), ...refusals])];
}

/** Where problems have types of their own, so have their examples. */
const exampleName = ({ tag, problemType }: RouteDescription, code: RefusalCode): string =>
  problemType ? `${tag}-${code}` : code;

/** The examples of problems whose type is another on these routes, by name. */
export function routeExamples(routes: readonly RouteDescription[]): [string, Members][] {
  return routes.flatMap((route) =>
    codesOfRoute(route).flatMap((code): [string, Members][] => {
      if (!route.problemType) return [];
      const example = exampleOf(code);
      const type = route.problemType(code) ?? example.type;
      return [[exampleName(route, code), { value: { ...example, type } }]];
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
  for (const route of routes) (paths[route.path] ??= {})[route.method] = routeObject(route, schemas, problem);
  return paths;
}

function routeObject(route: RouteDescription, schemas: Schemas, problem: JsonSchema): Members {
  const { operationId, tag, summary, description, open, parameters, body, answers } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(open && { security: [] }),
    ...(parameters.length > 0 && {
      parameters: parameters.map((parameter) => ({
        $ref: `#/components/parameters/${parameterName(route, parameter)}`,
      })),
    }),
    ...(body && { requestBody: { required: true, content: contentObject(body, schemas) } }),
    responses: {
      ...Object.fromEntries(answers.map((answer) => [String(answer.status), answerObject(answer, schemas)])),
      ...problems(codesOfRoute(route), problem, (code) => exampleName(route, code)),
    },
  };
}

function answerObject({ description, headers, content }: AnswerDescription, schemas: Schemas): Members {
  const described = Object.entries(headers ?? {}).map(([name, about]): [string, Members] => [
    name,
    { description: about, schema: TEXT },
  ]);
  return {
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
    ...(content && { content: contentObject(content, schemas) }),
  };
}

function contentObject(content: Content, schemas: Schemas): Members {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: schemas.of(schema) }]),
  );
}
