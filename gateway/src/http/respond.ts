// SPDX-License-Identifier: Apache-2.0
import { catalogue, type Problem } from '@thingledger/protocol';
import type { Request, Response } from 'express';
import type { Principal } from '../principal.js';
import { retryAfter } from './problem.js';

/** A whole answer, ready to be sent, or kept for a repeat of its request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, or a page; empty for 204. */
  readonly body: string;
}

/** A successful answer. */
export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  if (status === 204) return { status, headers, body: '' };
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** A problem document as an answer, with the headers its status asks for. */
export function problemAnswer(problem: Problem, headers: Record<string, string> = {}): Answer {
  const wait = retryAfter(problem.code);
  return {
    status: problem.status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(wait !== undefined && { 'Retry-After': String(wait) }),
      ...(problem.txId !== undefined && { 'X-Transaction-Id': problem.txId }),
      ...(problem.status === 401 && { 'WWW-Authenticate': challenge(problem) }),
      ...headers,
    },
    body: JSON.stringify(problem),
  };
}

/** Sends an answer. No cache may keep it: rights change, and data can be deleted at any time (requirement X12). */
export function send(response: Response, { status, headers, body }: Answer): void {
  response.status(status);
  for (const [name, value] of Object.entries(headers)) {
    // The rate limiter knows better than a rule of thumb how long to wait.
    if (name !== 'Retry-After' || !response.hasHeader('Retry-After')) response.setHeader(name, value);
  }
  response.setHeader('Cache-Control', 'no-store');
  if (body !== '') response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

/** RFC 6750 section 3. */
function challenge({ code }: Problem): string {
  const realm = 'Bearer realm="thingledger"';
  return code === 'TL-AUTH-MISSING'
    ? realm
    : `${realm}, error="invalid_token", error_description="${catalogue[code].title}"`;
}

/** What earlier middleware found out about a request. */
export interface Locals {
  requestId: string;
  principal: Principal;
}

/** Typed access to what earlier middleware left. */
export function localsOf(response: Response): Locals {
  return response.locals as Locals;
}

/** The path a request asked for, without its query, as a problem's `instance`. */
export function instanceOf(request: Request): string {
  return (request.originalUrl.split('?', 1)[0] ?? '').slice(0, 500);
}
