// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '../hash';
import type { EpcisEvent } from './event';
import { SensorMetadata, SensorReport, type QuantityElement } from './fields';
import { qualifiedName, type Namespaces } from './namespaces';
import { utcTimeOf } from './time';
import { canonicalValue } from './value';
import {
  BIZ_STEP,
  DISPOSITION,
  ENTRY_TYPES,
  ERROR_REASON,
  FIELD_WORDS,
  webTermOf,
  type Vocabulary,
} from './vocabulary';

type Members = Readonly<Record<string, unknown>>;
/** Writes one member of an object; empty when there is nothing to write. */
type Writer = (name: string, value: unknown, names: Names) => string;
/** What a writer must know besides the value: the prefixes, and the members that are left out. */
interface Names {
  readonly namespaces: Namespaces;
  readonly leftOut: readonly string[];
}

/** JSON has no comments; this is how EPCIS documents carry them. */
const COMMENT = '{http://www.w3.org/2000/01/rdf-schema#}comment';

/** Sorted by code unit, as `sort` does by itself: no locale may have a say. */
const sorted = (texts: readonly string[]): string => [...texts].sort().join('');
const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null;

const plain: Writer = (name, value) => {
  const text = canonicalValue(value as string | number | boolean);
  return text === '' ? '' : `${name}=${text}`;
};
const time: Writer = (name, value) => `${name}=${utcTimeOf((value as string).trim())}`;
const each: Writer = (name, value, names) => sorted([value].flat().map((item) => plain(name, item, names)));
const word =
  (vocabulary: Vocabulary): Writer =>
  (name, value, names) =>
    plain(name, webTermOf(vocabulary, (value as string).trim()), names);

/** A list under its name, written once: its entries sorted. */
const list =
  (entry: (item: never, names: Names) => string): Writer =>
  (name, value, names) => {
    const texts = (value as never[]).map((item) => entry(item, names));
    return texts.length === 0 ? '' : name + sorted(texts);
  };
const epcs = list((epc: string, names) => plain('epc', epc, names));
const quantities = list(
  (item: QuantityElement, names) =>
    `quantityElement${ordered(
      item,
      [
        ['epcClass', plain],
        ['quantity', plain],
        ['uom', plain],
      ],
      names,
    )}`,
);
/** `type` stands before the value: so the published vectors have it, though the prose says after. */
const typed = (member: keyof typeof ENTRY_TYPES): Writer =>
  list((item: Members, names) =>
    ordered(
      item,
      [
        ['type', word(ENTRY_TYPES[member])],
        [member, plain],
      ],
      names,
    ),
  );

const dispositions: Writer = (name, value, names) =>
  sorted((value as string[]).map((item) => word(DISPOSITION)(name, item, names)));
const persistentDisposition: Writer = (name, value, names) =>
  name +
  ordered(
    value as Members,
    [
      ['set', dispositions],
      ['unset', dispositions],
    ],
    names,
  );

const TIMES = /^(time|startTime|endTime)$/;
const writerOf = (name: string): Writer => {
  const vocabulary = FIELD_WORDS[name];
  return TIMES.test(name) ? time : vocabulary ? word(vocabulary) : plain;
};
/** The schema of a report lists its members in the order of the hash. */
const sensorReport = Object.keys(SensorReport.shape).map((name) => [name, writerOf(name)] as const);
const sensorMetadata = Object.keys(SensorMetadata.shape).map((name) => [name, writerOf(name)] as const);

const nested =
  (order: readonly (readonly [string, Writer])[]): Writer =>
  (name, value, names) => {
    const text = ordered(value as Members, order, names) + extensions(value as Members, order, names);
    return text === '' ? '' : name + text;
  };
const place = nested([['id', plain]]);
const sensorElement = nested([
  ['sensorMetadata', nested(sensorMetadata)],
  [
    'sensorReport',
    (name, value, names) =>
      sorted((value as Members[]).map((report) => nested(sensorReport)(name, report, names))),
  ],
]);

