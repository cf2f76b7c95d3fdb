// SPDX-License-Identifier: Apache-2.0
import { Refusal, type Disclosure } from '@thingledger/protocol';
import { LRUCache } from 'lru-cache';
import type { PublicServices } from '../data-answers.js';
import { publicTraceOf, type PublicTrace } from './public-trace.js';

/** Bounds on what scans can make a gateway do. */
const limits = {
  /** Traces walked at the same time; more are refused. */
  atOnce: 8,
  /** So many scans of one thing, one after the other, share a trace; it says when it was made. */
  keepMillis: 3000,
  kept: 200,
} as const;

/** Traces and copies of data for everybody, with bounded work. */
export class PublicTraces {
  readonly #kept: LRUCache<string, PublicTrace>;
  #walking = 0;

  constructor(private readonly services: PublicServices) {
    this.#kept = new LRUCache({
      max: limits.kept,
      ttl: limits.keepMillis,
      // Who waits for a trace gets it, also when there is no room to keep it.
      ignoreFetchAbort: true,
      fetchMethod: (thing) => this.#bounded(() => this.#walk(thing)),
    });
  }

  /** What everybody may know of a thing. Refuses with `TL-THING-UNKNOWN` and `TL-OVERLOADED`. */
  async of(thing: string): Promise<PublicTrace> {
    return (await this.#kept.fetch(thing)) as PublicTrace;
  }

  /** What everybody may see of the data of a record. Refuses as `getDisclosure` does, and with `TL-OVERLOADED`. */
  disclosure(recordId: string): Promise<Disclosure> {
    return this.#bounded(() => this.services.disclosure(recordId));
  }

  async #walk(thing: string): Promise<PublicTrace> {
    const checkedAt = new Date().toISOString();
    return publicTraceOf(await this.services.trace(thing), checkedAt);
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#walking >= limits.atOnce) throw new Refusal('TL-OVERLOADED');
    this.#walking += 1;
    try {
      return await work();
    } finally {
      this.#walking -= 1;
    }
  }
}
