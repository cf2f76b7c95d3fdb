// SPDX-License-Identifier: Apache-2.0
import { keyOf, type JobItem } from './store.js';

/** Which job sends an event that stands in several: one at a time, so that the next knows, or doubts, what it came to. */
export class Turns {
  /** Ids of jobs, by what an event is known by. */
  readonly #jobs = new Map<string, string>();

  /**
   * Takes the turn of each event that no other job has, and gives those that are this job's now.
   *
   * @param whole whether all must be had together, or none is taken
   */
  take(job: string, items: readonly JobItem[], whole: boolean): readonly JobItem[] {
    const free = items.filter((item) => (this.#jobs.get(keyOf(item)) ?? job) === job);
    if (whole && free.length < items.length) return [];
    for (const item of free) this.#jobs.set(keyOf(item), job);
    return free;
  }

  /** Gives up the turns that a job has of events. */
  pass(job: string, items: readonly JobItem[]): void {
    for (const item of items) if (this.#jobs.get(keyOf(item)) === job) this.#jobs.delete(keyOf(item));
  }
}
