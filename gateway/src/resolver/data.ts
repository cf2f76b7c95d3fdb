// SPDX-License-Identifier: Apache-2.0
import { html, type Html } from '../http/index.js';

/** Members of a document that the page shows in places of their own. */
const APART: readonly string[] = ['documentType', 'sensorReadings'];

/** Unit codes (UN/CEFACT Recommendation 20) as people write them. */
const UNITS: Readonly<Record<string, string>> = {
  CEL: '°C',
  FAH: '°F',
  P1: '%',
  KGM: 'kg',
  GRM: 'g',
  TNE: 't',
  LTR: 'l',
  MTR: 'm',
  C62: 'pieces',
  D10: 'S/m',
  LUX: 'lx',
  PAL: 'Pa',
};

type Members = Readonly<Record<string, unknown>>;

/** The open data of a station: readings first, then whatever else there is. */
export function dataOf(data: Members): Html {
  const rest = Object.entries(data).filter(([name]) => !APART.includes(name));
  return html`${readingsOf(data['sensorReadings'])}${listOf(rest)}`;
}

/** A name as documents write it, in words: `validUntil` is `Valid until`. */
export function wordsOf(name: string): string {
  const words = name.replaceAll(
    /([a-z\d])([A-Z])/g,
    (_, end: string, start: string) => `${end} ${start.toLowerCase()}`,
  );
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function readingsOf(readings: unknown): Html | undefined {
  if (!Array.isArray(readings)) return undefined;
  return html`<ul class="readings">
    ${readings.filter(isMembers).map((reading) => html`<li>${readingOf(reading)}</li>`)}
  </ul>`;
}

function readingOf(reading: Members): Html {
  const { type, component, uom, minValue, meanValue, maxValue, samples, ...rest } = reading;
  const unit = typeof uom === 'string' ? ` ${UNITS[uom] ?? uom}` : '';
  const said = [
    ...(minValue === undefined || maxValue === undefined
      ? []
      : [`${scalar(minValue)} to ${scalar(maxValue)}${unit}`]),
    ...(meanValue === undefined ? [] : [`on average ${scalar(meanValue)}${unit}`]),
    ...(samples === undefined ? [] : [`${scalar(samples)} readings`]),
  ];
  return html`<b>${wordsOf(scalar(type ?? 'Reading'))}</b>
    ${component === undefined ? undefined : html`(${scalar(component)})`} ${said.join(', ')}
    ${listOf(Object.entries(rest))}`;
}

function listOf(members: readonly (readonly [string, unknown])[]): Html | undefined {
  if (members.length === 0) return undefined;
  return html`<dl>
    ${members.map(
      ([name, value]) =>
        html`<dt>${wordsOf(name)}</dt>
          <dd>${valueOf(value)}</dd>`,
    )}
  </dl>`;
}

function valueOf(value: unknown): Html {
  if (Array.isArray(value))
    return html`<ul>
      ${value.map((one) => html`<li>${valueOf(one)}</li>`)}
    </ul>`;
  if (!isMembers(value)) return html`${scalar(value)}`;
  const { value: amount, uom, unit, ...rest } = value;
  const code = uom ?? unit;
  // A quantity reads as one.
  if (amount !== undefined && typeof code === 'string' && Object.keys(rest).length === 0)
    return html`${scalar(amount)} ${UNITS[code] ?? code}`;
  return listOf(Object.entries(value)) ?? html`–`;
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const scalar = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
