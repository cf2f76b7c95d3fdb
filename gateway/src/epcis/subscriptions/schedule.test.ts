// SPDX-License-Identifier: Apache-2.0
import { Times, type Schedule } from './schedule.js';

const from = new Date('2026-11-21T11:07:09.250Z'); // A Saturday.

describe('a schedule (T8)', () => {
  test.each<[string, Schedule, string]>([
    ['hour and minute: once a day', { hour: '1', minute: '5' }, '2026-11-22T01:05:00.000Z'],
    ['an hour: at its begin', { hour: '12' }, '2026-11-21T12:00:00.000Z'],
    ['a second: every minute', { second: '30' }, '2026-11-21T11:07:30.000Z'],
    ['a step', { second: '0/30' }, '2026-11-21T11:07:30.000Z'],
    ['a step of all', { minute: '*/15' }, '2026-11-21T11:15:00.000Z'],
    ['a list and a range', { minute: '0,[20-22]', hour: '11' }, '2026-11-21T11:20:00.000Z'],
    ['a range with a step', { minute: '[10-30]/10' }, '2026-11-21T11:10:00.000Z'],
    ['a range as cron writes it', { hour: '13-14' }, '2026-11-21T13:00:00.000Z'],
    ['Monday', { dayOfWeek: '1' }, '2026-11-23T00:00:00.000Z'],
    ['Sunday', { dayOfWeek: '7', hour: '6' }, '2026-11-22T06:00:00.000Z'],
    ['a month: its first day', { month: '2' }, '2027-02-01T00:00:00.000Z'],
    ['Mondays of a month', { month: '2', dayOfWeek: '1' }, '2027-02-01T00:00:00.000Z'],
    ['day of month and of week together', { dayOfMonth: '13', dayOfWeek: '5' }, '2027-08-13T00:00:00.000Z'],
    ['a leap day', { month: '2', dayOfMonth: '29' }, '2028-02-29T00:00:00.000Z'],
  ])('%s', (_name, schedule, next) => {
    expect(new Times(schedule).after(from).toISOString()).toBe(next);
  });

  test('a time is after another, never the same', () => {
    const times = new Times({ second: '0' });
    expect(times.after(new Date('2026-11-21T11:00:00.000Z')).toISOString()).toBe('2026-11-21T11:01:00.000Z');
  });

  test.each<[string, Schedule]>([
    ['nothing', {}],
    ['a second of sixty', { second: '60' }],
    ['day zero', { dayOfMonth: '0' }],
    ['a day eight', { dayOfWeek: '8' }],
    ['a range backwards', { hour: '[5-3]' }],
    ['a step of nothing', { second: '0/0' }],
    ['words', { dayOfWeek: 'MON' }],
    ['an empty text', { minute: '' }],
    ['an empty element', { minute: '1,' }],
    ['what only some schedulers know', { dayOfMonth: 'L' }],
    ['too many elements', { second: Array.from({ length: 61 }, () => '1').join(',') }],
    ['a day that there is not', { month: '2', dayOfMonth: '30' }],
  ])('refuses %s', (_name, schedule) => {
    const made = (): unknown => {
      try {
        return new Times(schedule);
      } catch (error) {
        return error;
      }
    };
    expect(made()).toMatchObject({ code: 'TL-EPCIS-SUBSCRIPTION-CONTROLS' });
  });
});
