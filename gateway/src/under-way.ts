// SPDX-License-Identifier: Apache-2.0

/**
 * Counts what is under way. Not a set of promises: the tables of a set that changes all the time are made anew again and
 * again, and each that is left behind keeps what it held until V8 next collects everything.
 */
export class UnderWay {
  #count = 0;
  #idle: (() => void)[] = [];

  /** How much is under way now. */
  get size(): number {
    return this.#count;
  }

  /** Counts work until it settles; gives the same result, once it is no longer counted. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#count += 1;
    return work.finally(() => {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#count > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
