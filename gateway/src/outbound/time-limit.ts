// SPDX-License-Identifier: Apache-2.0

/** A signal that aborts after a time, or when one of the given signals does. Release it when the work is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Makes a {@link TimeLimit}. Listeners are taken off the given signals on release: those live as long as the process,
 * and `AbortSignal.any` would leave something behind on them for every fetch.
 */
export function timeLimit(millis: number, ...given: readonly (AbortSignal | undefined)[]): TimeLimit {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, millis);
  const signals = given.filter((signal) => signal !== undefined);
  for (const signal of signals) {
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', abort);
    },
  };
}
