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
  const [month, day] = [Number(match[2]) - 1, Number(match[3])];
  const second = Date.UTC(Number(match[1]), month, day, Number(match[4]), Number(match[5]), Number(match[6]));
  const date = new Date(second);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  const fraction = match[7] ?? '';
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0')) + ((fraction[3] ?? '0') >= '5' ? 1 : 0);
  const offset = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  if (offset > 14 * 60) return undefined;
  return second + milliseconds - (match[8] === '-' ? -offset : offset) * 60_000;
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
