// SPDX-License-Identifier: Apache-2.0
import { EventHash, RecordId, type RefusalCode } from '@thingledger/protocol';
import { EpcisDocument, EpcisEvent, epcisProblemType, QUERY_PARAMETERS } from '@thingledger/protocol/epcis';
import { z } from 'zod';
import { pathParameters, type RouteDescription } from '../../http/index.js';
import { SOCKET_PARAMETERS, SubscriptionRequest } from '../subscriptions/index.js';
import { Definition } from './definition.js';
import { NEGOTIATED, SPOKEN } from './negotiation.js';
import { BASE } from './parts.js';
import { RESOURCES } from './resources.js';

type Parameter = RouteDescription['parameters'][number];
type Described = Pick<RouteDescription, 'method' | 'path' | 'operationId' | 'summary'> & {
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: z.ZodType;
  readonly status?: number;
  readonly answer?: z.ZodType;
  readonly headers?: Readonly<Record<string, string>>;
  readonly refusals?: readonly RefusalCode[];
};

const JSON_LD = ['application/json', 'application/ld+json'];
const inQuery = (name: string, description: string): Parameter => ({ name, in: 'query', description });
const inHeader = (name: string, description: string): Parameter => ({ name, in: 'header', description });

const asQuery = QUERY_PARAMETERS.map(({ name, about }) => inQuery(name, about));
const paging = asQuery.filter(({ name }) => name === 'perPage' || name === 'nextPageToken');
const negotiated = Object.entries(NEGOTIATED).map(([name, about]) => inHeader(name, about));
const spoken = Object.fromEntries(Object.entries(SPOKEN).map(([name, value]) => [name, `\`${value}\``]));
const LINK = { Link: 'The next page, with `rel="next"`' };
const LOCATION = { Location: 'Where it is' };
const BEHAVIOUR = inHeader('GS1-Capture-Error-Behaviour', '`rollback`, or `proceed` past events in error');

const Collection = z
  .looseObject({ type: z.literal('Collection'), member: z.array(z.unknown()) })
  .meta({ id: 'EpcisCollection' });
const QueryDocument = z
  .looseObject({ type: z.literal('EPCISQueryDocument'), epcisBody: z.looseObject({}) })
  .meta({ id: 'EpcisQueryDocument' });
const HandedOver = z
  .array(
    z.strictObject({
      event: z.int().describe('Its place in the document, from 0'),
      eventHash: EventHash,
      thing: z.string().optional().describe('Absent where all that the event hands over is refused'),
      recordId: RecordId.optional().describe('The mapping record that was announced'),
      problem: z
        .looseObject({ code: z.string(), title: z.string(), status: z.int() })
        .optional()
        .describe('Why nothing was announced; the event is captured all the same'),
    }),
  )
  .optional()
  .describe('What became of custody; there once an event hands something over. Not of EPCIS');
const Job = z
  .looseObject({
    captureID: z.string(),
    running: z.boolean(),
    success: z.boolean(),
    captured: z
      .array(z.strictObject({ event: z.int(), eventHash: EventHash, recordId: RecordId }))
      .optional()
      .describe('The events that the ledger has. Not of EPCIS'),
    handedOver: HandedOver,
  })
  .meta({ id: 'EpcisCaptureJob' });
const SubscriptionView = z
  .looseObject({
    subscriptionID: z.string(),
    queryName: z.string(),
    dest: z.string(),
    createdAt: z.string(),
    minRecordTime: z.string(),
    state: z.enum(['active', 'failing', 'suspended']),
  })
  .meta({ id: 'EpcisSubscription' });
const NamedQuery = z
  .strictObject({ ...Definition.shape, createdAt: z.string() })
  .meta({ id: 'EpcisNamedQuery' });
const CapturedEventView = z
  .strictObject({ eventHash: EventHash, recordId: RecordId, captureID: z.string(), handedOver: HandedOver })
  .meta({ id: 'EpcisCapturedEvent' });
const Anything = z.looseObject({});

