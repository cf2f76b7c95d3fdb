// SPDX-License-Identifier: Apache-2.0
import { Disclosure } from '@thingledger/protocol';
import { z } from 'zod';
import { pathParameters, type RouteDescription } from '../http/index.js';
import { LINK_TYPES } from './linkset.js';

const anything = z.looseObject({});
const common = { method: 'get', tag: 'Gateway', open: true } as const;

/** What a GS1 Digital Link is answered with. */
const scan = (operationId: string, path: string): RouteDescription => ({
  ...common,
  path,
  operationId,
  summary: 'What everybody may know of a thing: a scanned GS1 Digital Link',
  description:
    'For everybody, without account. A page, the public trace or a link set (RFC 9264), by `Accept` or `linkType`. Other GS1 keys are answered likewise.',
  parameters: [
    ...pathParameters(path),
    {
      name: 'linkType',
      in: 'query',
      description: 'What is wanted, whatever `Accept` says',
      schema: { type: 'string', enum: LINK_TYPES },
    },
  ],
  answers: [
    {
      status: 200,
      description: 'What the access matrix opens to the public',
      content: {
        'text/html': z.string(),
        'application/json': anything,
        'application/linkset+json': anything,
      },
    },
  ],
  refusals: [
    ...(['TL-ID-MALFORMED', 'TL-ID-CHECK-DIGIT', 'TL-THING-UNKNOWN'] as const),
    ...(['TL-LINK-TYPE-UNKNOWN', 'TL-RATE-LIMITED', 'TL-OVERLOADED'] as const),
  ],
});

/** Every route of the resolver, for the OpenAPI document; of the GS1 keys those that most codes have. */
export const resolverDescriptions: readonly RouteDescription[] = [
  scan('scanGtinLot', '/01/{gtin}/10/{lot}'),
  scan('scanGtinSerial', '/01/{gtin}/21/{serial}'),
  scan('scanSscc', '/00/{sscc}'),
  {
    ...common,
    path: '/disclosures/{recordId}',
    operationId: 'getPublicDisclosure',
    summary: 'What everybody may see of the data of a record, to be checked off-line',
    parameters: pathParameters('/disclosures/{recordId}'),
    answers: [{ status: 200, description: 'A disclosure', content: { 'application/json': Disclosure } }],
    refusals: ['TL-RECORD-UNKNOWN', 'TL-VERIFY-HASH', 'TL-RATE-LIMITED'],
  },
  {
    ...common,
    path: '/.well-known/gs1resolver',
    operationId: 'describeResolver',
    summary: 'What this resolver can do, in the words of the GS1-Conformant Resolver Standard',
    parameters: [],
    answers: [{ status: 200, description: 'Its description', content: { 'application/json': anything } }],
    refusals: ['TL-RATE-LIMITED'],
  },
];
