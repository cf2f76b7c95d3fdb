// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import {
  canonicalJson,
  digitsOf,
  normaliseIdentifier,
  Refusal,
  saidBy,
  type SaidByEvent,
} from '@thingledger/protocol';
import {
  effectsOf,
  parseEpcisEnvelope,
  parseEpcisEvent,
  type ContextualEvent,
  type EpcisEvent,
  type MasterDataElement,
} from '@thingledger/protocol/epcis';
import { z } from 'zod';

/** A bare event with the `@context` that its words and prefixes need: all that others need to read and hash it. */
export type BareEvent = Readonly<Record<string, unknown>>;

/** An event ready to be captured. */
export interface ReadyEvent {
  readonly document: BareEvent;
  readonly parsed: ContextualEvent;
  readonly capture: SaidByEvent;
}

/** An event ready to be captured, or why it can not be. */
export type Reading = ReadyEvent | { readonly refusal: Refusal };

/** A document apart from its envelope. */
export interface BareDocument {
  readonly events: readonly BareEvent[];
  readonly masterData: readonly MasterDataElement[];
}

/** Events read before others get a turn. */
export const AT_ONCE = 20;

/**
 * The events of an EPCISDocument, each with the contexts that it stands in, and its master data. Refuses the document as
 * `parseEpcisDocument` does, with `TL-INPUT-TOO-LARGE` above `limit` events, and with `TL-INPUT-INVALID` when it has
 * neither; what is wrong with a single event is not looked at.
 */
export function bareDocumentOf(document: unknown, limit: number): BareDocument {
  const { context: outer, masterData } = parseEpcisEnvelope(withoutEvents(document));
  const list = eventListOf(document) ?? [];
  if (list.length === 0 && masterData.length === 0)
    throw new Refusal('TL-INPUT-INVALID', { fields: ['epcisBody.eventList'] }, 'The document has no event');
  if (list.length > limit)
    throw new Refusal(
      'TL-INPUT-TOO-LARGE',
      { limit, items: list.length },
      'The document has too many events',
    );
  const events = list.map((event) => {
    if (typeof event !== 'object' || event === null) return {};
    const own: unknown = '@context' in event ? event['@context'] : [];
    return { ...event, '@context': [outer, own].flat() };
  });
  return { events, masterData };
}

/** Each event checked by the rules of EPCIS and hashed, in order. */
export async function readEvents(events: readonly BareEvent[]): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const [at, document] of events.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await breathe();
    readings.push(readEvent(document));
  }
  return readings;
}

/** One event, checked and hashed. */
export function readEvent(document: BareEvent): Reading {
  try {
    const parsed = parseEpcisEvent(document);
    return { document, parsed, capture: saidBy(parsed) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

/** The bytes in which an event is kept and served: with a salt, so that no hash of it tells what it says. */
export function servedBytes(event: BareEvent, salt: string): Buffer {
  return Buffer.from(canonicalJson({ event, salt }));
}

/** The event in {@link servedBytes}. */
export function eventIn(bytes: Uint8Array): BareEvent {
  return (JSON.parse(Buffer.from(bytes).toString('utf8')) as { event: BareEvent }).event;
}

/** The thing that an event belongs to in the vault: the first it names, or its own hash where it names none. */
export function thingOf(event: EpcisEvent, eventHash: string): string {
  const [first] = epcsOf(event);
  return first === undefined || first.length > 512 ? digitsOf(eventHash) : first;
}

/** All instances that an event names, in canonical form; those that are no identifiers of things as they are. */
export function epcsOf(event: EpcisEvent): string[] {
  try {
    const { created, consumed, observed } = effectsOf(event);
    return [...observed.instances, ...created.instances, ...consumed.instances];
  } catch {
    const lists = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList', 'parentID'] as const;
    const named = lists.flatMap((name) => (event as { [N in typeof name]?: string | string[] })[name] ?? []);
    return named.map((text) => canonicalOr(text.trim()));
  }
}

/** The canonical form of an identifier; what is none stays as it is. */
export function canonicalOr(text: string): string {
  try {
    return normaliseIdentifier(text);
  } catch {
    return text;
  }
}

function eventListOf(document: unknown): readonly unknown[] | undefined {
  const body = z.object({ epcisBody: z.object({ eventList: z.array(z.unknown()) }) }).safeParse(document);
  return body.success ? body.data.epcisBody.eventList : undefined;
}

/** The document with an empty list, so that its envelope is judged apart from its events. */
function withoutEvents(document: unknown): unknown {
  const { data } = z.looseObject({ epcisBody: z.looseObject({}) }).safeParse(document);
  return data ? { ...data, epcisBody: { ...data.epcisBody, eventList: [] } } : document;
}
