// SPDX-License-Identifier: Apache-2.0
import { refusalCodes } from '@thingledger/protocol';
import { z } from 'zod';
import type { Content, RouteDescription } from './routes.js';

const TAG = 'Gateway';
const anything: Content = { 'application/json': z.looseObject({}) };
const text = (type: string): Content => ({ [type]: z.string() });

type Plain = Pick<RouteDescription, 'path' | 'operationId' | 'summary' | 'answers'> &
  Partial<RouteDescription>;
const openToAll = (route: Plain): RouteDescription => ({
  ...{ method: 'get', tag: TAG, open: true, parameters: [], refusals: [] },
  ...route,
});

/** What a gateway answers besides operations: its events, and what operators and developers ask. */
export const serviceDescriptions: readonly RouteDescription[] = [
  {
    method: 'get',
    path: '/events',
    operationId: 'streamEvents',
    tag: TAG,
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
      { name: 'Last-Event-ID', in: 'header', description: 'Goes on right after this event' },
    ],
    answers: [{ status: 200, description: 'The stream', content: text('text/event-stream') }],
    refusals: [],
  },
  openToAll({
    path: '/health',
    operationId: 'getHealth',
    summary: 'Whether the process lives',
    answers: [{ status: 200, description: 'It does', content: anything }],
  }),
  openToAll({
    path: '/ready',
    operationId: 'getReadiness',
    summary: 'Whether the gateway can do its work now',
    answers: [
      { status: 200, description: 'It can', content: anything },
      { status: 503, description: 'It can not; the checks say why', content: anything },
    ],
  }),
  openToAll({
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Prometheus metrics',
    answers: [{ status: 200, description: 'Metrics', content: text('text/plain') }],
  }),
  openToAll({
    path: '/problems/{code}',
    operationId: 'getProblemType',
    summary: 'What a refusal’s code means',
    parameters: [
      {
        name: 'code',
        in: 'path',
        description: 'The code of a refusal',
        schema: { type: 'string', enum: [...refusalCodes] },
      },
    ],
    answers: [{ status: 200, description: 'Its entry in the catalogue', content: anything }],
    refusals: ['TL-ROUTE-UNKNOWN'],
  }),
];
