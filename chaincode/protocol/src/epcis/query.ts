// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import type { Comparison, Condition, EpcisQuery, ExtensionPlace } from './condition';
import {
  ATTRIBUTE_FIELDS,
  COMPARISONS,
  EQUALS_FIELDS,
  EXISTS_FIELDS,
  EXTENSION_PLACES,
  MATCH_FIELDS,
  MEASURED_FIELDS,
  NUMBER_FIELDS,
  TIME_FIELDS,
  TYPED_FIELDS,
  WITHIN_FIELDS,
} from './parameters';
import { attributeName, namespacesOf, qualifiedName, type Namespaces } from './namespaces';
import { millisecondsOf } from './time';
import { canonicalValue } from './value';
import { ENTRY_TYPES, FIELD_WORDS, isTermOf, webTermOf, type Vocabulary } from './vocabulary';

/** The most parameters of a query, and the most values of one. */
const MOST_PARAMETERS = 100;
const MOST_VALUES = 1000;
const LONGEST_NAME = 1000;

const EVENT_TYPE = /^(Object|Aggregation|Association|Transaction|Transformation)Event$/;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;
const any = (names: readonly string[]): string => names.join('|');
const EQUALS = new RegExp(`^EQ_(${any(EQUALS_FIELDS)})$`);
const TYPED = new RegExp(`^EQ_(${any(TYPED_FIELDS)})_(.+)$`);
const WITHIN = new RegExp(`^WD_(${any(WITHIN_FIELDS)})$`);
const MATCH = new RegExp(`^MATCH_(${any(MATCH_FIELDS)})$`);
const TIMES = new RegExp(`^(GE|LT)_(${any(TIME_FIELDS)})$`);
const NUMBERS = new RegExp(
  `^(${any(COMPARISONS)})_(?:(${any(NUMBER_FIELDS)})|(${any(MEASURED_FIELDS)})_([A-Z0-9]{2,3}))$`,
);
const EXISTS = new RegExp(`^EXISTS_(${any(EXISTS_FIELDS)})$`);
const EXTENSION = new RegExp(
  `^(${any(COMPARISONS)}|EXISTS)_(INNER_)?(?:(${any(EXTENSION_PLACES)})_)?(.*:.*)$`,
);
// A name that has underscores itself can not be told apart, as the standard allows; only fields listed here have them.
const HAS_ATTRIBUTE = new RegExp(`^HASATTR_(?:(${any(ATTRIBUTE_FIELDS)})|(.*:.*))$`);
const EQUALS_ATTRIBUTE = new RegExp(`^EQATTR_(?:(${any(ATTRIBUTE_FIELDS)})|([^_]*:[^_]*))_(.+)$`);

/** Refuses a parameter; EPCIS calls it a QueryParameterException. */
const refuse = (parameter: string, problem: string): never => {
  throw new Refusal('TL-EPCIS-QUERY-PARAMETER', { parameter: parameter.slice(0, 100), problem });
};

/**
 * The query behind the query string of a REST request (EPCIS 2.0, sections 8.2.7.1 and 12.6): names and values
 * percent-encoded, values of a list with commas between them, `+` being itself. `namespaces` says what prefixes in names of extensions
 * stand for. Refuses with `TL-EPCIS-QUERY-PARAMETER` a parameter that is unknown, stands twice, or has a wrong value.
 */
export function parseEpcisQuery(queryString: string, namespaces: Namespaces = namespacesOf([])): EpcisQuery {
  const parts = queryString
    .replace(/^\?/, '')
    .split('&')
    .filter((part) => part !== '');
  if (parts.length > MOST_PARAMETERS) return refuse('', `more than ${String(MOST_PARAMETERS)} parameters`);
  const conditions: Condition[] = [];
  const controls = new Map<string, string>();
  const seen = new Set<string>();
  for (const part of parts) {
    const [rawName = '', ...rest] = part.split('=');
    const name = decode(rawName, rawName);
    if (name.length > LONGEST_NAME) refuse(name, `longer than ${String(LONGEST_NAME)} characters`);
    if (seen.has(name)) refuse(name, 'it stands twice');
    seen.add(name);
    const values = rest
      .join('=')
      .split(',')
      .map((raw) => decode(name, raw).trim());
    if (values.length > MOST_VALUES) refuse(name, `more than ${String(MOST_VALUES)} values`);
    if (name.startsWith('EXISTS_') ? !/^(true)?$/.test(sole(name, values)) : values.includes(''))
      refuse(name, name.startsWith('EXISTS_') ? 'it takes no value' : 'it has an empty value');
    if (CONTROL.test(name)) controls.set(name, sole(name, values));
    else conditions.push(conditionOf(name, values, namespaces));
  }
  return { conditions, ...controlsOf(controls) };
}

const CONTROL = /^(orderBy|orderDirection|eventCountLimit|maxEventCount|perPage|nextPageToken)$/;

