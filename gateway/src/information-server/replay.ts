// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';

/** Remembers single-use ids until they would have expired anyway. */
export class ReplayGuard {
  /** Id to the time it may be forgotten, oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(private readonly capacity = 200_000) {}

  /**
   * Whether the id is new; it is not new a second time. Refuses with `TL-OVERLOADED` rather than forget an id that is
   * still valid.
   * @param until when the id expires by itself, in milliseconds since the epoch
   */
  admit(id: string, until: number, now = Date.now()): boolean {
    const known = this.#seen.get(id);
    if (known !== undefined && known >= now) return false;
    if (this.#seen.size >= this.capacity) this.#forgetExpired(now);
    if (this.#seen.size >= this.capacity) throw new Refusal('TL-OVERLOADED');
    this.#seen.delete(id);
    this.#seen.set(id, until);
    return true;
  }

  #forgetExpired(now: number): void {
    for (const [id, until] of this.#seen) if (until < now) this.#seen.delete(id);
  }
}
