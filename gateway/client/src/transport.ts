// SPDX-License-Identifier: Apache-2.0
import { errorOf, ProblemError } from './problem-error.js';
import type { CallOptions } from './types.js';
import { wait } from './wait.js';

/** How to reach a gateway, and as whom. */
export interface ClientOptions {
  /** `http://127.0.0.1:7080` */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** A bearer token, or what fetches a fresh one for each request. */
  readonly token?: string | (() => string | Promise<string>);
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
  /**
   * How often a request is repeated, 4 when left out: one with an idempotency key when the gateway says to wait or nothing
   * came back, any other only when the gateway says that it did not arrive whole (`TL-REQUEST-TIMEOUT`).
   */
  readonly retries?: number;
}

/** One request, as JSON. */
export interface ClientRequest {
  readonly method: string;
  /** Path with its query, from the root. */
  readonly path: string;
  readonly body?: unknown;
}

const WORTH_WAITING = [408, 429, 503, 504];
const LONGEST_WAIT_SECONDS = 30;

/** Sends requests to one gateway. */
export class Transport {
  readonly #options: ClientOptions;
  readonly #base: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#base = options.baseUrl.replace(/\/+$/, '');
  }

  /** The JSON that comes back; undefined for an empty answer. Rejects with {@link ProblemError} when refused. */
  async json(request: ClientRequest, options: CallOptions = {}): Promise<unknown> {
    const attempts = 1 + (this.#options.retries ?? 4);
    const mayRepeat = options.idempotencyKey === undefined ? neverArrived : mayPass;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.open(request, options);
        return response.status === 204 ? undefined : await response.json();
      } catch (error) {
        if (attempt >= attempts || options.signal?.aborted || !mayRepeat(error)) throw error;
        await wait(waitMs(error, attempt), options.signal);
      }
    }
  }

  /** A successful response, its body not yet read. */
  async open(
    { method, path, body }: ClientRequest,
    options: CallOptions & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { apiKey, token, fetch: send = fetch } = this.#options;
    const bearer = typeof token === 'function' ? await token() : token;
    const response = await send(`${this.#base}${path}`, {
      method,
      redirect: 'error',
      headers: {
        ...(apiKey !== undefined && { 'X-API-Key': apiKey }),
        ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(options.idempotencyKey !== undefined && { 'Idempotency-Key': quoted(options.idempotencyKey) }),
        ...options.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(options.signal && { signal: options.signal }),
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

/** A structured-field string (RFC 8941 section 3.3.3). */
function quoted(key: string): string {
  return `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Whether the gateway saw no whole request: nothing was done, and any request may be sent again (RFC 9110, 15.5.9). */
function neverArrived(error: unknown): boolean {
  return error instanceof ProblemError && error.code === 'TL-REQUEST-TIMEOUT';
}

/** Whether a repeat may go better: the gateway says to wait, or nothing came back at all. */
function mayPass(error: unknown): boolean {
  if (error instanceof ProblemError)
    return WORTH_WAITING.includes(error.status) || error.code === 'TL-IDEMPOTENCY-RUNNING';
  // What fetch throws when nothing came back; by name, because tests and frames have TypeErrors of their own.
  return (error as { readonly name?: unknown } | null)?.name === 'TypeError';
}

function waitMs(error: unknown, attempt: number): number {
  const asked = error instanceof ProblemError ? error.retryAfter : undefined;
  // A little apart, so that many who were turned away together do not come back together.
  return (Math.min(asked ?? 0, LONGEST_WAIT_SECONDS) + 0.2 * attempt * Math.random()) * 1000 + 50;
}
