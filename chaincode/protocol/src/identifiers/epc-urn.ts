// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { checkDigit } from './check-digit';
import { decodeText, type Gs1Elements } from './gs1';

/** The parts of an EPC URN after its scheme. */
interface Parts {
  /** GS1 Company Prefix, 6 to 12 digits. */
  readonly prefix: string;
  /** The second part: item, location, asset or document reference, by scheme. */
  readonly reference: string;
  /** What follows the second part, dots included. */
  readonly tail: string;
  /** Whether the URN is a pattern whose last part stands for every serial number. */
  readonly wild: boolean;
}

const URN = /^urn:epc:(id|class|idpat):([a-z]+):([!-~]+)$/i;

/** Schemes of the Tag Data Standard that have no GS1 key behind them: such a URN stays what it is. */
const KEYLESS = /^(gid|usdod|adi|bic|imovn)$/;

const malformed = (): never => {
  throw new Refusal('TL-ID-MALFORMED');
};

const closed = (digits: string, length: number): string =>
  digits.length === length && /^\d+$/.test(digits) ? digits + checkDigit(digits) : malformed();

// Tag Data Standard 7.2: the indicator or extension digit leads the reference and moves before the prefix.
const leading = ({ prefix, reference }: Parts, length: number): string =>
  closed(reference.slice(0, 1) + prefix + reference.slice(1), length);

const key = ({ prefix, reference }: Parts, length: number): string => closed(prefix + reference, length);

const serial = ({ tail, wild }: Parts): string => (wild ? '' : tail === '' ? malformed() : decodeText(tail));

const qualified = (main: readonly [string, string], ai: string, value: string): Gs1Elements =>
  value === '' ? [main] : [main, [ai, value]];

const sole = (ai: string, value: string, { tail }: Parts): Gs1Elements =>
  tail === '' ? [[ai, value]] : malformed();

const whole = (ai: string, { prefix, reference, tail }: Parts): Gs1Elements => {
  const rest = decodeText(tail === '' ? reference : `${reference}.${tail}`);
  return rest === '' ? malformed() : [[ai, prefix + rest]];
};

function itip(parts: Parts): Gs1Elements {
  const [piece = '', total = '', ...rest] = parts.tail.split('.');
  if (!/^\d\d$/.test(piece) || !/^\d\d$/.test(total)) malformed();
  return qualified(
    ['8006', leading(parts, 13) + piece + total],
    '21',
    serial({ ...parts, tail: rest.join('.') }),
  );
}

const schemes: Readonly<Record<string, (parts: Parts) => Gs1Elements>> = {
  sgtin: (parts) => qualified(['01', leading(parts, 13)], '21', serial(parts)),
  lgtin: (parts) => qualified(['01', leading(parts, 13)], '10', serial(parts)),
  upui: (parts) => qualified(['01', leading(parts, 13)], '235', serial(parts)),
  itip,
  sscc: (parts) => sole('00', leading(parts, 17), parts),
  sgln: (parts) => qualified(['414', key(parts, 12)], '254', parts.tail === '0' ? '' : serial(parts)),
  pgln: (parts) => sole('417', key(parts, 12), parts),
  grai: (parts) => [['8003', `0${key(parts, 12)}${serial(parts)}`]],
  giai: (parts) => whole('8004', parts),
  gsrn: (parts) => sole('8018', key(parts, 17), parts),
  gsrnp: (parts) => sole('8017', key(parts, 17), parts),
  gdti: (parts) => [['253', key(parts, 12) + serial(parts)]],
  sgcn: (parts) => [['255', key(parts, 12) + serial(parts)]],
  cpi: (parts) => qualified(['8010', parts.prefix + decodeText(parts.reference)], '8011', serial(parts)),
  ginc: (parts) => whole('401', parts),
  gsin: (parts) => sole('402', key(parts, 16), parts),
};

/**
 * EPC pure-identity, class and identity-pattern URNs of every scheme with a GS1 key (EPC Tag Data Standard, sections 6
 * and 7); the check digit, which a URN lacks, is worked out. A pattern that ends in `*` is the class. Undefined when the
 * text is no EPC URN or its scheme has no GS1 key; refuses with `TL-ID-MALFORMED` when it does not fit its scheme.
 */
export function parseEpcUrn(text: string): Gs1Elements | undefined {
  const match = URN.exec(text);
  const kind = match?.[1]?.toLowerCase();
  const scheme = match?.[2]?.toLowerCase() ?? '';
  if (!match || KEYLESS.test(scheme)) return undefined;
  const [prefix = '', reference = '', ...rest] = (match[3] ?? '').split('.');
  const tail = rest.join('.');
  const build = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  try {
    if (!build || !/^\d{6,12}$/.test(prefix) || (kind === 'class') !== (scheme === 'lgtin'))
      return malformed();
    return build({ prefix, reference, tail, wild: kind === 'idpat' && /(^|\.)\*$/.test(tail) });
  } catch (error) {
    throw error instanceof Refusal ? new Refusal('TL-ID-MALFORMED', { value: text.slice(0, 100) }) : error;
  }
}
