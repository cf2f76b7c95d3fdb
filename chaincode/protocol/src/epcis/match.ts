// SPDX-License-Identifier: Apache-2.0
import type { ContextualEvent } from './document';
import { qualifiedName, type Namespaces } from './namespaces';
import type { Comparison, Condition, EpcisQuery, ExtensionPlace } from './query';
import { millisecondsOf } from './time';
import { canonicalValue } from './value';
import { ENTRY_TYPES, FIELD_WORDS, webTermOf, type Vocabulary } from './vocabulary';

type Members = Readonly<Record<string, unknown>>;
/** The places inside a location, from master data; a location is always within itself. */
export type Hierarchy = (location: string) => readonly string[];

const objects = (value: unknown): Members[] =>
  [value].flat().filter((each): each is Members => typeof each === 'object' && each !== null);
const members = (from: readonly Members[], name: string): unknown[] =>
  from.flatMap((each) => each[name] ?? []);
const texts = (from: readonly Members[], name: string): string[] =>
  members(from, name).map((value) => canonicalValue(value as string));
const terms = (vocabulary: Vocabulary, from: readonly Members[], name: string): string[] =>
  members(from, name).map((value) => canonicalValue(webTermOf(vocabulary, (value as string).trim())));

/** The objects of an event that conditions look into. */
interface Parts {
  readonly event: readonly Members[];
  readonly error: readonly Members[];
  readonly elements: readonly Members[];
  readonly metadata: readonly Members[];
  readonly reports: readonly Members[];
}

function partsOf(event: Members): Parts {
  const elements = objects(event['sensorElementList']);
  return {
    event: [event],
    error: objects(event['errorDeclaration']),
    elements,
    metadata: elements.flatMap((each) => objects(each['sensorMetadata'])),
    reports: elements.flatMap((each) => objects(each['sensorReport'])),
  };
}

const sensed = ({ metadata, reports }: Parts): Members[] => [...metadata, ...reports];

/** Where a field that is asked for by `EQ_` stands: the objects, and its name in them. */
function holdersOf(field: string, parts: Parts): readonly [from: readonly Members[], name: string] {
  switch (field) {
    case 'eventType':
      return [parts.event, 'type'];
    case 'persistentDisposition_set':
    case 'persistentDisposition_unset':
      return [
        objects(members(parts.event, 'persistentDisposition')),
        field.slice('persistentDisposition_'.length),
      ];
    case 'readPoint':
    case 'bizLocation':
      return [objects(members(parts.event, field)), 'id'];
    case 'errorReason':
      return [parts.error, 'reason'];
    case 'correctiveEventID':
      return [parts.error, 'correctiveEventIDs'];
    case 'bizStep':
    case 'disposition':
    case 'action':
    case 'transformationID':
    case 'eventID':
      return [parts.event, field];
    case 'type':
    case 'exception':
    case 'component':
      return [parts.reports, field];
    default:
      return [sensed(parts), field];
  }
}

/** The values of a field that is asked for by `EQ_`. */
function valuesOf(field: string, parts: Parts): string[] {
  const [from, name] = holdersOf(field, parts);
  const vocabulary = FIELD_WORDS[field];
  return vocabulary ? terms(vocabulary, from, name) : texts(from, name);
}

/** The members of an event that a `MATCH_` parameter looks at: lists of instances, and of quantities of classes. */
const matched: Readonly<Record<string, readonly string[]>> = {
  epc: ['epcList', 'childEPCs'],
  parentID: ['parentID'],
  inputEPC: ['inputEPCList'],
  outputEPC: ['outputEPCList'],
  anyEPC: ['epcList', 'childEPCs', 'parentID', 'inputEPCList', 'outputEPCList'],
  epcClass: ['quantityList', 'childQuantityList'],
  inputEPCClass: ['inputQuantityList'],
  outputEPCClass: ['outputQuantityList'],
  anyEPCClass: ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'],
};
const QUANTITIES = matched['anyEPCClass'] ?? [];

function identifiersOf(field: string, { event }: Parts): string[] {
  const lists = matched[field] ?? [];
  return field.endsWith('Class')
    ? lists.flatMap((name) => texts(objects(members(event, name)), 'epcClass'))
    : lists.flatMap((name) => texts(event, name));
}

/** Whether an identifier is the one asked for, or an instance of the class that a pattern `…*` stands for. */
function covers(asked: string, identifier: string): boolean {
  if (identifier === asked) return true;
  if (!identifier.startsWith(asked)) return false;
  return (
    /\/(8003\/\d{14}|25[35]\/\d{13})$/.test(asked) ||
    /^\/(21|235|8011)\//.test(identifier.slice(asked.length))
  );
}

function timesOf(field: string, parts: Parts): string[] {
  if (field === 'errorDeclarationTime') return members(parts.error, 'declarationTime') as string[];
  return members(/^(eventTime|recordTime)$/.test(field) ? parts.event : sensed(parts), field) as string[];
}

