// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';

const DATE_TIME =
  /^([1-9]\d{3})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,12}))?(?:Z|([+-])(0\d|1[0-3]|14):([0-5]\d))$/;

/** The offset of the place of an event, `±hh:mm`, at most 14:00 (EPCIS 2.0, section 7.4.1). */
export const ZONE_OFFSET = /^[+-]((0\d|1[0-3]):[0-5]\d|14:00)$/;

/** The milliseconds since 1970 of a date-time with offset, half up on the fourth decimal; undefined when it is none. */
export function millisecondsOf(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined;
  const [, , , , , , , fraction = '', sign, hours = '0', minutes = '0'] = match;
  const offset = Number(hours) * 60 + Number(minutes);
  if (offset > 14 * 60) return undefined;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0')) + ((fraction[3] ?? '0') >= '5' ? 1 : 0);
  const local = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  return local - (sign === '-' ? -offset : offset) * 60_000;
}

/** Whether a text is a date-time with offset that {@link utcTimeOf} can write. */
export function isDateTime(text: string): boolean {
  const at = millisecondsOf(text);
  return at !== undefined && at < END;
}

const END = Date.UTC(10_000, 0);

/**
 * A date-time in UTC with exactly three decimals, half up on the fourth (CBV 2.0, section 8.9). Refuses with
 * `TL-EPCIS-TIME` what is no date-time with offset.
 */
export function utcTimeOf(text: string): string {
  const at = millisecondsOf(text);
  if (at === undefined || at >= END) throw new Refusal('TL-EPCIS-TIME');
  return new Date(at).toISOString();
}
