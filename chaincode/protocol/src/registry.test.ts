// SPDX-License-Identifier: Apache-2.0
import { fabricMetadata, jsonSchemaOf } from './metadata';
import { allOperations, operations } from './registry';
import { renderDataFlowTable, renderRefusalTable } from './documents';
import { routeFlows } from './flows';

describe('operation definitions', () => {
  test('each is listed under its own name, and no two share a route', () => {
    for (const [name, operation] of Object.entries(operations)) expect(operation.name).toBe(name);
    const routes = allOperations.map(({ rest }) => `${rest.method} ${rest.path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });

  test('each has real schemas of input and output', () => {
    for (const operation of allOperations) {
      expect(jsonSchemaOf(operation.input)).toHaveProperty('type', 'object');
      expect(jsonSchemaOf(operation.output, 'output')).toBeDefined();
    }
  });

  test('path parameters are members of the input', () => {
    for (const { name, input, rest } of allOperations) {
      const properties = Object.keys(jsonSchemaOf(input)['properties'] ?? {});
      for (const [, parameter] of rest.path.matchAll(/\{(\w+)\}/g)) {
        expect({ name, known: properties.includes(parameter ?? '') }).toEqual({ name, known: true });
      }
    }
  });

  test('what is proven by another operation has its input and its callers', () => {
    const proven = allOperations.filter(({ provenBy }) => provenBy !== undefined);
    expect(proven.length).toBeGreaterThan(0);
    for (const { mode, provenBy, callers, input } of proven) {
      const basis = operations[provenBy as keyof typeof operations];
      expect([mode, basis.mode]).toEqual(['local', 'evaluate']);
      expect([basis.callers, jsonSchemaOf(basis.input)]).toEqual([callers, jsonSchemaOf(input)]);
    }
  });

  test('each that changes the ledger names the keys it touches', () => {
    for (const operation of allOperations.filter(
      ({ mode, name }) => mode === 'submit' && name !== 'runBatch',
    )) {
      expect({ name: operation.name, touches: typeof operation.touches }).toEqual({
        name: operation.name,
        touches: 'function',
      });
    }
  });

  test('Fabric metadata lists every contract with a schema for its argument', () => {
    const metadata = fabricMetadata(['governance', 'traceability', 'batch'], '1.0.0') as {
      contracts: Record<string, { transactions: { name: string; parameters: { schema: object }[] }[] }>;
    };
    expect(Object.keys(metadata.contracts)).toEqual([
      'governance',
      'traceability',
      'batch',
      'org.hyperledger.fabric',
    ]);
    const announce = metadata.contracts['traceability']?.transactions.find(
      ({ name }) => name === 'announceMappingRecord',
    );
    expect(announce?.parameters[0]?.schema).toHaveProperty(
      'contentSchema.$defs.SignedStatement.properties.signature',
    );
  });

  test('the data-flow table has a row an operation, the refusal table one a code', () => {
    const flows = renderDataFlowTable();
    for (const { name } of allOperations) expect(flows).toContain(`\`${name}\``);
    for (const route of Object.keys(routeFlows)) expect(flows).toContain(`\`${route}\``);
    expect(renderRefusalTable()).toContain('`TL-CUSTODY-NOT-HOLDER`');
  });
});
