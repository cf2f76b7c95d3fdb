// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';

/** Gives back what {@link Admission.enter} took; calling it again changes nothing. */
export type Release = () => void;

/**
 * How much work the gateway takes on at once, in requests and in bytes of their bodies. What does not fit is refused at
 * the door with `TL-OVERLOADED`, while it is still cheap, instead of making everybody wait.
 */
export class Admission {
  readonly #most: { readonly requests: number; readonly bytes: number };
  #requests = 0;
  #bytes = 0;
  #shed = 0;

  constructor(most: { readonly requests: number; readonly bytes: number }) {
    this.#most = most;
  }

  /** Requests inside now, and refused so far. */
  get stats(): { readonly requests: number; readonly bytes: number; readonly shed: number } {
    return { requests: this.#requests, bytes: this.#bytes, shed: this.#shed };
  }

  enter(bytes: number): Release {
    if (
      this.#requests >= this.#most.requests ||
      (this.#bytes > 0 && this.#bytes + bytes > this.#most.bytes)
    ) {
      this.#shed++;
      throw new Refusal('TL-OVERLOADED');
    }
    this.#requests++;
    this.#bytes += bytes;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#requests--;
      this.#bytes -= bytes;
    };
  }
}
