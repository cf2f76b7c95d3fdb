// SPDX-License-Identifier: Apache-2.0
import { Refusal, type RefusalCode } from '@thingledger/protocol';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { hasBody } from './body.js';
import { docs } from './docs.js';
import { observed, type Logger } from './logging.js';
import type { Metrics } from './metrics.js';
import { problemOfError } from './problem.js';
import { instanceOf, localsOf, problemAnswer, send } from './respond.js';

/** What a gateway's application is composed of. */
export interface AppParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly corsOrigins: readonly string[];
  readonly tls: boolean;
  /** Routes for operators and tools; they stay open while the gateway stops. */
  readonly service: RequestHandler;
  /** Answers `GET /events`. */
  readonly events: readonly RequestHandler[];
  readonly operations: RequestHandler;
  /** What answers under `/epcis`. */
  readonly epcis: RequestHandler;
  /** Answers scanned codes, to everybody. */
  readonly resolver: RequestHandler;
}

/** The Express application of one gateway; it listens nowhere. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  app.use(observed(parts.logger, parts.metrics), securityHeaders(parts.tls));
  if (parts.corsOrigins.length > 0) {
    const exposedHeaders = [
      'X-Transaction-Id',
      'X-Block-Number',
      'X-Request-Id',
      'Retry-After',
      'Idempotent-Replayed',
      'Link',
      'Location',
    ];
    app.use(cors({ origin: [...parts.corsOrigins], maxAge: 600, exposedHeaders }));
  }
  app.use(parts.operations);
  app.use('/epcis', parts.epcis);
  app.use(parts.resolver);
  app.get('/events', ...parts.events);
  app.all('/events', (_request, response) => {
    response.setHeader('Allow', 'GET');
    throw new Refusal('TL-METHOD-NOT-ALLOWED');
  });
  app.use(parts.service, docs(), () => {
    throw new Refusal('TL-ROUTE-UNKNOWN');
  });
  app.use(problems(parts.logger));
  return app;
}

/** Those that mean something for answers that are data; the page of the document has a policy of its own. */
function securityHeaders(tls: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: tls && { maxAge: 31_536_000 },
    originAgentCluster: false,
    crossOriginOpenerPolicy: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: { action: 'deny' },
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}

/** Everything thrown becomes a problem document here, and only here; `typeOf` gives it another `type`. */
export function problems(
  logger: Logger,
  typeOf: (code: RefusalCode) => string | undefined = () => undefined,
): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const { requestId } = localsOf(response);
    const problem = problemOfError(error, { instance: instanceOf(request), requestId });
    if (problem.code === 'TL-INTERNAL')
      logger.error({ err: error, requestId }, 'a request failed unforeseen');
    if (response.headersSent) {
      request.destroy();
      return;
    }
    // A body that was not read to its end would be taken for the next request.
    if (hasBody(request) && !request.complete) response.setHeader('Connection', 'close');
    send(response, problemAnswer({ ...problem, type: typeOf(problem.code) ?? problem.type }));
  };
}
