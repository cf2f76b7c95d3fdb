// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { freeBasePort, isFree } from './free-ports.js';

describe('a place for a network beside others', () => {
  test('is given to one only, also of those who ask at the same moment', async () => {
    const bases = await Promise.all(Array.from({ length: 12 }, () => freeBasePort()));
    expect(new Set(bases).size).toBe(12);
    expect(await isFree(bases[0]!)).toBe(false);
    expect(await isFree(bases[0]! + 80)).toBe(true);
  });

  test('is one where nobody listens', async () => {
    const neighbour = createServer();
    const base = await freeBasePort();
    await new Promise<void>((resolve) => neighbour.listen(base + 281, '127.0.0.1', resolve));
    expect(await isFree(base + 281)).toBe(false);
    const others = await Promise.all(Array.from({ length: 12 }, () => freeBasePort()));
    expect(others).not.toContain(base);
    await new Promise((resolve) => neighbour.close(resolve));
  });
});
