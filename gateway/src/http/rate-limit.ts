// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { Response } from 'express';

const FORGET_AT = 10_000;

interface Window {
  used: number;
  readonly ends: number;
}

/**
 * How many operations a caller has in a window of time, told in the headers of draft-ietf-httpapi-ratelimit-headers-08.
 * Each item of a bulk request counts, so that a list is no way round the limit.
 */
export class RateLimit {
  readonly #limit: number;
  readonly #milliseconds: number;
  readonly #policy: string;
  readonly #windows = new Map<string, Window>();

  constructor(limit: number, seconds: number) {
    this.#limit = limit;
    this.#milliseconds = seconds * 1000;
    this.#policy = `"operations";q=${String(limit)};w=${String(seconds)}`;
  }

  /** Takes so many operations out of the caller's window. Refuses with `TL-RATE-LIMITED` and says when to come back. */
  take(caller: string, operations: number, response: Response): void {
    const now = performance.now();
    const window = this.#windowOf(caller, now);
    window.used += operations;
    const seconds = Math.ceil((window.ends - now) / 1000);
    const remaining = Math.max(0, this.#limit - window.used);
    response.setHeader('RateLimit-Policy', this.#policy);
    response.setHeader('RateLimit', `"operations";r=${String(remaining)};t=${String(seconds)}`);
    if (window.used <= this.#limit) return;
    response.setHeader('Retry-After', String(seconds));
    throw new Refusal('TL-RATE-LIMITED', { limit: this.#limit, windowSeconds: this.#milliseconds / 1000 });
  }

  #windowOf(caller: string, now: number): Window {
    const known = this.#windows.get(caller);
    if (known && known.ends > now) return known;
    if (this.#windows.size >= FORGET_AT) this.#forget(now);
    const window = { used: 0, ends: now + this.#milliseconds };
    this.#windows.set(caller, window);
    return window;
  }

  #forget(now: number): void {
    for (const [caller, { ends }] of this.#windows) if (ends <= now) this.#windows.delete(caller);
  }
}
