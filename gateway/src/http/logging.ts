// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { pino, type DestinationStream, type Level, type Logger } from 'pino';
import type { Metrics } from './metrics.js';
import { localsOf } from './respond.js';

export type { Logger } from 'pino';

const SECRET_PATHS = [
  'authorization',
  '*.authorization',
  '*["x-api-key"]',
  'apiKey',
  '*.apiKey',
  '*.privateKeyPem',
  '*.identity',
];

/** The structured log of one gateway: JSON lines, with whatever could hold a credential blotted out. */
export function createLogger(member: string, level: string, destination?: DestinationStream): Logger {
  const options = { level, base: { member }, redact: { paths: SECRET_PATHS, censor: '[redacted]' } };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * Gives each request its id, and logs and measures it once, when it is answered: failures as errors, refusals at
 * `info`, successes at `debug`. Logged is the path without its query and no header: neither can be told from a secret.
 */
export function observed(logger: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const requestId = requestIdOf(request);
    localsOf(response).requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    response.once('close', () => {
      const milliseconds = performance.now() - began;
      const status = response.statusCode;
      const { method } = request;
      const route = (request.route as { path?: unknown } | undefined)?.path;
      metrics.requests.observe(
        { method, route: typeof route === 'string' ? route : 'none', status },
        milliseconds / 1000,
      );
      const level = levelOf(status);
      if (!logger.isLevelEnabled(level)) return;
      const path = request.originalUrl.split('?', 1)[0]?.slice(0, 500);
      logger[level](
        {
          requestId,
          method,
          path,
          status,
          caller: (localsOf(response) as { principal?: { id: string } }).principal?.id,
          milliseconds: Math.round(milliseconds * 10) / 10,
          ...(!response.writableFinished && { aborted: true }),
        },
        'request',
      );
    });
    next();
  };
}

function levelOf(status: number): Level {
  if (status >= 500) return 'error';
  return status >= 400 ? 'info' : 'debug';
}

/** The caller's own request id when it is harmless in a log and a header, else a fresh one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}
