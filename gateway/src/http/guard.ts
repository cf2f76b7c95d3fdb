// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit, type RateLimitRequestHandler } from 'express-rate-limit';
import type { Limits } from '../config/config.js';
import type { Admission } from './admission.js';
import type { Authenticate } from './authentication.js';
import { expectedBytes } from './body.js';
import type { Metrics } from './metrics.js';
import { localsOf } from './respond.js';

/** Who stands at the door of every route that needs a caller. */
export interface Guards {
  /** Finds out who calls, within the rate that caller has. */
  readonly caller: readonly RequestHandler[];
  /** Lets a request in while there is room for a body of up to `bytes`. */
  admit(bytes: number): RequestHandler;
}

/** Builds the guards of one gateway. */
export function guards(parts: {
  readonly authenticate: Authenticate;
  readonly admission: Admission;
  readonly limits: Limits;
  readonly metrics: Metrics;
}): Guards {
  const { authenticate, admission, limits, metrics } = parts;
  const failures = limiter(60, limits.authFailures, (request) => ipKeyGenerator(request.ip ?? ''));
  const perPrincipal = limiter(
    limits.rateWindowSeconds,
    limits.rate,
    (_, response) => localsOf(response).principal.id,
  );
  const authenticated: RequestHandler = async (request, response, next) => {
    try {
      localsOf(response).principal = await authenticate(request);
    } catch (error) {
      metrics.refusedCallers.inc();
      await failures(request, response, (exceeded?: unknown) => {
        next(exceeded ?? error);
      });
      return;
    }
    next();
  };
  return {
    caller: [authenticated, perPrincipal],
    admit: (bytes) => (request, response, next) => {
      const release = admission.enter(expectedBytes(request, bytes));
      response.once('close', release);
      next();
    },
  };
}

function limiter(
  seconds: number,
  limit: number,
  keyGenerator: (request: Request, response: Response) => string,
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: seconds * 1000,
    limit,
    keyGenerator,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(new Refusal('TL-RATE-LIMITED', { limit, windowSeconds: seconds }));
    },
  });
}
