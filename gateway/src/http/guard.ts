// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { Limits } from '../config/config.js';
import type { Admission } from './admission.js';
import type { Authenticate } from './authentication.js';
import { expectedBytes } from './body.js';
import type { Metrics } from './metrics.js';
import { RateLimit } from './rate-limit.js';
import { localsOf } from './respond.js';

const FAILURE_WINDOW_SECONDS = 60;

/** Who stands at the door of every route that needs a caller. */
export interface Guards {
  /** Turns everybody away while the gateway stops; finds out who calls, within the rate that caller has. */
  readonly caller: RequestHandler;
  /** Turns everybody away while the gateway stops; lets anybody in, within the rate that an address has. */
  readonly anyone: RequestHandler;
  /** Lets a request in while there is room for a body of up to `bytes`. */
  admit(bytes: number): RequestHandler;
  /** Counts further operations of a request against its caller's rate. */
  charge(response: Response, operations: number): void;
}

/** What the guards go by. */
export interface GuardParts {
  readonly authenticate: Authenticate;
  readonly admission: Admission;
  readonly limits: Limits;
  readonly metrics: Metrics;
  draining(): boolean;
}

/** Builds the guards of one gateway. */
export function guards(parts: GuardParts): Guards {
  const { authenticate, admission, limits, metrics } = parts;
  const rate = new RateLimit(limits.rate, limits.rateWindowSeconds);
  const failures = new RateLimit(limits.authFailures, FAILURE_WINDOW_SECONDS);
  const addresses = new RateLimit(limits.publicRate, limits.rateWindowSeconds);
  const requireOpen = (response: Response): void => {
    if (!parts.draining()) return;
    response.setHeader('Connection', 'close');
    throw new Refusal('TL-DRAINING');
  };
  return {
    anyone: (request, response, next) => {
      requireOpen(response);
      addresses.take(addressOf(request), 1, response);
      response.once('close', admission.enter(0));
      next();
    },
    caller: async (request, response, next) => {
      requireOpen(response);
      const principal = await authenticate(request).catch((error: unknown) => {
        metrics.refusedCallers.inc();
        failures.take(addressOf(request), 1, response);
        throw error;
      });
      localsOf(response).principal = principal;
      rate.take(principal.id, 1, response);
      // Who left meanwhile is not served: what is taken from here on is given back when the answer closes, and it has.
      if (!response.closed) next();
    },
    admit: (bytes) => (request, response, next) => {
      response.once('close', admission.enter(expectedBytes(request, bytes)));
      next();
    },
    charge: (response, operations) => {
      rate.take(localsOf(response).principal.id, operations, response);
    },
  };
}

/** Of an IPv6 address only the network: one host has the other half to play with. */
function addressOf(request: Request): string {
  const address = request.socket.remoteAddress ?? '';
  return address.includes(':') && !address.startsWith('::ffff:')
    ? address.split(':').slice(0, 4).join(':')
    : address;
}
