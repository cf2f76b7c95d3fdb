// SPDX-License-Identifier: Apache-2.0
import {
  allOperations,
  BulkOutcome,
  Compared,
  isProvable,
  Problem,
  Proven,
  refusalCodes,
  type Operation,
  type OperationName,
} from '@thingledger/protocol';
import { hasBulkForm } from '../bulk.js';
import { version } from '../version.js';
import { codesOf } from './codes.js';
import { examples } from './examples.js';
import { exampleOf, problems } from './problems.js';
import { namesIn, routeExamples, routeParameters, routePaths, type RouteDescription } from './routes.js';
import { Schemas, type JsonSchema } from './schemas.js';
import { serviceDescriptions } from './service.js';

type Members = Record<string, unknown>;

const headers = {
  'X-Request-Id': { description: 'Names the request in the gateway’s log', schema: { type: 'string' } },
};
const writeHeaders = {
  ...headers,
  'X-Transaction-Id': { description: 'The transaction on the ledger', schema: { type: 'string' } },
  'X-Block-Number': { description: 'The block that holds it', schema: { type: 'string' } },
  'Idempotent-Replayed': {
    description: '`true` when this is the kept answer of an earlier request',
    schema: { type: 'string' },
  },
};
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Makes the request safe to repeat: the same key gives the same answer and nothing is done twice',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: '"harvest-2026-11-20-lot-7"',
};

const PEERS =
  '`peers` asks the peers of all other active members the same; the answer then is a `Compared`, which says who agrees. ';
const PROOF =
  '`proof` gives what proves the answer without the network; it then is a `Proven`, which `npx thingledger verify` checks';

const verify = (operation: Operation): Members[] => {
  if (!isProvable(operation)) return [];
  const compares = operation.mode === 'evaluate';
  const description = compares ? PEERS + PROOF : PROOF;
  const schema = { type: 'string', enum: compares ? ['peers', 'proof'] : ['proof'] };
  return [{ name: 'verify', in: 'query', description, schema }];
};

/**
 * The OpenAPI 3.1 document of a gateway, made from the operation definitions; the same bytes every time.
 *
 * @param bulkItems the most items a bulk request may have here
 * @param further routes besides those of operations and of every gateway
 */
export function openApiDocument(bulkItems = 1000, further: readonly RouteDescription[] = []): Members {
  const routes = [...serviceDescriptions, ...further];
  const schemas = new Schemas();
  const problem = schemas.of(Problem);
  const outcome = schemas.of(BulkOutcome);
  const paths: Record<string, Members> = {};
  for (const operation of allOperations) {
    const { path, method } = operation.rest;
    (paths[path] ??= {})[method] = operationObject(operation, schemas, problem);
    if (hasBulkForm(operation))
      paths[`/bulk/${operation.name}`] = {
        post: bulkObject(operation, schemas, outcome, problem, bulkItems),
      };
  }
  Object.assign(paths, routePaths(routes, schemas, problem));
  return {
    openapi: '3.1.0',
    info: {
      title: 'ThingLedger gateway',
      version,
      summary: 'The REST interface of one member’s gateway',
      description:
        'Every refusal is a problem document (RFC 9457) with a `code`; `GET /problems/{code}` says what it means. ' +
        'Every write takes an `Idempotency-Key`, and has a bulk form.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { bearer: [] }],
    tags: [...new Set([...allOperations.map(tagOf), ...routes.map(({ tag }) => tag)])].map((name) => ({
      name,
    })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas.components).sort(([a], [b]) => (a < b ? -1 : 1))),
      parameters: Object.fromEntries(routeParameters(routes)),
      examples: Object.fromEntries([
        ...refusalCodes.map((code): [string, unknown] => [code, { value: exampleOf(code) }]),
        ...routeExamples(routes),
      ]),
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'X-API-Key',
          description: 'A key of this gateway, `tl_…`',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the member’s OpenID provider, or an API key',
        },
      },
    },
  };
}

