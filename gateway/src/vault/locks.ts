// SPDX-License-Identifier: Apache-2.0

/** Lets work on the same things go one after the other, in the order in which it was asked for. */
export class Locks {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does work when all that was asked for before on any of these names has ended, well or not. */
  async exclusively<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    // All are asked for in one turn, so two lists never wait for each other.
    const before = names.map((name) => this.#last.get(name) ?? Promise.resolve());
    const mine = Promise.all(before).then(work);
    const settled = mine.catch(() => undefined);
    for (const name of names) this.#last.set(name, settled);
    try {
      return await mine;
    } finally {
      for (const name of names) if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }
}
