// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { anyOf, timeLimit, type Joined } from './signals.js';
import { whileCollecting } from './testing/collect.js';

/** Whether it aborts within ten seconds, though memory is collected meanwhile. */
function aborts(make: () => Joined): Promise<boolean> {
  const aborted = once(make().signal, 'abort').then(() => true);
  return whileCollecting(Promise.race([aborted, sleep(10_000, false)]));
}

describe('joined signals', () => {
  test('a time-out comes though nobody else holds it', async () => {
    expect(await aborts(() => anyOf(AbortSignal.timeout(100), new AbortController().signal))).toBe(true);
    expect(await aborts(() => timeLimit(100, new AbortController().signal))).toBe(true);
    expect(await aborts(() => anyOf(anyOf(AbortSignal.timeout(100)).signal, undefined))).toBe(true);
  });

  test('abort with the reason of the first source that does, also one that did already', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const early = anyOf(one.signal, undefined, two.signal);
    two.abort('two');
    one.abort('one');
    expect([early.signal.aborted, early.signal.reason]).toEqual([true, 'two']);
    expect(anyOf(one.signal).signal.reason).toBe('one');
    expect(timeLimit(1000, one.signal).signal.reason).toBe('one');
  });

  test('a time limit says that it was the time', async () => {
    const { signal } = timeLimit(5);
    await sleep(50);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('what was released does not abort any more', async () => {
    const source = new AbortController();
    const limit = timeLimit(5, source.signal);
    limit.release();
    source.abort();
    await sleep(50);
    expect(limit.signal.aborted).toBe(false);
  });
});
