// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { probed, reporter } from './readiness.js';

const well = { ready: true, detail: 'well' };

describe('a probe', () => {
  test('that is done means ready', async () => {
    expect(await probed('the vault', () => Promise.resolve())()).toEqual({
      ready: true,
      detail: 'the vault can be written and read',
    });
  });

  test('that fails means not ready, and tells the code but no path', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left, write /srv/maker/vault'), {
      code: 'ENOSPC',
    });
    expect(await probed('the vault', () => Promise.reject(full))()).toEqual({
      ready: false,
      detail: 'the vault can not be written and read (ENOSPC)',
    });
  });
});

describe('a report', () => {
  test('has every check by its name, also one that throws', async () => {
    const ask = reporter({ good: async () => well, bad: () => Promise.reject(new Error('unforeseen')) });
    expect(await ask()).toEqual({ good: well, bad: { ready: false, detail: 'the check failed' } });
  });

  test('is shared by those who ask at about the same time, and made anew for those who ask later', async () => {
    let made = 0;
    const ask = reporter({ counted: async () => ({ ready: true, detail: String(++made) }) });
    await Promise.all(Array.from({ length: 50 }, ask));
    expect(made).toBe(1);
    await sleep(300);
    await ask();
    expect(made).toBe(2);
  });

  test('does not wait for ever', async () => {
    jest.useFakeTimers();
    try {
      const asked = reporter({ good: async () => well, stuck: () => new Promise(() => undefined) })();
      await jest.advanceTimersByTimeAsync(5000);
      expect(await asked).toEqual({ good: well, stuck: { ready: false, detail: 'no answer within 5 s' } });
    } finally {
      jest.useRealTimers();
    }
  });
});
