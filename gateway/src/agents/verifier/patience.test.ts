// SPDX-License-Identifier: Apache-2.0
import { defaultPatience, mayPass, pause, waitEnds } from './patience.js';

const patience = { ...defaultPatience, most: 600_000 };

test('waiting ends after half of the time left, ten minutes at most, and at once after the deadline', () => {
  expect(waitEnds(patience, 1000, 61_000)).toBe(31_000);
  expect(waitEnds(patience, 0, 86_400_000)).toBe(600_000);
  expect(waitEnds(patience, 1000, 500)).toBe(1000);
});

test('pauses double up to a limit, with jitter', () => {
  const middle = (): number => 0.5;
  expect([0, 1, 2, 10, 1000].map((attempts) => pause(patience, attempts, middle))).toEqual([
    500, 1000, 2000, 30_000, 30_000,
  ]);
  expect(pause(patience, 0, () => 0)).toBe(450);
});

test('only what may pass by itself is waited for', () => {
  expect(
    ['TL-VERIFY-UNREACHABLE', 'TL-VERIFY-SLOW', 'TL-VERIFY-TLS', 'TL-VERIFY-REFUSED'].every((code) =>
      mayPass(code as 'TL-VERIFY-TLS'),
    ),
  ).toBe(true);
  expect(
    ['TL-VERIFY-HASH', 'TL-VERIFY-MISSING', 'TL-VERIFY-REDIRECT'].some((code) =>
      mayPass(code as 'TL-VERIFY-TLS'),
    ),
  ).toBe(false);
});