function numbersOf(field: string, uom: string | undefined, parts: Parts): unknown[] {
  const from =
    field === 'quantity' ? QUANTITIES.flatMap((name) => objects(members(parts.event, name))) : parts.reports;
  return members(uom === undefined ? from : from.filter((each) => each['uom'] === uom), field);
}

function compares(comparison: Comparison, a: number, b: number): boolean {
  switch (comparison) {
    case 'EQ':
      return a === b;
    case 'GT':
      return a > b;
    case 'GE':
      return a >= b;
    case 'LT':
      return a < b;
    case 'LE':
      return a <= b;
  }
}

/** Texts compare as times or as numbers, when both are such. */
function comparesText(comparison: Comparison, text: string, asked: string): boolean {
  if (comparison === 'EQ') return text === asked;
  const [a, b] = [millisecondsOf(text), millisecondsOf(asked)];
  if (a !== undefined && b !== undefined) return compares(comparison, a, b);
  return text !== '' && asked !== '' && compares(comparison, Number(text), Number(asked));
}

const extended: Readonly<Record<ExtensionPlace, (parts: Parts) => readonly Members[]>> = {
  EVENT: ({ event }) => event,
  ILMD: ({ event }) => objects(members(event, 'ilmd')),
  ERROR_DECLARATION: ({ error }) => error,
  SENSORELEMENT: ({ elements }) => elements,
  SENSORMETADATA: ({ metadata }) => metadata,
  SENSORREPORT: ({ reports }) => reports,
  readPoint: ({ event }) => objects(members(event, 'readPoint')),
  bizLocation: ({ event }) => objects(members(event, 'bizLocation')),
};

/** What stands under a name of another namespace, in the objects themselves or anywhere in their extensions. */
function extensionsOf(
  from: readonly Members[],
  name: string,
  inner: boolean,
  namespaces: Namespaces,
): unknown[] {
  return from.flatMap((each) =>
    Object.entries(each).flatMap(([key, value]): unknown[] => {
      const items: unknown[] = [value].flat(Infinity);
      const below = key.includes(':') ? objects(items) : [];
      if (inner) return below.flatMap((object) => within(object, name, namespaces));
      return qualifiedName(key, namespaces) === name ? items : [];
    }),
  );
}

function within(object: Members, name: string, namespaces: Namespaces): unknown[] {
  return Object.entries(object).flatMap(([key, value]): unknown[] => {
    const items: unknown[] = [value].flat(Infinity);
    const here = (qualifiedName(key, namespaces) ?? key) === name ? items : [];
    return [...here, ...objects(items).flatMap((each) => within(each, name, namespaces))];
  });
}

function holds(condition: Condition, parts: Parts, namespaces: Namespaces, hierarchy: Hierarchy): boolean {
  switch (condition.kind) {
    case 'equals':
      return valuesOf(condition.field, parts).some((value) => condition.values.includes(value));
    case 'typed':
      return objects(members(parts.event, `${condition.field}List`)).some(
        (each) =>
          terms(ENTRY_TYPES[condition.field], [each], 'type').includes(condition.type) &&
          texts([each], condition.field).some((value) => condition.values.includes(value)),
      );
    case 'within': {
      const locations = new Set(condition.values.flatMap((value) => [value, ...hierarchy(value)]));
      return valuesOf(condition.field, parts).some((place) => locations.has(place));
    }
    case 'match':
      return identifiersOf(condition.field, parts).some((each) =>
        condition.values.some((asked) => covers(asked, each)),
      );
    case 'time':
      return timesOf(condition.field, parts).some((text) => {
        const at = millisecondsOf(text.trim());
        return at !== undefined && compares(condition.comparison, at, condition.at);
      });
    case 'number':
      return numbersOf(condition.field, condition.uom, parts).some((value) =>
        condition.values.some((asked) => compares(condition.comparison, value as number, asked)),
      );
    case 'exists':
      return objects(members(parts.event, condition.field)).length > 0;
    case 'extension': {
      const { place, name, inner, comparison, values } = condition;
      const found = extensionsOf(extended[place](parts), name, inner, namespaces);
      if (comparison === 'EXISTS') return found.length > 0;
      return found.some(
        (value) =>
          typeof value !== 'object' &&
          values.some((asked) => comparesText(comparison, canonicalValue(value as string), asked)),
      );
    }
  }
}

/**
 * Whether an event is in the answer of a query (EPCIS 2.0, section 8.2.7.1). Identifiers, words and times are compared
 * by what they mean, as in the event hash; measurements only in the unit asked for.
 */
export function matches(
  { event, namespaces }: ContextualEvent,
  query: EpcisQuery,
  hierarchy: Hierarchy = () => [],
): boolean {
  const parts = partsOf(event);
  return query.conditions.every((condition) => holds(condition, parts, namespaces, hierarchy));
}
