// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';

/** A signal that aborts when its sources say so. Release it when the work is over. */
export interface Joined {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/**
 * A signal that aborts, with the same reason, when one of the given signals does. `AbortSignal.any` is not for what must
 * come: it holds its sources weakly, so that a time-out that nobody else holds may be collected and never comes
 * (nodejs/node issue 57736), and it leaves something behind on sources that live as long as the process.
 */
export function anyOf(...given: readonly (AbortSignal | undefined)[]): Joined {
  const controller = new AbortController();
  const leave: (() => void)[] = [];
  for (const signal of given) {
    if (signal === undefined) continue;
    const abort = (): void => controller.abort(signal.reason);
    // One for everything that is under way is no leak: each is taken off.
    setMaxListeners(0, signal);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    leave.push(() => signal.removeEventListener('abort', abort));
  }
  return {
    signal: controller.signal,
    release: () => {
      for (const each of leave) each();
    },
  };
}

/** A signal that aborts after a time in milliseconds, or when one of the given signals does. */
export function timeLimit(millis: number, ...given: readonly (AbortSignal | undefined)[]): Joined {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('out of time', 'TimeoutError')), millis);
  const { signal, release } = anyOf(late.signal, ...given);
  return {
    signal,
    release: () => {
      clearTimeout(timer);
      release();
    },
  };
}
