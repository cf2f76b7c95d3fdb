// SPDX-License-Identifier: Apache-2.0
import { allOperations, catalogue, parseInput, refusalCodes } from '@thingledger/protocol';
import { codesOf } from './codes.js';
import { gatewayDocument, renderOpenApi } from '../../openapi.js';
import { examples } from './examples.js';

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: {
    readonly content: Record<
      string,
      { readonly schema: Record<string, unknown>; readonly example?: unknown }
    >;
  };
  readonly responses: Record<
    string,
    { readonly content?: Record<string, { readonly examples?: Record<string, unknown> }> }
  >;
}
const document = gatewayDocument();
const paths = document['paths'] as Record<string, Record<string, Described>>;
const { schemas } = document['components'] as { schemas: Record<string, unknown> };

const described = allOperations.map(
  (operation) => [operation.name, operation, paths[operation.rest.path]?.[operation.rest.method]] as const,
);

describe('the OpenAPI document', () => {
  test('is the same text every time', () => {
    expect(renderOpenApi()).toBe(renderOpenApi());
    expect(document['openapi']).toBe('3.1.0');
  });

  test.each(described)('%s is in it, with every code it can be refused with', (name, operation, found) => {
    expect(found?.operationId).toBe(name);
    const named = Object.entries(found?.responses ?? {}).flatMap(([status, { content }]) =>
      Object.keys(content?.['application/problem+json']?.examples ?? {}).map(
        (code) => [status, code] as const,
      ),
    );
    expect(named.map(([, code]) => code).sort()).toEqual([...codesOf(operation)].sort());
    for (const [status, code] of named)
      expect(catalogue[code as keyof typeof catalogue].status).toBe(Number(status));
    expect(found?.responses[String(operation.rest.success ?? 200)]).toBeDefined();
  });

  test.each(described)('%s has its path members as parameters and nowhere else', (_, operation, found) => {
    const inPath = [...operation.rest.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    const parameters = found?.parameters ?? [];
    expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
    const body = found?.requestBody?.content['application/json']?.schema['properties'] ?? {};
    for (const name of inPath) expect(Object.keys(body)).not.toContain(name);
  });

  test('every write has a bulk form, and takes an Idempotency-Key', () => {
    for (const operation of allOperations.filter(({ rest }) => rest.method !== 'get')) {
      const single = paths[operation.rest.path]?.[operation.rest.method];
      expect(single?.parameters?.map(({ name }) => name)).toContain('Idempotency-Key');
      expect(paths[`/bulk/${operation.name}`] !== undefined).toBe(
        !['runBatch', 'querySql', 'getBundle'].includes(operation.name),
      );
    }
  });

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    );
    const known = Object.entries(document['components'] as Record<string, Record<string, unknown>>).flatMap(
      ([kind, members]) => Object.keys(members).map((name) => `${kind}/${name}`),
    );
    expect(references.length).toBeGreaterThan(20);
    expect([...new Set(references)].filter((name) => !known.includes(name))).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  test('operation ids are unique', () => {
    const ids = Object.values(paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('what the gateway fills in is not required', () => {
    const schema = paths['/mapping-records']?.['post']?.requestBody?.content['application/json']?.schema;
    expect(schema?.['required']).toContain('dataHash');
    expect(schema?.['required']).not.toContain('signature');
  });

  test('every operation with a body shows an example that its own schema takes', () => {
    const filled = {
      recordId: `${'0'.repeat(32)}-0.0`,
      statementId: `${'0'.repeat(32)}-0`,
      proposalId: 'proposal-0001',
      signature: 'A'.repeat(86),
      participant: 'farm@maker',
      hash: 'a'.repeat(64),
    };
    for (const [name, operation, found] of described) {
      const content = found?.requestBody?.content['application/json'];
      if (!content) continue;
      const example = examples[name as keyof typeof examples];
      expect(content.example).toEqual(example);
      const members = Object.keys(
        operation.input.toJSONSchema({ io: 'input', unrepresentable: 'any' }).properties ?? {},
      );
      const missing = Object.entries(filled).filter(([member]) => members.includes(member));
      expect(() =>
        parseInput(operation, { ...Object.fromEntries(missing), ...(example as object) }),
      ).not.toThrow();
    }
  });

  test('the catalogue and the document know the same codes', () => {
    const { Problem } = schemas as { Problem: { properties: { code: { enum: string[] } } } };
    expect(Problem.properties.code.enum).toEqual(refusalCodes);
  });
});
