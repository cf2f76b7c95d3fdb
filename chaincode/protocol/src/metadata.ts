// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Operation } from './operation';
import { allOperations } from './registry';
import { SignedStatement, StatementResult } from './statement';

/** A JSON Schema (draft 2020-12) of what goes in or comes out of an operation. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Record<string, unknown> {
  return z.toJSONSchema(schema, { io, reused: 'inline', unrepresentable: 'any', cycles: 'throw' });
}

function transactionOf(operation: Operation): Record<string, unknown> {
  const text = (schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => ({
    type: 'string',
    contentMediaType: 'application/json',
    contentSchema: jsonSchemaOf(schema, io),
  });
  return {
    name: operation.name,
    tags: [operation.mode],
    parameters: [
      {
        name: 'input',
        description: operation.summary,
        schema: text(operation.item ? SignedStatement : operation.input, 'input'),
      },
    ],
    returns: text(operation.item ? StatementResult : operation.output, 'output'),
  };
}

/**
 * Fabric contract metadata for the named contracts. The one argument and the return of every transaction function are
 * JSON texts; their real schemas stand under `contentSchema` (JSON Schema 2020-12, content vocabulary), which Fabric's
 * own marshaller leaves alone: the kernel parses by the same schema, once. Fabric wants its system contract listed too.
 */
export function fabricMetadata(contractNames: readonly string[], version: string): Record<string, unknown> {
  return {
    $schema: 'https://hyperledger.github.io/fabric-chaincode-node/main/api/contract-schema.json',
    info: { title: 'ThingLedger', version },
    contracts: {
      ...Object.fromEntries(
        contractNames.map((name) => [
          name,
          {
            name,
            info: { title: name, version },
            transactions: allOperations.filter((operation) => operation.contract === name).map(transactionOf),
          },
        ]),
      ),
      'org.hyperledger.fabric': {
        name: 'org.hyperledger.fabric',
        info: { title: 'org.hyperledger.fabric', version },
        transactions: [{ name: 'GetMetadata', tags: ['evaluate'] }],
      },
    },
    components: { schemas: {} },
  };
}
