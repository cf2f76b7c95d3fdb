// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler, Request } from 'express';
import type { Limits } from '../../config/config.js';
import {
  authoriseLocal,
  localsOf,
  send,
  withDeadline,
  type Answer,
  type Guards,
  type Logger,
} from '../../http/index.js';
import type { LedgerReader } from '../../ledger/index.js';
import type { Principal } from '../../principal.js';
import type { Captures } from '../captures.js';
import type { OwnEvents } from '../own-events.js';
import { STAFF } from '../staff.js';
import type { EpcisStore } from '../store.js';
import type { Sockets, Subscriptions } from '../subscriptions/index.js';

/** What the routes under `/epcis` are bound to. */
export interface EpcisParts {
  readonly captures: Captures;
  readonly own: OwnEvents;
  readonly store: EpcisStore;
  readonly subscriptions: Subscriptions;
  readonly sockets: Sockets;
  readonly reader: LedgerReader;
  readonly guards: Guards;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Where the routes are. */
export const BASE = '/epcis';

/** Lets staff of the member pass, by the ledger, with a body of up to so many bytes. */
export function staffOnly({ reader, guards }: EpcisParts, bodyBytes = 0): RequestHandler[] {
  const authorise: RequestHandler = async (_request, response, next) => {
    await authoriseLocal(reader, STAFF, localsOf(response).principal);
    next();
  };
  return [guards.caller, guards.admit(bodyBytes), authorise];
}

/** Sends an answer, in the time that answers have. */
export function answering(
  { limits }: EpcisParts,
  answer: (request: Request, as: Principal) => Promise<Answer>,
): RequestHandler {
  return async (request, response) => {
    const { principal } = localsOf(response);
    send(response, await withDeadline(answer(request, principal), limits.answerSeconds, 'TL-ANSWER-TIMEOUT'));
  };
}

/** A route that asks for what the member captured: the caller is staff of it. */
export function asking(
  parts: EpcisParts,
  answer: (request: Request, as: Principal) => Promise<Answer>,
  bodyBytes = 0,
): RequestHandler[] {
  return [...staffOnly(parts, bodyBytes), answering(parts, answer)];
}

/** The query of a request's address, without its question mark. */
export function parametersOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start < 0 ? '' : originalUrl.slice(start + 1);
}

/** The header that leads to the next page of what was asked (RFC 8288). */
export function linkToNext(request: Request, token: string | undefined): Record<string, string> {
  if (token === undefined) return {};
  const path = request.originalUrl.split('?', 1)[0] ?? '';
  const kept = parametersOf(request)
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('nextPageToken='));
  const url = `${path}?${[...kept, `nextPageToken=${encodeURIComponent(token)}`].join('&')}`;
  // Browsers and proxies take an address apart at characters that may not stand in one.
  return { Link: `<${url.replaceAll(/[<>"]/g, encodeURIComponent)}>; rel="next"` };
}