function controlsOf(controls: ReadonlyMap<string, string>): Omit<EpcisQuery, 'conditions'> {
  const oneOf = <T extends string>(name: string, ...allowed: readonly [T, ...T[]]): T => {
    const value = controls.get(name) ?? allowed[0];
    return allowed.find((each) => each === value) ?? refuse(name, `one of ${allowed.join(', ')}`);
  };
  const count = <N extends string>(name: N): { [name in N]?: number } => {
    const value = controls.get(name);
    if (value === undefined) return {};
    if (!/^[1-9]\d{0,8}$/.test(value)) refuse(name, 'a whole number above zero');
    return { [name]: Number(value) } as { [name in N]: number };
  };
  if (controls.has('eventCountLimit') && controls.has('maxEventCount'))
    refuse('maxEventCount', 'it and eventCountLimit exclude each other');
  const token = controls.get('nextPageToken');
  return {
    orderBy: oneOf('orderBy', 'eventTime', 'recordTime'),
    orderDirection: oneOf('orderDirection', 'DESC', 'ASC'),
    ...count('eventCountLimit'),
    ...count('maxEventCount'),
    ...count('perPage'),
    ...(token === undefined ? {} : { nextPageToken: token }),
  };
}

function conditionOf(name: string, values: readonly string[], namespaces: Namespaces): Condition {
  let found: RegExpExecArray | null;
  if (name === 'eventType') {
    if (!values.every((value) => EVENT_TYPE.test(value))) refuse(name, 'types of EPCIS events');
    return { kind: 'equals', field: 'eventType', values };
  }
  if ((found = EQUALS.exec(name))) {
    const field = found[1] ?? '';
    return {
      kind: 'equals',
      field,
      values: values.map((value) => comparable(name, FIELD_WORDS[field], value)),
    };
  }
  if ((found = TYPED.exec(name))) {
    const field = found[1] as keyof typeof ENTRY_TYPES;
    const type = comparable(name, ENTRY_TYPES[field], found[2] ?? '');
    return { kind: 'typed', field, type, values: values.map(canonicalValue) };
  }
  if ((found = WITHIN.exec(name)))
    return {
      kind: 'within',
      field: found[1] as 'readPoint' | 'bizLocation',
      values: values.map(canonicalValue),
    };
  if ((found = MATCH.exec(name))) {
    const texts = values.map(canonicalValue);
    if (texts.some((text) => text.startsWith('urn:epc:idpat:')))
      refuse(name, 'a pattern with one * at its end');
    return { kind: 'match', field: found[1] ?? '', values: texts };
  }
  if ((found = TIMES.exec(name))) {
    const at = millisecondsOf(sole(name, values)) ?? refuse(name, 'a date-time with offset');
    return { kind: 'time', field: found[2] ?? '', comparison: found[1] as 'GE' | 'LT', at };
  }
  if ((found = NUMBERS.exec(name))) {
    const [, comparison, plain, measured, uom] = found;
    const numbers = comparison === 'EQ' ? values : [sole(name, values)];
    if (!numbers.every((value) => NUMBER.test(value))) refuse(name, 'a number');
    const field = plain ?? measured ?? '';
    return {
      kind: 'number',
      field,
      comparison: comparison as Comparison,
      values: numbers.map(Number),
      ...(uom ? { uom } : {}),
    };
  }
  if ((found = EXISTS.exec(name))) return { kind: 'exists', field: found[1] ?? '' };
  if ((found = EXTENSION.exec(name))) {
    const [, comparison, inner, place = 'EVENT', member = ''] = found;
    return {
      kind: 'extension',
      place: place as ExtensionPlace,
      inner: inner !== undefined,
      name: declared(name, qualifiedName(member, namespaces)),
      comparison: comparison as Comparison | 'EXISTS',
      values: comparison === 'EXISTS' ? [] : values.map(canonicalValue),
    };
  }
  if ((found = HAS_ATTRIBUTE.exec(name))) {
    const [, field, extension = ''] = found;
    const names = values.map((value) => declared(name, attributeName(value, namespaces)));
    return { kind: 'attribute', field: field ?? declared(name, qualifiedName(extension, namespaces)), names };
  }
  if ((found = EQUALS_ATTRIBUTE.exec(name))) {
    const [, field, extension = '', attribute = ''] = found;
    return {
      kind: 'attribute',
      field: field ?? declared(name, qualifiedName(extension, namespaces)),
      names: [declared(name, attributeName(attribute, namespaces))],
      values: values.map(canonicalValue),
    };
  }
  return refuse(name, 'there is no such parameter');
}

const declared = (parameter: string, name: string | undefined): string =>
  name ?? refuse(parameter, 'a name in it is neither a URI nor has a declared prefix');

/** A value as those of events are compared: the web address of a word, or the canonical value. */
function comparable(name: string, vocabulary: Vocabulary | undefined, value: string): string {
  if (!vocabulary) return canonicalValue(value);
  return isTermOf(vocabulary, value)
    ? canonicalValue(webTermOf(vocabulary, value))
    : refuse(name, `a ${vocabulary.name}`);
}

const sole = (name: string, values: readonly string[]): string =>
  values.length === 1 && values[0] !== undefined ? values[0] : refuse(name, 'one value');

function decode(name: string, raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return refuse(name, 'percent-encoded UTF-8');
  }
}
