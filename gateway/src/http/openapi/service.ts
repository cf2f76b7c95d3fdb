// SPDX-License-Identifier: Apache-2.0
import { catalogue } from '@thingledger/protocol';
import { plainCodes } from './codes.js';
import { problems } from './problems.js';
import type { JsonSchema } from './schemas.js';

type Members = Record<string, unknown>;

const inPath = (name: string): Members => ({ name, in: 'path', required: true, schema: { type: 'string' } });

/** A scanned code: what a GS1 Digital Link is answered with. */
function scanObject(path: string, open: Members, problem: JsonSchema): Members {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const schema = { type: 'object' };
  return {
    ...open,
    operationId: `scan${names.map((name) => name.charAt(0).toUpperCase() + name.slice(1)).join('')}`,
    summary: 'What everybody may know of a thing: a scanned GS1 Digital Link',
    description:
      'For everybody, without account. A page, the public trace or a link set (RFC 9264), by `Accept` or `linkType`. Other GS1 keys are answered likewise.',
    parameters: [
      ...names.map(inPath),
      {
        name: 'linkType',
        in: 'query',
        schema: {
          type: 'string',
          enum: ['all', 'linkset', 'gs1:pip', 'gs1:traceability', 'gs1:defaultLink'],
        },
      },
    ],
    responses: {
      200: {
        description: 'What the access matrix opens to the public',
        content: {
          'text/html': { schema: { type: 'string' } },
          'application/json': { schema },
          'application/linkset+json': { schema },
        },
      },
      ...problems(
        [
          'TL-ID-MALFORMED',
          'TL-ID-CHECK-DIGIT',
          'TL-THING-UNKNOWN',
          'TL-LINK-TYPE-UNKNOWN',
          'TL-RATE-LIMITED',
          'TL-OVERLOADED',
        ],
        problem,
      ),
    },
  };
}

/** What a gateway answers besides operations: events, scanned codes, and what operators and developers ask. */
export function servicePaths(problem: JsonSchema): Record<string, Members> {
  const open = { tags: ['Gateway'], security: [] };
  const text = (type: string): Members => ({ [type]: { schema: { type: 'string' } } });
  const anything = { 'application/json': { schema: { type: 'object' } } };
  return {
    '/events': {
      get: {
        operationId: 'streamEvents',
        tags: ['Gateway'],
        summary: 'Stream of the channel’s events, replayed from any block',
        description:
          'Server-sent events. Each is the envelope of one transaction; its id is `channel:block:txId`. Reconnect with it as Last-Event-ID to miss none.',
        parameters: [
          {
            name: 'from',
            in: 'query',
            description: 'Block to begin with, or `now`',
            schema: { type: 'string', default: '0', pattern: '^(\\d+|now)$' },
          },
          {
            name: 'Last-Event-ID',
            in: 'header',
            description: 'Goes on right after this event',
            schema: { type: 'string' },
          },
        ],
        responses: {
          200: { description: 'The stream', content: text('text/event-stream') },
          ...problems(plainCodes(), problem),
        },
      },
    },
    ...Object.fromEntries(
      ['/01/{gtin}/10/{lot}', '/01/{gtin}/21/{serial}', '/00/{sscc}'].map((path) => [
        path,
        { get: scanObject(path, open, problem) },
      ]),
    ),
    '/disclosures/{recordId}': {
      get: {
        ...open,
        operationId: 'getPublicDisclosure',
        summary: 'What everybody may see of the data of a record, to be checked off-line',
        parameters: [inPath('recordId')],
        responses: {
          200: { description: 'A disclosure', content: anything },
          ...problems(
            ['TL-RECORD-UNKNOWN', 'TL-VERIFY-REFUSED', 'TL-VERIFY-HASH', 'TL-RATE-LIMITED'],
            problem,
          ),
        },
      },
    },
    '/health': {
      get: {
        ...open,
        operationId: 'getHealth',
        summary: 'Whether the process lives',
        responses: { 200: { description: 'It does', content: anything } },
      },
    },
    '/ready': {
      get: {
        ...open,
        operationId: 'getReadiness',
        summary: 'Whether the gateway can do its work now',
        responses: {
          200: { description: 'It can', content: anything },
          503: { description: 'It can not; the checks say why', content: anything },
        },
      },
    },
    '/metrics': {
      get: {
        ...open,
        operationId: 'getMetrics',
        summary: 'Prometheus metrics',
        responses: { 200: { description: 'Metrics', content: text('text/plain') } },
      },
    },
    '/problems/{code}': {
      get: {
        ...open,
        operationId: 'getProblemType',
        summary: 'What a refusal’s code means',
        parameters: [
          {
            name: 'code',
            in: 'path',
            required: true,
            schema: { type: 'string', enum: Object.keys(catalogue) },
          },
        ],
        responses: {
          200: { description: 'Its entry in the catalogue', content: anything },
          ...problems(['TL-ROUTE-UNKNOWN'], problem),
        },
      },
    },
  };
}
