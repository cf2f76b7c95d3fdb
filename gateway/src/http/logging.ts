// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pino, type DestinationStream, type Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';

export type { Logger } from 'pino';

const SECRET_PATHS = [
  'authorization',
  '*.authorization',
  '*["x-api-key"]',
  'apiKey',
  '*.apiKey',
  '*.privateKeyPem',
  '*.identity',
  'req.headers',
];

/** The structured log of one gateway: JSON lines, with whatever could hold a credential blotted out. */
export function createLogger(member: string, level: string, destination?: DestinationStream): Logger {
  const options = { level, base: { member }, redact: { paths: SECRET_PATHS, censor: '[redacted]' } };
  return destination ? pino(options, destination) : pino(options);
}

/** Logs each request once, when it is answered: failures always, refusals at `info`, successes at `debug`. */
export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: (request, response) => {
      const id = requestIdOf(request);
      response.setHeader('X-Request-Id', id);
      return id;
    },
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId', responseTime: 'milliseconds' },
    customLogLevel: (_request: IncomingMessage, response: ServerResponse, error?: Error) => {
      if (error ?? response.statusCode >= 500) return 'error';
      return response.statusCode >= 400 ? 'info' : 'debug';
    },
    // No headers and no query: neither can be told from a secret by its name alone.
    serializers: {
      req: (request: { method: string; url: string }) => ({
        method: request.method,
        path: request.url.split('?', 1)[0]?.slice(0, 500),
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
  });
}

/** The caller's own request id when it is harmless in a log and a header, else a fresh one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}
