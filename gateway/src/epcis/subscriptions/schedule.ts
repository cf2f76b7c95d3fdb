// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { Cron } from 'croner';

/** The fields of a QuerySchedule, from fine to coarse, with the range of each (EPCIS 2.0, section 8.2.5.3). */
export const SCHEDULE_FIELDS = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  dayOfWeek: [1, 7],
} as const;
export type ScheduleField = keyof typeof SCHEDULE_FIELDS;

/** When a query is run, in the standard's words; Monday is 1, Sunday 7. */
export type Schedule = { readonly [field in ScheduleField]?: string | undefined };

const NAMES = Object.keys(SCHEDULE_FIELDS) as ScheduleField[];
const ELEMENTS = 60;
/** A number, `[from-to]` or `*`, each with a step behind a slash or none; `a/n` begins at `a`. */
const ELEMENT = /^(?:(\*)|(\d{1,2})|\[?(\d{1,2})-(\d{1,2})\]?)(?:\/(\d{1,2}))?$/;

/** The longest that a timer waits for a time, in milliseconds: it must notice when the clock was set. */
export const LONGEST_WAIT_MS = 3_600_000;

/**
 * Times of a schedule, in UTC. All fields given must match, day of month and day of week too. A field left out matches
 * any value, but one that is finer than all given matches its first: `hour` 1 and `minute` 5 is once a day. Refuses with
 * `TL-EPCIS-SUBSCRIPTION-CONTROLS` what is no schedule, or has no time.
 */
export class Times {
  readonly #cron: Cron;

  constructor(schedule: Schedule) {
    const given = NAMES.filter((name) => schedule[name] !== undefined);
    if (given.length === 0) refuse('schedule', 'a schedule has at least one field');
    const finest = Math.min(...given.map(coarseness));
    const pattern = NAMES.map((name) => {
      const text = schedule[name];
      if (text !== undefined) return fieldOf(name, text);
      return coarseness(name) < finest && name !== 'dayOfWeek' ? String(SCHEDULE_FIELDS[name][0]) : '*';
    });
    this.#cron = new Cron(pattern.join(' '), { timezone: 'UTC', domAndDow: true });
    if (!this.#cron.nextRun(new Date())) refuse('schedule', 'there is no such day');
  }

  /** The first time after another. */
  after(time: Date): Date {
    return this.#cron.nextRun(time) ?? refuse('schedule', 'there is no such day');
  }
}

/** A day of the week is as coarse as a day of the month. */
const coarseness = (name: ScheduleField): number => NAMES.indexOf(name === 'dayOfWeek' ? 'dayOfMonth' : name);

/** A field in the form that the scheduler takes. */
function fieldOf(name: ScheduleField, text: string): string {
  const [least, most] = SCHEDULE_FIELDS[name];
  const elements = text.split(',');
  if (elements.length > ELEMENTS) refuse(`schedule.${name}`, `at most ${String(ELEMENTS)} elements`);
  return elements
    .map((element) => {
      const [found, any, single, low, high, step] = ELEMENT.exec(element.trim()) ?? [];
      const from = Number(any === undefined ? (single ?? low) : least);
      const to = Number(any === undefined ? (high ?? (step === undefined ? from : most)) : most);
      const every = Number(step ?? 1);
      if (found === undefined || from < least || to > most || from > to || every < 1)
        return refuse(
          `schedule.${name}`,
          `numbers from ${String(least)} to ${String(most)}, ranges such as [1-5] and steps such as 0/30, with commas`,
        );
      return `${String(from)}-${String(to)}${every > 1 ? `/${String(every)}` : ''}`;
    })
    .join(',');
}

function refuse(field: string, problem: string): never {
  throw new Refusal('TL-EPCIS-SUBSCRIPTION-CONTROLS', { field, problem });
}
