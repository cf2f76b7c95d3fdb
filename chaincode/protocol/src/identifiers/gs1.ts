// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { checkDigit, hasValidCheckDigit } from './check-digit';

/** A GS1 key that identifies a thing or a place, by application identifier. */
interface KeyRule {
  /** The application identifier of the key (GS1 General Specifications, section 3). */
  readonly ai: string;
  /** What the key itself looks like, after padding. */
  readonly pattern: RegExp;
  /** How many leading digits the check digit closes; zero for keys without one. */
  readonly checked: number;
  /** Application identifiers that may qualify the key, in Digital Link order. */
  readonly qualifiers: readonly string[];
}

const SERIAL = /^[!-~]{1,30}$/;

const keyRules: readonly KeyRule[] = [
  { ai: '00', pattern: /^\d{18}$/, checked: 18, qualifiers: [] },
  { ai: '01', pattern: /^\d{14}$/, checked: 14, qualifiers: ['22', '10', '21', '235'] },
  { ai: '253', pattern: /^\d{13}[!-~]{0,17}$/, checked: 13, qualifiers: [] },
  { ai: '255', pattern: /^\d{13,25}$/, checked: 13, qualifiers: [] },
  { ai: '401', pattern: /^\d{4}[!-~]{0,26}$/, checked: 0, qualifiers: [] },
  { ai: '402', pattern: /^\d{17}$/, checked: 17, qualifiers: [] },
  { ai: '414', pattern: /^\d{13}$/, checked: 13, qualifiers: ['254'] },
  { ai: '417', pattern: /^\d{13}$/, checked: 13, qualifiers: [] },
  { ai: '8003', pattern: /^0\d{13}[!-~]{0,16}$/, checked: 14, qualifiers: [] },
  { ai: '8004', pattern: /^\d{4}[!-~]{0,26}$/, checked: 0, qualifiers: [] },
  { ai: '8006', pattern: /^\d{18}$/, checked: 14, qualifiers: ['22', '10', '21'] },
  { ai: '8010', pattern: /^\d{4}[#/0-9A-Z-]{0,26}$/, checked: 0, qualifiers: ['8011'] },
  { ai: '8017', pattern: /^\d{18}$/, checked: 18, qualifiers: ['8019'] },
  { ai: '8018', pattern: /^\d{18}$/, checked: 18, qualifiers: ['8019'] },
];

/** The application identifiers of the keys that are read. */
export const PRIMARY_KEYS: readonly string[] = keyRules.map(({ ai }) => ai);

const rules: ReadonlyMap<string, KeyRule> = new Map(keyRules.map((rule) => [rule.ai, rule]));

/** One GS1 key with its qualifiers, each an application identifier and its value, in Digital Link order. */
export type Gs1Elements = readonly (readonly [ai: string, value: string])[];

/**
 * A GS1 identifier as an uncompressed Digital Link on the GS1 domain (GS1 Digital Link URI Syntax), GTIN padded to 14
 * digits, at its finest level: without consumer product variant, and without the lot where there is a serial number.
 * Check digits are taken as they are. Refuses with `TL-ID-MALFORMED`.
 */
export function digitalLinkOf(elements: Gs1Elements): string {
  const [rule, key] = keyOf(elements);
  const serialised = elements.some(([ai]) => ai === '21');
  let path = `${rule.ai}/${encode(key)}`;
  let position = -1;
  for (const [ai, value] of elements.slice(1)) {
    const at = rule.qualifiers.indexOf(ai);
    if (at <= position || !SERIAL.test(value)) throw new Refusal('TL-ID-MALFORMED', { ai, value });
    position = at;
    if (ai !== '22' && !(ai === '10' && serialised)) path += `/${ai}/${encode(value)}`;
  }
  return `https://id.gs1.org/${path}`;
}

/** {@link digitalLinkOf} once the check digit is right. Refuses with `TL-ID-CHECK-DIGIT` and `TL-ID-MALFORMED`. */
export function gs1Canonical(elements: Gs1Elements): string {
  const [rule, key] = keyOf(elements);
  const closed = key.slice(0, rule.checked);
  if (rule.checked > 0 && !hasValidCheckDigit(closed)) {
    throw new Refusal('TL-ID-CHECK-DIGIT', { key: closed, expected: checkDigit(closed.slice(0, -1)) });
  }
  return digitalLinkOf(elements);
}

function keyOf([first]: Gs1Elements): readonly [KeyRule, string] {
  const rule = first && rules.get(first[0]);
  if (!rule) throw new Refusal('TL-ID-MALFORMED', { ai: first?.[0] ?? '' });
  const key = rule.ai === '01' ? first[1].padStart(14, '0') : first[1];
  if (!rule.pattern.test(key)) throw new Refusal('TL-ID-MALFORMED', { ai: rule.ai, value: key });
  return [rule, key];
}

/** Percent-encodes as GS1 Digital Link does: `! ( ) *` too, which JavaScript leaves, but neither `;` nor `=`. */
function encode(value: string): string {
  if (/^[\w.-]*$/.test(value)) return value;
  return encodeURIComponent(value)
    .replace(/[!()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%3B|%3D/g, decodeURIComponent);
}

/** Element strings with bracketed application identifiers, `(01)09506000134352(21)A1`; undefined when it is none. */
export function parseElementString(text: string): Gs1Elements | undefined {
  if (!/^(\(\d{2,4}\)[^()]+)+$/.test(text)) return undefined;
  return [...text.matchAll(/\((\d{2,4})\)([^()]+)/g)].map(
    (match) => [match[1] ?? '', match[2] ?? ''] as const,
  );
}

/** A GS1 Digital Link on any domain; undefined when the path holds no GS1 key. Query and fragment do not identify. */
export function parseDigitalLink(text: string): Gs1Elements | undefined {
  const match = /^https?:\/\/[^/?#]+(\/[^?#]*)/i.exec(text);
  if (!match) return undefined;
  const segments = (match[1] ?? '').split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  const start = segments.findIndex((ai, index) => isKeyLike(ai, segments[index + 1]));
  if (start < 0 || (segments.length - start) % 2 !== 0) return undefined;
  const elements: [string, string][] = [];
  for (let i = start; i < segments.length; i += 2) {
    elements.push([segments[i] ?? '', decodeText(segments[i + 1] ?? '')]);
  }
  return elements;
}

function isKeyLike(ai: string, value: string | undefined): boolean {
  const rule = rules.get(ai);
  if (!rule || value === undefined) return false;
  return ai === '01' ? /^(\d{8}|\d{12,14})$/.test(value) : rule.pattern.test(decodeText(value));
}

/** The text behind percent-encoding; refuses with `TL-ID-MALFORMED` what is not UTF-8. */
export function decodeText(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal('TL-ID-MALFORMED', { value: text });
  }
}
