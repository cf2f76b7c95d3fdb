// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { hasBody } from './body.js';
import { docs } from './docs.js';
import { requestLog, type Logger } from './logging.js';
import type { Metrics } from './metrics.js';
import { problemOfError } from './problem.js';
import { instanceOf, localsOf, problemAnswer, send } from './respond.js';

/** What a gateway's application is composed of. */
export interface AppParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly corsOrigins: readonly string[];
  readonly tls: boolean;
  /** Whether the gateway is stopping and takes no new work. */
  draining(): boolean;
  /** Routes that stay open while the gateway stops. */
  readonly service: RequestHandler;
  /** Answers `GET /events`. */
  readonly events: readonly RequestHandler[];
  readonly operations: RequestHandler;
}

/** The Express application of one gateway; it listens nowhere. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  app.use(requestLog(parts.logger), measured(parts.metrics), securityHeaders(parts.tls));
  if (parts.corsOrigins.length > 0) {
    const exposedHeaders = [
      'X-Transaction-Id',
      'X-Block-Number',
      'X-Request-Id',
      'Retry-After',
      'Idempotent-Replayed',
    ];
    app.use(cors({ origin: [...parts.corsOrigins], maxAge: 600, exposedHeaders }));
  }
  app.use(parts.service, docs(), drainGate(parts));
  app.get('/events', ...parts.events);
  app.all('/events', (_request, response) => {
    response.setHeader('Allow', 'GET');
    throw new Refusal('TL-METHOD-NOT-ALLOWED');
  });
  app.use(parts.operations);
  app.use(() => {
    throw new Refusal('TL-ROUTE-UNKNOWN');
  });
  app.use(problems(parts.logger));
  return app;
}

function securityHeaders(tls: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: tls && { maxAge: 31_536_000 },
    // Over plain HTTP, on a local network, the browser would only warn of it.
    originAgentCluster: tls,
    crossOriginOpenerPolicy: tls,
  });
}

function measured(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    localsOf(response).requestId = String(request.id);
    const began = performance.now();
    response.once('close', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      const labels = {
        method: request.method,
        route: typeof route === 'string' ? route : 'none',
        status: response.statusCode,
      };
      metrics.requests.observe(labels, (performance.now() - began) / 1000);
    });
    next();
  };
}

function drainGate({ draining }: AppParts): RequestHandler {
  return (_request, response, next) => {
    if (!draining()) {
      next();
      return;
    }
    response.setHeader('Connection', 'close');
    throw new Refusal('TL-DRAINING');
  };
}

/** Everything thrown becomes a problem document here, and only here. */
function problems(logger: Logger): ErrorRequestHandler {
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
    send(response, problemAnswer(problem));
  };
}
