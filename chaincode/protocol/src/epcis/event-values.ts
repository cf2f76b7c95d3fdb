// SPDX-License-Identifier: Apache-2.0
import type { ExtensionPlace } from './condition';
import { qualifiedName, type Namespaces } from './namespaces';
import { TYPED_FIELDS } from './parameters';
import { canonicalValue } from './value';
import { FIELD_WORDS, webTermOf, type Vocabulary } from './vocabulary';

type Members = Readonly<Record<string, unknown>>;

/** The objects in a member that is one or a list of them. */
export const objects = (value: unknown): Members[] =>
  [value].flat().filter((each): each is Members => typeof each === 'object' && each !== null);
/** What stands under a name in objects, lists taken apart. */
export const members = (from: readonly Members[], name: string): unknown[] =>
  from.flatMap((each) => each[name] ?? []);
/** The same as canonical texts. */
export const texts = (from: readonly Members[], name: string): string[] =>
  members(from, name).map((value) => canonicalValue(value as string));
/** The same as web addresses of words. */
export const terms = (vocabulary: Vocabulary, from: readonly Members[], name: string): string[] =>
  members(from, name).map((value) => canonicalValue(webTermOf(vocabulary, (value as string).trim())));

/** The objects of an event that conditions look into. */
export interface Parts {
  readonly event: readonly Members[];
  readonly error: readonly Members[];
  readonly elements: readonly Members[];
  readonly metadata: readonly Members[];
  readonly reports: readonly Members[];
}

/** An event taken apart. */
export function partsOf(event: Members): Parts {
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
export function valuesOf(field: string, parts: Parts): string[] {
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

/** The identifiers that a `MATCH_` parameter looks at. */
export function identifiersOf(field: string, { event }: Parts): string[] {
  const lists = matched[field] ?? [];
  return field.endsWith('Class')
    ? lists.flatMap((name) => texts(objects(members(event, name)), 'epcClass'))
    : lists.flatMap((name) => texts(event, name));
}

/** The times of a field, as they are written. */
export function timesOf(field: string, parts: Parts): string[] {
  if (field === 'errorDeclarationTime') return members(parts.error, 'declarationTime') as string[];
  return members(/^(eventTime|recordTime)$/.test(field) ? parts.event : sensed(parts), field) as string[];
}

/** The numbers of a field, those in one unit only where it is named. */
export function numbersOf(field: string, uom: string | undefined, parts: Parts): unknown[] {
  const from =
    field === 'quantity' ? QUANTITIES.flatMap((name) => objects(members(parts.event, name))) : parts.reports;
  return members(uom === undefined ? from : from.filter((each) => each['uom'] === uom), field);
}

/** The objects in which extensions of a place stand. */
export const extended: Readonly<Record<ExtensionPlace, (parts: Parts) => readonly Members[]>> = {
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
export function extensionsOf(
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

/** The identifiers of vocabulary elements that a field names: one of the standard, or an extension as `{namespace}local`. */
export function namedBy(field: string, parts: Parts, namespaces: Namespaces): string[] {
  if (Object.hasOwn(matched, field)) return identifiersOf(field, parts);
  if (TYPED_FIELDS.some((each) => each === field))
    return texts(objects(members(parts.event, `${field}List`)), field);
  if (!field.startsWith('{')) return valuesOf(field, parts);
  return extensionsOf(parts.event, field, false, namespaces)
    .filter((value) => typeof value === 'string')
    .map(canonicalValue);
}
