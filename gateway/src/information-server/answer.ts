// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { problemOfError, retryAfter } from '../http/problem.js';

/** What goes back over the wire. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Closes the connection after the answer. */
  readonly close?: boolean;
}

/** A JSON answer. */
export function jsonAnswer(status: number, value: unknown, type = 'application/json'): Answer {
  return { status, type, body: Buffer.from(JSON.stringify(value)) };
}

/** A refusal, or whatever else was thrown, as a problem document (RFC 9457). */
export function problemAnswer(error: unknown): Answer {
  const problem = problemOfError(error);
  const seconds = retryAfter(problem.code);
  return {
    ...jsonAnswer(problem.status, problem, 'application/problem+json'),
    headers: {
      ...(seconds !== undefined && { 'Retry-After': String(seconds) }),
      ...(problem.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
      ...(problem.status === 405 && { Allow: 'GET' }),
    },
  };
}

/** Writes an answer. Nothing between may keep a copy: the data can be deleted at any time (requirement X12). */
export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    'Content-Length': answer.body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(answer.close === true && { Connection: 'close' }),
    ...answer.headers,
  });
  response.end(answer.body);
}
