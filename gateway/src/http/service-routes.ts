// SPDX-License-Identifier: Apache-2.0
import { catalogue, Refusal } from '@thingledger/protocol';
import { Router } from 'express';
import type { Metrics } from './metrics.js';
import { reporter, type ReadinessChecks } from './readiness.js';
import { version } from './version.js';

/** What the routes for operators need. */
export interface ServiceParts {
  readonly member: string;
  /** The OpenAPI document. */
  readonly openApi: Readonly<Record<string, unknown>>;
  readonly checks: ReadinessChecks;
  readonly metrics: Metrics;
  /** Whether the gateway is stopping. */
  draining(): boolean;
}

/** Routes for operators and tools, open to all: health, readiness, metrics, the OpenAPI document, the catalogue. */
export function serviceRoutes(parts: ServiceParts): Router {
  const router = Router();
  const report = reporter(parts.checks);
  const document = JSON.stringify(parts.openApi);
  router.get('/health', (_request, response) => {
    response.json({ status: 'ok', member: parts.member, version });
  });
  router.get('/ready', async (_request, response) => {
    const checks = await report();
    const ready = !parts.draining() && Object.values(checks).every((check) => check.ready);
    response.status(ready ? 200 : 503).json({ ready, draining: parts.draining(), checks });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(parts.metrics.registry.contentType).send(await parts.metrics.registry.metrics());
  });
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(document);
  });
  router.get('/problems/:code', (request, response) => {
    const { code } = request.params;
    const entry = Object.entries(catalogue).find(([name]) => name === code);
    if (!entry) throw new Refusal('TL-ROUTE-UNKNOWN');
    response.json({ code, ...entry[1] });
  });
  return router;
}
