// SPDX-License-Identifier: Apache-2.0
import { Instant } from './values';

describe('an instant', () => {
  test.each([
    ['2026-11-20T08:00:00.000Z', '2026-11-20T08:00:00.000Z'],
    ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00.000Z'],
    ['2026-11-20T09:00:00.0009+01:00', '2026-11-20T08:00:00.000Z'],
    ['2026-11-20T08:00:00.123456Z', '2026-11-20T08:00:00.123Z'],
  ])('%s is kept as %s', (text, kept) => {
    expect(Instant.parse(text)).toBe(kept);
  });

  test.each([
    '2026-02-30T00:00:00.000Z',
    '2025-02-29T00:00:00.000Z',
    '2026-11-20T08:00:60.000Z',
    '2026-11-20T24:00:00.000Z',
    '2026-11-20T08:00:00.000z',
    '2026-11-20T08:00:00.000',
  ])('%s is refused', (text) => {
    expect(Instant.safeParse(text).success).toBe(false);
  });
});
