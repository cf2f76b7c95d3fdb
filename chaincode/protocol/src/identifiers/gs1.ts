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

const rules: readonly KeyRule[] = [
  { ai: '01', pattern: /^\d{14}$/, checked: 14, qualifiers: ['22', '10', '21'] },
  { ai: '00', pattern: /^\d{18}$/, checked: 18, qualifiers: [] },
  { ai: '414', pattern: /^\d{13}$/, checked: 13, qualifiers: ['254'] },
  { ai: '8003', pattern: /^0\d{13}[!-~]{0,16}$/, checked: 14, qualifiers: [] },
  { ai: '8004', pattern: /^\d{4,}[!-~]{0,26}$/, checked: 0, qualifiers: [] },
];

const ruleOf = (ai: string): KeyRule | undefined => rules.find((rule) => rule.ai === ai);

/** One GS1 key with its qualifiers, each an application identifier and its value, in Digital Link order. */
export type Gs1Elements = readonly (readonly [ai: string, value: string])[];

/**
 * The canonical form of a GS1 identifier: an uncompressed Digital Link on the GS1 domain (GS1 Digital Link URI
 * Syntax), GTIN padded to 14 digits. Refuses with `TL-ID-CHECK-DIGIT` and `TL-ID-MALFORMED`.
 */
export function gs1Canonical(elements: Gs1Elements): string {
  const [first, ...rest] = elements;
  const rule = first && ruleOf(first[0]);
  if (!first || !rule) throw new Refusal('TL-ID-MALFORMED', { ai: first?.[0] ?? '' });
  const key = rule.ai === '01' ? first[1].padStart(14, '0') : first[1];
  if (!rule.pattern.test(key)) throw new Refusal('TL-ID-MALFORMED', { ai: rule.ai, value: key });
  const closed = key.slice(0, rule.checked);
  if (rule.checked > 0 && !hasValidCheckDigit(closed)) {
    throw new Refusal('TL-ID-CHECK-DIGIT', { key: closed, expected: checkDigit(closed.slice(0, -1)) });
  }
  let path = `${rule.ai}/${encodeURIComponent(key)}`;
  let position = -1;
  for (const [ai, value] of rest) {
    const at = rule.qualifiers.indexOf(ai);
    if (at <= position || !SERIAL.test(value)) throw new Refusal('TL-ID-MALFORMED', { ai, value });
    position = at;
    path += `/${ai}/${encodeURIComponent(value)}`;
  }
  return `https://id.gs1.org/${path}`;
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
  const start = segments.findIndex(
    (ai, index) => ruleOf(ai) !== undefined && isKeyLike(ai, segments[index + 1]),
  );
  if (start < 0 || (segments.length - start) % 2 !== 0) return undefined;
  const elements: [string, string][] = [];
  for (let i = start; i < segments.length; i += 2) {
    elements.push([segments[i] ?? '', decodeText(segments[i + 1] ?? '')]);
  }
  return elements;
}

function isKeyLike(ai: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  return ai === '01' ? /^\d{8,14}$/.test(value) : (ruleOf(ai)?.pattern.test(decodeText(value)) ?? false);
}

/**
 * EPC pure-identity URNs (EPC Tag Data Standard, section 6): sgtin, lgtin, sscc, sgln, grai, giai. Undefined when it is
 * no EPC URN; refuses with `TL-ID-MALFORMED` when it is one that does not fit its scheme.
 */
export function parseEpcUrn(text: string): Gs1Elements | undefined {
  const match = /^urn:epc:(?:id|class|idpat):([a-z]+):(.+)$/i.exec(text);
  if (!match) return undefined;
  const scheme = (match[1] ?? '').toLowerCase();
  const [prefix = '', reference = '', ...tail] = (match[2] ?? '').split('.');
  const extension = decodeText(tail.join('.'));
  const malformed = (): never => {
    throw new Refusal('TL-ID-MALFORMED', { value: text });
  };
  if (!/^\d{6,12}$/.test(prefix)) malformed();
  const closed = (digits: string, length: number): string =>
    new RegExp(`^\\d{${length}}$`).test(digits) ? digits + checkDigit(digits) : malformed();
  // Tag Data Standard 7.2: the indicator or extension digit leads the reference and moves before the prefix.
  const leading = (length: number): string =>
    closed(reference.slice(0, 1) + prefix + reference.slice(1), length);
  switch (scheme) {
    case 'sgtin':
      return [['01', leading(13)], ...(extension === '*' ? [] : [['21', extension] as const])];
    case 'lgtin':
      return [['01', leading(13)], ...(extension === '*' ? [] : [['10', extension] as const])];
    case 'sscc':
      return [['00', leading(17)]];
    case 'sgln':
      return [
        ['414', closed(prefix + reference, 12)],
        ...(extension === '0' ? [] : [['254', extension] as const]),
      ];
    case 'grai':
      return [['8003', `0${closed(prefix + reference, 12)}${extension}`]];
    case 'giai':
      return [['8004', prefix + decodeText([reference, ...tail].join('.'))]];
    default:
      return malformed();
  }
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal('TL-ID-MALFORMED', { value: text });
  }
}
