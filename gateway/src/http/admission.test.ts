// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { Admission } from './admission.js';
import { withDeadline } from './deadline.js';
import { groupBy } from './group-by.js';

describe('admission', () => {
  test('lets in what fits and refuses what does not, until something leaves', () => {
    const door = new Admission({ requests: 2, bytes: 100 });
    const leave = door.enter(10);
    door.enter(10);
    expect(() => door.enter(10)).toThrow('as much work as it can take');
    leave();
    leave();
    expect(door.stats).toEqual({ requests: 1, bytes: 10, shed: 1 });
    door.enter(10);
  });

  test('counts bytes, but lets a lone large one in', () => {
    const door = new Admission({ requests: 10, bytes: 100 });
    const leave = door.enter(500);
    expect(() => door.enter(1)).toThrow('as much work');
    leave();
    door.enter(60);
    expect(() => door.enter(60)).toThrow('as much work');
    expect(door.stats.shed).toBe(2);
  });
});

describe('deadline', () => {
  test('gives the work’s own result and refusal', async () => {
    await expect(withDeadline(Promise.resolve(1), 5, 'TL-ANSWER-TIMEOUT')).resolves.toBe(1);
    await expect(withDeadline(Promise.reject(new Error('own')), 5, 'TL-ANSWER-TIMEOUT')).rejects.toThrow(
      'own',
    );
  });

  test('refuses what takes longer', async () => {
    await expect(withDeadline(sleep(500), 0.02, 'TL-ANSWER-TIMEOUT')).rejects.toMatchObject({
      code: 'TL-ANSWER-TIMEOUT',
    });
  });
});

test('groups keep the order of keys and items', () => {
  expect([...groupBy([3, 1, 4, 2], (number) => number % 2)]).toEqual([
    [1, [3, 1]],
    [0, [4, 2]],
  ]);
});
