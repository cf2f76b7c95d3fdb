// SPDX-License-Identifier: Apache-2.0
import { parseWith, Refusal } from '@thingledger/protocol';
import { parseEpcisQuery, Time } from '@thingledger/protocol/epcis';
import { z } from 'zod';
import { SCHEDULE_FIELDS, Times, type Schedule, type ScheduleField } from './schedule.js';

/** When a subscription reports (EPCIS 2.0, section 8.2.5.1, SubscriptionControls). */
export interface Controls {
  /** Present when it reports whatever is captured, at once; else `schedule` says when. */
  readonly stream?: true;
  readonly schedule?: Schedule;
  /** Whether a scheduled run without events is reported too. */
  readonly reportIfEmpty: boolean;
  /** Only events recorded since; the time of the subscription when left out. ISO 8601. */
  readonly initialRecordTime?: string;
}

const LONGEST_FIELD = 200;
const Field = z.string().max(LONGEST_FIELD);
const ScheduleBody = z
  .strictObject({
    second: Field.optional(),
    minute: Field.optional(),
    hour: Field.optional(),
    dayOfMonth: Field.optional(),
    month: Field.optional(),
    dayOfWeek: Field.optional(),
  } satisfies Record<ScheduleField, unknown>)
  .meta({ id: 'EpcisQuerySchedule' });

/** A subscription as it is posted. */
export const SubscriptionRequest = z
  .strictObject({
    dest: z.string().max(2000).describe('The https address that events are posted to'),
    signatureToken: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Keys the HMAC-SHA-256 of each body, in base64, in the header GS1-Signature'),
    stream: z.boolean().optional().describe('true: report at once; excludes schedule'),
    schedule: ScheduleBody.optional().describe('When to report, in UTC; excludes stream'),
    reportIfEmpty: z.boolean().optional().describe('Whether a scheduled run without events is reported'),
    initialRecordTime: Time.optional().describe('Only events recorded since; now when left out'),
  })
  .meta({ id: 'EpcisSubscriptionRequest' });
export type SubscriptionRequest = z.infer<typeof SubscriptionRequest>;

/** The parameters of a WebSocket's address that say when to report, and their meaning. */
export const SOCKET_PARAMETERS: Readonly<Record<string, string>> = {
  stream: '`true`: report at once; excludes the fields of a schedule',
  ...Object.fromEntries(
    Object.entries(SCHEDULE_FIELDS).map(([name, [least, most]]) => [
      name,
      `Schedule, in UTC: ${String(least)} to ${String(most)}, ranges such as \`[1-5]\`, steps such as \`0/30\`, with commas`,
    ]),
  ),
  reportIfEmpty: '`true`: a scheduled run without events is reported too',
  initialRecordTime: 'Only events recorded since; now when left out',
};

/** The controls in a body. Refuses with `TL-EPCIS-SUBSCRIPTION-CONTROLS`. */
export function controlsOf(request: Omit<SubscriptionRequest, 'dest' | 'signatureToken'>): Controls {
  const { stream, schedule, reportIfEmpty = false, initialRecordTime } = request;
  const streams = stream === true;
  if (streams === (schedule !== undefined))
    throw new Refusal('TL-EPCIS-SUBSCRIPTION-CONTROLS', {
      field: 'stream',
      problem: 'either stream is true or there is a schedule',
    });
  if (schedule) new Times(schedule);
  return {
    ...(streams && { stream: true }),
    ...(schedule && { schedule }),
    reportIfEmpty,
    ...(initialRecordTime !== undefined && { initialRecordTime: initialRecordTime.trim() }),
  };
}

/**
 * The controls in the query of a WebSocket's address. Refuses with `TL-EPCIS-SUBSCRIPTION-CONTROLS` what is missing,
 * unknown or stands twice.
 */
export function controlsIn(parameters: string): Controls {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(parameters.replaceAll('+', '%2B'))) {
    if (!Object.hasOwn(SOCKET_PARAMETERS, name) || given.has(name) || value.length > LONGEST_FIELD)
      throw new Refusal('TL-EPCIS-SUBSCRIPTION-CONTROLS', {
        field: name.slice(0, 100),
        problem: given.has(name) ? 'it stands twice' : 'no parameter of a subscription, or too long',
      });
    given.set(name, value);
  }
  const flag = (name: string): boolean | undefined => {
    const value = given.get(name);
    if (value === undefined || value === 'true' || value === 'false')
      return value === undefined ? undefined : value === 'true';
    throw new Refusal('TL-EPCIS-SUBSCRIPTION-CONTROLS', { field: name, problem: 'true or false' });
  };
  const fields = Object.keys(SCHEDULE_FIELDS).filter((name) => given.has(name));
  const { dest: _, signatureToken: __, ...rest } = SubscriptionRequest.shape;
  const controls = {
    stream: flag('stream'),
    reportIfEmpty: flag('reportIfEmpty'),
    initialRecordTime: given.get('initialRecordTime'),
    ...(fields.length > 0 && { schedule: Object.fromEntries(fields.map((name) => [name, given.get(name)])) }),
  };
  return controlsOf(parseWith(z.strictObject(rest), controls));
}

/**
 * Refuses with `TL-EPCIS-SUBSCRIPTION-CONTROLS` a query that no subscription can keep to: one that cuts its answer off
 * would lose events.
 */
export function requireSubscribable(parameters: string): void {
  const { eventCountLimit, maxEventCount } = parseEpcisQuery(parameters);
  if (eventCountLimit === undefined && maxEventCount === undefined) return;
  throw new Refusal('TL-EPCIS-SUBSCRIPTION-CONTROLS', {
    field: 'query',
    problem: 'a query with eventCountLimit or maxEventCount would lose events',
  });
}