const EVENT: readonly RefusalCode[] = [
  ...([
    'TL-EPCIS-CONTEXT',
    'TL-EPCIS-NAMESPACE',
    'TL-EPCIS-TIME',
    'TL-EPCIS-VOCABULARY',
    'TL-EPCIS-RULE',
  ] as const),
  ...(['TL-ID-MALFORMED', 'TL-ID-CHECK-DIGIT'] as const),
];
const BODY: readonly RefusalCode[] = ['TL-INPUT-TOO-DEEP', 'TL-INPUT-TOO-LARGE', 'TL-MEDIA-TYPE'];
const STAFF: readonly RefusalCode[] = ['TL-CALLER-ROLE', 'TL-EPCIS-NOT-ACCEPTABLE'];
const ASKING: readonly RefusalCode[] = [
  'TL-EPCIS-QUERY-PARAMETER',
  'TL-EPCIS-QUERY-TOO-LARGE',
  'TL-EPCIS-QUERY-TOO-COMPLEX',
];
const NAMED: readonly RefusalCode[] = ['TL-EPCIS-QUERY-UNKNOWN'];
const SUBSCRIPTION: readonly RefusalCode[] = [...NAMED, 'TL-EPCIS-SUBSCRIPTION-UNKNOWN'];
const SUBSCRIBING: readonly RefusalCode[] = [
  ...(['TL-EPCIS-SUBSCRIPTION-CONTROLS', 'TL-EPCIS-SUBSCRIPTION-LIMIT', 'TL-EPCIS-TIME'] as const),
];

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const routes: readonly Described[] = [
  {
    ...{ method: 'get', path: '/', operationId: 'listEpcisResources' },
    ...{ summary: 'The top-level resources', answer: Collection },
  },
  {
    ...{ method: 'post', path: '/capture', operationId: 'captureEpcisDocument' },
    summary: 'Capture a document of events: answered when they are kept, done as a job',
    ...{ parameters: [BEHAVIOUR], body: EpcisDocument, status: 202, answer: Job, headers: LOCATION },
    description: 'Master data in `epcisHeader` is kept at once; a document may have it and no events.',
    refusals: [...BODY, 'TL-EPCIS-CONTEXT', 'TL-EPCIS-NAMESPACE', 'TL-EPCIS-MASTER-DATA-LIMIT'],
  },
  {
    ...{
      method: 'get',
      path: '/capture',
      operationId: 'listCaptureJobs',
      summary: 'The caller’s capture jobs',
    },
    ...{ parameters: paging, answer: z.array(Job), headers: LINK, refusals: ['TL-EPCIS-QUERY-PARAMETER'] },
  },
  {
    ...{ method: 'get', path: '/capture/{captureID}', operationId: 'getCaptureJob' },
    ...{ summary: 'What became of a capture job', answer: Job, refusals: ['TL-EPCIS-RESOURCE-UNKNOWN'] },
  },
  {
    ...{ method: 'post', path: '/events', operationId: 'captureEpcisEvent' },
    summary: 'Capture one event: answered when the ledger has it',
    ...{ body: EpcisEvent, status: 201, answer: CapturedEventView, headers: LOCATION },
    refusals: [...BODY, ...EVENT, 'TL-EPCIS-EVENT-EXISTS', 'TL-OUTCOME-UNKNOWN'],
  },
  {
    ...{ method: 'get', path: '/events', operationId: 'queryEpcisEvents', summary: 'The events that match' },
    ...{ parameters: asQuery, answer: QueryDocument, headers: LINK, refusals: ASKING },
  },
  {
    ...{ method: 'get', path: '/events/{eventID}', operationId: 'getEpcisEvent' },
    summary: 'An event by its hash or its own id',
    ...{ answer: Anything, refusals: ['TL-EPCIS-EVENT-UNKNOWN'] },
  },
  ...Object.keys(RESOURCES).flatMap((resource): Described[] => {
    const name = capitalised(resource);
    const refusals: RefusalCode[] = ['TL-EPCIS-RESOURCE-UNKNOWN', ...ASKING];
    return [
      {
        ...{ method: 'get', path: `/${resource}`, operationId: `list${name}` },
        ...{ summary: `All ${resource} of events`, parameters: paging, answer: Collection },
        ...{ headers: LINK, refusals: ASKING },
      },
      {
        ...{ method: 'get', path: `/${resource}/{name}`, operationId: `get${name}` },
        ...{ summary: `What there is of one of ${resource}`, answer: Collection, refusals },
      },
      {
        ...{ method: 'get', path: `/${resource}/{name}/events`, operationId: `query${name}` },
        ...{ summary: `The events of one of ${resource}`, parameters: asQuery, answer: QueryDocument },
        ...{ headers: LINK, refusals },
      },
    ];
  }),
  {
    ...{
      method: 'post',
      path: '/queries',
      operationId: 'defineEpcisQuery',
      summary: 'Keep a query under a name',
    },
    ...{ body: Definition, status: 201, answer: NamedQuery, headers: LOCATION },
    refusals: [...BODY, 'TL-EPCIS-QUERY-PARAMETER', 'TL-EPCIS-QUERY-EXISTS'],
  },
  {
    ...{ method: 'get', path: '/queries', operationId: 'listEpcisQueries', summary: 'All named queries' },
    answer: Collection,
  },
  {
    ...{
      method: 'get',
      path: '/queries/{queryName}',
      operationId: 'getEpcisQuery',
      summary: 'A named query',
    },
    ...{ answer: NamedQuery, refusals: NAMED },
  },
  {
    ...{ method: 'delete', path: '/queries/{queryName}', operationId: 'deleteEpcisQuery' },
    ...{ summary: 'Delete a query, and end all subscriptions to it', status: 204, refusals: NAMED },
  },
  {
    ...{ method: 'get', path: '/queries/{queryName}/events', operationId: 'followEpcisQuery' },
    summary: 'The events of a named query; as a WebSocket, those that are captured from now on',
    description:
      'With `Upgrade: websocket` the answer is 101, and each message an EPCISQueryDocument. The parameters that say when belong to the WebSocket, all others to the query.',
    parameters: [
      ...[inHeader('Upgrade', '`websocket`'), inHeader('Connection', '`Upgrade`')],
      ...Object.entries(SOCKET_PARAMETERS).map(([name, about]) => inQuery(name, `WebSocket: ${about}`)),
      ...asQuery,
    ],
    ...{ answer: QueryDocument, headers: LINK },
    refusals: [...NAMED, ...ASKING, ...SUBSCRIBING, 'TL-ORIGIN-FOREIGN'],
  },
  {
    ...{ method: 'post', path: '/queries/{queryName}/subscriptions', operationId: 'subscribeToEpcisQuery' },
    summary: 'Have what a query finds posted to a webhook, at once or by schedule',
    description:
      'Posted to `dest` is an EPCISQueryDocument; its `id`, also in `Idempotency-Key`, is the same when it is repeated. `GS1-Signature` is the HMAC-SHA-256 of the body under `signatureToken`, in base64.',
    ...{ body: SubscriptionRequest, status: 201, answer: SubscriptionView, headers: LOCATION },
    refusals: [...BODY, ...NAMED, ...SUBSCRIBING, 'TL-EPCIS-SUBSCRIPTION-DESTINATION'],
  },
  {
    ...{ method: 'get', path: '/queries/{queryName}/subscriptions', operationId: 'listEpcisSubscriptions' },
    ...{ summary: 'The subscriptions to a query', parameters: paging, answer: z.array(SubscriptionView) },
    ...{ headers: LINK, refusals: [...NAMED, 'TL-EPCIS-QUERY-PARAMETER'] },
  },
  {
    method: 'get',
    path: '/queries/{queryName}/subscriptions/{subscriptionID}',
    ...{ operationId: 'getEpcisSubscription', summary: 'A subscription, and how it fares' },
    ...{ answer: SubscriptionView, refusals: SUBSCRIPTION },
  },
  {
    method: 'delete',
    path: '/queries/{queryName}/subscriptions/{subscriptionID}',
    ...{ operationId: 'endEpcisSubscription', summary: 'End a subscription' },
    ...{ status: 204, refusals: SUBSCRIPTION },
  },
];

const inJson = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> =>
  Object.fromEntries(JSON_LD.map((type) => [type, schema]));

/** Every route under `/epcis`, for the OpenAPI document. */
export const epcisDescriptions: readonly RouteDescription[] = routes.map(
  ({ path, parameters = [], status = 200, answer, headers = {}, refusals = [], body, ...rest }) => ({
    ...rest,
    path: path === '/' ? BASE : `${BASE}${path}`,
    tag: 'EPCIS',
    parameters: [...pathParameters(path), ...parameters, ...negotiated],
    ...(body && { body: inJson(body) }),
    answers: [
      {
        status,
        description: 'Done',
        ...(answer && { content: inJson(answer) }),
        headers: { ...spoken, ...headers },
      },
    ],
    refusals: [...STAFF, ...refusals],
    problemType: epcisProblemType,
  }),
);

/** Routes of the standard that are not served, and why. */
export const UNSERVED: Readonly<Record<string, string>> = {
  'DELETE /nextPageToken/{token}': 'Answers 501, as the standard allows: a token holds nothing to release.',
};
