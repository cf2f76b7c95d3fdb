// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { parseWith } from '../operation';
import { Refusal } from '../refusal';
import { EpcisEvent } from './event';
import {
  EpcisMasterData,
  MASTER_DATA_LIMITS,
  masterDataElements,
  type MasterDataElement,
} from './master-data';
import { extensible, LIST_ENTRIES, refuseIn, Time, Uri } from './fields';
import { namesEpcis, namespacesOf, qualifiedName, type Namespaces } from './namespaces';

/** The deepest nesting of extensions in an event. */
const DEPTH = 32;

const MASTER_DATA = 'epcisHeader.epcisMasterData';
const Headed = z.object({ epcisHeader: z.unknown() });

const Context = z.unknown().superRefine((value, context) => {
  if (!namesEpcis(value))
    refuseIn(context, 'TL-EPCIS-CONTEXT', { problem: 'it does not name the EPCIS context' });
});

/** An EPCIS 2.0 document in JSON-LD (EPCIS 2.0, section 10). */
export const EpcisDocument = extensible({
  '@context': Context,
  id: Uri.optional(),
  type: z.literal('EPCISDocument'),
  schemaVersion: z.string().regex(/^2\.\d+(\.\d+)?$/, 'a version 2 of EPCIS'),
  creationDate: Time,
  sender: z.string().max(500).optional(),
  receiver: z.string().max(500).optional(),
  instanceIdentifier: z.string().max(500).optional(),
  epcisHeader: z.looseObject({ epcisMasterData: EpcisMasterData.optional() }).optional(),
  epcisBody: z.strictObject({ eventList: z.array(EpcisEvent).max(LIST_ENTRIES) }),
}).meta({ id: 'EpcisDocument' });
export type EpcisDocument = z.infer<typeof EpcisDocument>;

/** An event together with what the prefixes in it stand for. */
export interface ContextualEvent {
  readonly event: EpcisEvent;
  readonly namespaces: Namespaces;
}

/** What a document says beside its events. */
export interface EpcisEnvelope {
  readonly context: unknown;
  /** In the order of the document; an element may be named more than once. */
  readonly masterData: readonly MasterDataElement[];
}

/**
 * The events of a document, each checked by the rules of its type (EPCIS 2.0, section 7; requirement T8). Refuses with
 * `TL-EPCIS-CONTEXT`, `TL-EPCIS-NAMESPACE`, `TL-EPCIS-TIME`, `TL-EPCIS-VOCABULARY`, `TL-EPCIS-RULE`,
 * `TL-INPUT-TOO-DEEP`, `TL-INPUT-TOO-LARGE` for master data beyond its limits, and `TL-INPUT-INVALID` for anything else;
 * `field` names the place in the document.
 */
export function parseEpcisDocument(value: unknown): ContextualEvent[] {
  const document = checkedDocument(value);
  masterDataOf(document);
  const outer = namespacesOf(document['@context']);
  return document.epcisBody.eventList.map((event, at) =>
    inContext(event, outer, `epcisBody.eventList.${String(at)}`),
  );
}

/** A document without its events, its master data read (EPCIS 2.0, section 6.5). Refuses as {@link parseEpcisDocument} does. */
export function parseEpcisEnvelope(value: unknown): EpcisEnvelope {
  const document = checkedDocument(value);
  return { context: document['@context'], masterData: masterDataOf(document) };
}

/** A single event with a context of its own. Refuses as {@link parseEpcisDocument} does. */
export function parseEpcisEvent(value: unknown): ContextualEvent {
  limitDepth(value, DEPTH);
  const event = parseWith(EpcisEvent, value);
  if (!namesEpcis(event['@context']))
    throw new Refusal('TL-EPCIS-CONTEXT', {
      field: '@context',
      problem: 'it does not name the EPCIS context',
    });
  return inContext(event, undefined, '');
}

function checkedDocument(value: unknown): EpcisDocument {
  limitDepth(value, DEPTH);
  limitValues(value);
  return parseWith(EpcisDocument, value);
}

function masterDataOf(document: EpcisDocument): MasterDataElement[] {
  const data = document.epcisHeader?.epcisMasterData;
  return data ? masterDataElements(data, namespacesOf(document['@context']), MASTER_DATA) : [];
}

function inContext(event: EpcisEvent, outer: Namespaces | undefined, field: string): ContextualEvent {
  const own = event['@context'];
  const namespaces = own === undefined ? (outer ?? namespacesOf([])) : namespacesOf(own, outer);
  demandDeclared(event, namespaces, field);
  return { event, namespaces };
}

/** Refuses with `TL-EPCIS-NAMESPACE` a name anywhere in the event whose prefix is not declared. */
function demandDeclared(value: unknown, namespaces: Namespaces, field: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const path = field === '' ? name : `${field}.${name}`;
    if (name.includes(':') && qualifiedName(name, namespaces) === undefined)
      throw new Refusal('TL-EPCIS-NAMESPACE', { field: path });
    if (name !== '@context') demandDeclared(member, namespaces, path);
  }
}

/** Refuses with `TL-INPUT-TOO-DEEP` before anything walks the value by recursion. */
function limitDepth(value: unknown, left: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw new Refusal('TL-INPUT-TOO-DEEP', { limit: DEPTH });
  for (const member of Object.values(value)) limitDepth(member, left - 1);
}

/** Refuses with `TL-INPUT-TOO-LARGE` before a schema looks at each of too many values. */
function limitValues(document: unknown): void {
  const { data } = Headed.safeParse(document);
  const limit = MASTER_DATA_LIMITS.values;
  let left = limit;
  const waiting: unknown[] = [data?.epcisHeader];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const members: unknown[] = Object.values(value);
    left -= members.length;
    if (left < 0) throw new Refusal('TL-INPUT-TOO-LARGE', { field: 'epcisHeader', limit });
    for (const member of members) if (typeof member === 'object') waiting.push(member);
  }
}