const tagOf = ({ dataFlow }: Operation): string => dataFlow.useCase;

function operationObject(operation: Operation, schemas: Schemas, problem: JsonSchema): Members {
  const { rest } = operation;
  const whole = wireInput(operation, schemas);
  const inPath = namesIn(rest.path);
  const writes = rest.method !== 'get';
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: whole.properties?.[name] ?? {} })),
    ...(writes ? [idempotencyKey] : queryParameters(whole, inPath)),
    ...verify(operation),
  ];
  const body = writes ? without(whole, inPath) : undefined;
  const status = String(rest.success ?? 200);
  const answer = schemas.of(operation.output);
  const checked = [
    ...(operation.mode === 'evaluate' ? [schemas.of(Compared)] : []),
    ...(isProvable(operation) ? [schemas.of(Proven)] : []),
  ];
  const schema = checked.length > 0 ? { anyOf: [answer, ...checked] } : answer;
  const content = { 'application/json': { schema } };
  return {
    operationId: operation.name,
    tags: [tagOf(operation)],
    summary: operation.summary,
    description: describe(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body &&
      Object.keys(body.properties ?? {}).length > 0 && { requestBody: requestBody(operation, body) }),
    responses: {
      [status]: {
        description: 'Done',
        headers: operation.mode === 'submit' ? writeHeaders : headers,
        content,
      },
      ...problems(codesOf(operation), problem),
    },
  };
}

function bulkObject(
  operation: Operation,
  schemas: Schemas,
  outcome: JsonSchema,
  problem: JsonSchema,
  bulkItems: number,
): Members {
  const name = `${operation.name.charAt(0).toUpperCase()}${operation.name.slice(1)}Item`;
  const item = schemas.add(name, wireInput(operation, schemas));
  const codes = new Set(operation.refusals);
  return {
    operationId: `${operation.name}InBulk`,
    tags: [tagOf(operation)],
    summary: `${operation.summary}: many at once`,
    description:
      'A list in, a list of outcomes out, in order. An item that is refused does not stop the others.',
    parameters: [idempotencyKey],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { type: 'array', minItems: 1, maxItems: bulkItems, items: item } },
      },
    },
    responses: {
      200: {
        description: 'One outcome for each item',
        headers,
        content: { 'application/json': { schema: { type: 'array', items: outcome } } },
      },
      ...problems(
        codesOf(operation).filter((code) => !codes.has(code)),
        problem,
      ),
    },
  };
}

/** The input as a caller writes it: what the gateway fills in is not required. */
function wireInput(operation: Operation, schemas: Schemas): JsonSchema {
  const schema = schemas.inline(operation.input);
  const required = (schema.required ?? []).filter((name) => name !== operation.idMember);
  return { ...schema, required };
}

function without(schema: JsonSchema, names: readonly string[]): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name)),
  );
  return { ...schema, properties, required: (schema.required ?? []).filter((name) => !names.includes(name)) };
}

function queryParameters(schema: JsonSchema, inPath: readonly string[]): Members[] {
  const rest = without(schema, inPath);
  return Object.entries(rest.properties ?? {}).map(([name, member]) => {
    const { description, ...type } = member;
    return {
      name,
      in: 'query',
      required: rest.required?.includes(name) ?? false,
      ...(description !== undefined && { description }),
      schema: type,
    };
  });
}

function requestBody(operation: Operation, schema: JsonSchema): Members {
  const example = examples[operation.name as OperationName];
  return {
    required: (schema.required ?? []).length > 0,
    content: { 'application/json': { schema, ...(example !== undefined && { example }) } },
  };
}

function describe(operation: Operation): string {
  const { callers } = operation;
  const who =
    callers === 'anyone'
      ? 'anyone'
      : typeof callers === 'string'
        ? `any ${callers}`
        : `participants with the role ${callers.map((role) => `\`${role}\``).join(' or ')}`;
  return `For ${who}. Requirements: ${operation.requirements.join(', ')}.`;
}
