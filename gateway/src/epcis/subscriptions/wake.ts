// SPDX-License-Identifier: Apache-2.0

/** A sleeper that is woken: a call while it is awake counts too, so that none is missed. */
export class Wake {
  #woken = true;
  #resolve: (() => void) | undefined;

  /** From now on a call counts. */
  sleep(): void {
    this.#woken = false;
  }

  up(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /** Resolves when it was called since {@link sleep}. */
  async wait(): Promise<void> {
    if (!this.#woken) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#resolve = undefined;
  }
}
