// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { LRUCache } from 'lru-cache';

/** A token bucket for each key: `perSecond` requests on average, twice that at once. */
export class RateLimit {
  readonly #buckets = new LRUCache<string, { tokens: number; at: number }>({ max: 20_000 });

  constructor(private readonly perSecond: number) {}

  /** Takes one token of the key's bucket. Refuses with `TL-RATE-LIMITED` when it is empty. */
  take(key: string, now = Date.now()): void {
    const most = this.perSecond * 2;
    const bucket = this.#buckets.get(key) ?? { tokens: most, at: now };
    const tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / 1000) * this.perSecond);
    if (tokens < 1) throw new Refusal('TL-RATE-LIMITED', { limit: this.perSecond });
    this.#buckets.set(key, { tokens: tokens - 1, at: now });
  }
}