/** The members of an event in the order of the hash (CBV 2.0, section 8.9; the places of some as in the vectors). */
const eventOrder: readonly (readonly [string, Writer])[] = [
  ['eventTime', time],
  ['eventTimeZoneOffset', plain],
  ['certificationInfo', each],
  ['epcList', epcs],
  ['parentID', plain],
  ['inputEPCList', epcs],
  ['childEPCs', epcs],
  ['quantityList', quantities],
  ['childQuantityList', quantities],
  ['inputQuantityList', quantities],
  ['outputEPCList', epcs],
  ['outputQuantityList', quantities],
  ['action', plain],
  ['transformationID', plain],
  ['bizStep', word(BIZ_STEP)],
  ['disposition', word(DISPOSITION)],
  ['persistentDisposition', persistentDisposition],
  ['readPoint', place],
  ['bizLocation', place],
  ['bizTransactionList', typed('bizTransaction')],
  // The vectors have destinations before sources, the prose after.
  ['destinationList', typed('destination')],
  ['sourceList', typed('source')],
  ['sensorElementList', list((item: Members, names) => sensorElement('sensorElement', item, names))],
  ['ilmd', nested([])],
];

/** The fields of an event that its hash covers, in the order of the hash. */
export const hashedFields: readonly string[] = eventOrder.map(([name]) => name);

function ordered(value: Members, order: readonly (readonly [string, Writer])[], names: Names): string {
  let text = '';
  for (const [name, write] of order) {
    const member = value[name];
    if (member !== undefined && member !== null) text += write(name, member, names);
  }
  return text;
}

/** The members of other namespaces, as whole strings sorted. */
function extensions(value: Members, order: readonly (readonly [string, Writer])[], names: Names): string {
  const own = order.map(([name]) => name);
  return foreign(
    Object.entries(value).filter(([name]) => name.includes(':') && !own.includes(name)),
    names,
  );
}

function foreign(entries: readonly (readonly [string, unknown])[], names: Names): string {
  const texts = entries.flatMap(([name, value]) => {
    const qualified = qualifiedName(name, names.namespaces) ?? name;
    if (qualified === COMMENT || names.leftOut.includes(qualified)) return [];
    const items: unknown[] = [value].flat(Infinity);
    return items.flatMap((item) => foreignMember(qualified, item, names));
  });
  return sorted(texts);
}

function foreignMember(name: string, value: unknown, names: Names): string[] {
  if (value === null || value === undefined) return [];
  if (isObject(value)) return [name + foreign(Object.entries(value), names)];
  const text = canonicalValue(value as string | number | boolean);
  return [text === '' ? name : `${name}=${text}`];
}

/**
 * The text that the event hash is taken of (CBV 2.0, section 8.9; requirement T8). It does not depend on the order of
 * members and lists, on prefixes, nor on how identifiers, times, numbers and words of the vocabularies are written.
 * `recordTime`, `eventID`, `errorDeclaration` and comments have no part in it.
 *
 * @param event an event that `parseEpcisDocument` let pass
 * @param leaveOut names of extensions that have no part either, such as what a repository added: CURIEs or whole URIs
 */
export function preHash(event: EpcisEvent, namespaces: Namespaces, leaveOut: readonly string[] = []): string {
  const names = { namespaces, leftOut: leaveOut.map((name) => qualifiedName(name, namespaces) ?? name) };
  return `eventType=${event.type}${ordered(event, eventOrder, names)}${extensions(event, eventOrder, names)}`;
}

/**
 * The hash that identifies an event by what it says, as `ni:///sha-256;…?ver=CBV2.0` (RFC 6920; CBV 2.0, section 8.9):
 * equal for every writing of the same event. Parameters as in {@link preHash}.
 */
export function eventHash(
  event: EpcisEvent,
  namespaces: Namespaces,
  leaveOut: readonly string[] = [],
): string {
  return `ni:///sha-256;${sha256(preHash(event, namespaces, leaveOut))}?ver=CBV2.0`;
}

const errorDeclaration = nested([
  ['declarationTime', time],
  ['reason', word(ERROR_REASON)],
  ['correctiveEventIDs', each],
]);

/**
 * The SHA-256 of a declaration that an event is in error, in hex; equal for every writing of the same declaration. The event
 * hash leaves it out by design (CBV 2.0, section 8.9), so it needs a name of its own.
 */
export function declarationHash(
  declaration: NonNullable<EpcisEvent['errorDeclaration']>,
  namespaces: Namespaces,
): string {
  return sha256(errorDeclaration('errorDeclaration', declaration, { namespaces, leftOut: [] }));
}
