// SPDX-License-Identifier: Apache-2.0
import { parseEpcUrn } from '../identifiers/epc-urn';
import { digitalLinkOf, parseDigitalLink } from '../identifiers/gs1';
import { Refusal } from '../refusal';
import {
  BIZ_STEP,
  BIZ_TRANSACTION_TYPE,
  DISPOSITION,
  ERROR_REASON,
  SOURCE_DESTINATION_TYPE,
  webTermOf,
} from './vocabulary';

const URN_VOCABULARIES = [BIZ_STEP, DISPOSITION, BIZ_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE, ERROR_REASON];

/**
 * A value as the event hash writes it (CBV 2.0, section 8.9): text trimmed, numbers as decimals without trailing zeros,
 * whether they came as numbers or as text, CBV URNs and CURIEs of GS1 as web addresses, and GS1 identifiers as
 * {@link linkOf}.
 */
export function canonicalValue(value: string | number | boolean): string {
  if (typeof value === 'number') return decimalOf(value);
  if (typeof value === 'boolean') return String(value);
  const text = value.trim();
  if (/^urn:epc:|^https?:/i.test(text)) return linkOf(text) ?? text;
  if (text.startsWith('urn:epcglobal:cbv:'))
    return URN_VOCABULARIES.map((each) => webTermOf(each, text)).find((term) => term !== text) ?? text;
  if (text.startsWith('cbv:')) return `https://ref.gs1.org/cbv/${text.slice(4)}`;
  if (text.startsWith('gs1:')) return `https://gs1.org/voc/${text.slice(4)}`;
  return /^[+-]?\d+\.\d+$/.test(text) ? withoutTrailingZeros(text) : text;
}

/**
 * A GS1 identifier as canonical Digital Link; undefined for any other text. Check digits are not verified: a hash is of
 * what was said.
 */
export function linkOf(text: string): string | undefined {
  try {
    const elements = parseEpcUrn(text) ?? parseDigitalLink(text);
    return elements && digitalLinkOf(elements);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** By hand: a regular expression takes quadratic time on a long run of zeros that is not at the end. */
function withoutTrailingZeros(text: string): string {
  let end = text.length;
  while (text[end - 1] === '0') end -= 1;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}

/** A number in plain decimal notation, the shortest that reads back as the same number. */
export function decimalOf(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  return point > 0 ? sign + digits.padEnd(point, '0') : `${sign}0.${'0'.repeat(-point)}${digits}`;
}
