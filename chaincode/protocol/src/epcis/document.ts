// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { parseWith } from '../operation';
import { Refusal } from '../refusal';
import { EpcisEvent } from './event';
import { extensible, LIST_ENTRIES, refuseIn, Time, Uri } from './fields';
import { namesEpcis, namespacesOf, qualifiedName, type Namespaces } from './namespaces';

/** The deepest nesting of extensions in an event. */
const DEPTH = 32;

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
  epcisHeader: z.looseObject({}).optional(),
  epcisBody: z.strictObject({ eventList: z.array(EpcisEvent).max(LIST_ENTRIES) }),
}).meta({ id: 'EpcisDocument' });
export type EpcisDocument = z.infer<typeof EpcisDocument>;

/** An event together with what the prefixes in it stand for. */
export interface ContextualEvent {
  readonly event: EpcisEvent;
  readonly namespaces: Namespaces;
}

/**
 * The events of a document, each checked by the rules of its type (EPCIS 2.0, section 7; requirement T8). Refuses with
 * `TL-EPCIS-CONTEXT`, `TL-EPCIS-NAMESPACE`, `TL-EPCIS-TIME`, `TL-EPCIS-VOCABULARY`, `TL-EPCIS-RULE`,
 * `TL-INPUT-TOO-DEEP`, and `TL-INPUT-INVALID` for anything else; `field` names the place in the document.
 */
export function parseEpcisDocument(value: unknown): ContextualEvent[] {
  limitDepth(value, DEPTH);
  const document = parseWith(EpcisDocument, value);
  const outer = namespacesOf(document['@context']);
  return document.epcisBody.eventList.map((event, at) =>
    inContext(event, outer, `epcisBody.eventList.${String(at)}`),
  );
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
