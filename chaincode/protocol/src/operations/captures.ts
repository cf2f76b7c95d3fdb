// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { canonicalJson } from '../canonical';
import { defineCollection } from '../collections';
import { declarationHash, eventHash, parseEpcisEvent, type ContextualEvent } from '../epcis';
import { changeOf } from '../epcis/change';
import { utcTimeOf } from '../epcis/time';
import { defineOperation, operationId, type Touches } from '../operation';
import { placesIn, RecordId, recordIdOf, Runs, statementOf, StatementId } from '../statement';
import { Instant, memberOf, ParticipantId, ServerAddress, Sha256, Signature } from '../values';
import { CHANGE_REFUSALS, ChangeReport, touchedBy } from './changes';
import { servers } from './traceability';

/** The hash of an EPCIS event (CBV 2.0, section 8.9). */
export const EventHash = z
  .string()
  .regex(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/, 'an event hash like ni:///sha-256;…?ver=CBV2.0')
  .meta({ id: 'EventHash' });

/** What everybody may know of a declaration that an event is in error: when it was made, and its hash. */
export const Declaration = z.strictObject({
  time: Instant.describe('When it was declared, as the declaration says'),
  hash: Sha256.describe('SHA-256 of what it says: the reason and corrective events stay private'),
});

/** Sheets that a member has for the events of each second. As many of its transactions can write such events at once. */
export const SHEETS = 4;

/** What everybody may know of an EPCIS event: its hash, where the event itself lies, what it did to things. */
export const EventCapture = z.strictObject({
  eventHash: EventHash,
  eventTime: Instant,
  informationServer: ServerAddress.describe('Where the event itself is served'),
  dataHash: Sha256.describe('SHA-256 of the bytes that it is served in'),
  change: ChangeReport.shape.change
    .optional()
    .describe('What the event says of identifiers: packing, unpacking, transforming, associating'),
  declaration: Declaration.optional().describe('Present when the event is declared to be in error'),
  fresh: z
    .literal(true)
    .optional()
    .describe(
      'The member has not captured the event before, as it knows by itself, so the ledger does not look; counts where the event says nothing of identifiers and declares no error',
    ),
  sheet: z
    .int()
    .min(0)
    .max(SHEETS - 1)
    .optional()
    .describe(
      'On which of its sheets for that second a member has an event that is `fresh`: events of one second that are sent together share a row of the state so. What is in flight at once takes different sheets. Without it the event has a row of its own',
    ),
  again: z
    .literal(true)
    .optional()
    .describe(
      'The member may have sent the event before as `fresh`: the ledger looks, and what was sent so and comes later is not taken',
    ),
});
export type EventCapture = z.infer<typeof EventCapture>;

/** The change that an event reports; undefined when it says nothing of identifiers. */
export function reportOf({
  change,
  eventTime,
  informationServer,
  dataHash,
}: EventCapture): ChangeReport | undefined {
  return change && { change, eventTime, informationServer, dataHash };
}

/** The text that an account signs, which keeps its own key and captures over REST. */
export function captureToSign(capture: EventCapture): string {
  return statementOf(operationId(captureEvent), [canonicalJson(capture)]);
}

/** Who declared an event to be in error, and when. */
export const DeclaredError = z
  .strictObject({
    ...Declaration.shape,
    recordId: RecordId,
    by: ParticipantId,
    at: Instant,
    txId: z.string(),
    informationServer: ServerAddress,
    dataHash: Sha256,
  })
  .meta({ id: 'DeclaredError' });
export type DeclaredError = z.infer<typeof DeclaredError>;

/** A record of an event, and where that member serves it. */
const Capture = z.strictObject({
  recordId: RecordId,
  by: ParticipantId,
  at: Instant,
  txId: z.string(),
  informationServer: ServerAddress,
  dataHash: Sha256,
});

/** An event of the ledger. The event itself stays with who captured it. */
export const CapturedEvent = EventCapture.omit({ fresh: true, sheet: true, again: true })
  .extend({
    ...Capture.shape,
    signature: Signature.describe('ES256 of the account over the text of the statement'),
    changed: z
      .boolean()
      .describe(
        'Whether the change was made: not when things in it are unknown to the ledger or have no origin there',
      ),
    others: z.array(Capture).describe('Records of the same event by other members, earliest first'),
    declarations: z
      .array(DeclaredError)
      .describe('Declarations that the event is in error, earliest first; they undo nothing by themselves'),
  })
  .meta({ id: 'CapturedEvent' });
export type CapturedEvent = z.infer<typeof CapturedEvent>;

/** Declarations of one event that a member may make. */
export const MOST_DECLARATIONS = 16;

/**
 * The record of each event, by its time and its hash ({@link capturedId}): the same event captured twice is one. One that
 * says something of identifiers has one record on the ledger; of any other, each member that captures it has one of its own,
 * here or on a sheet ({@link sheets}).
 * The hash covers the time, so either says the same; with the time in front, what is new lies at the end of the state, where
 * peers find and write it cheaply however long the ledger is (decisions 0020 and 0021).
 */
export const captured = defineCollection(
  'capture',
  z.strictObject({ recordId: RecordId, changed: z.literal(true).optional() }),
);

/** Digits of a {@link markOfEvent}. */
const MARK = 8;

/** Records that a sheet takes. What comes then has a row of its own, so that no row grows without end. */
export const SHEET_RECORDS = 2000;

/**
 * Many records of a member's in one row (decision 0023): by second of the event time, member and number ({@link sheetId}).
 * By statement, the places of the records and, in their order, the marks of the events.
 */
export const sheets = defineCollection(
  'sheet',
  z.record(StatementId, z.tuple([Runs, z.string().regex(/^([A-Za-z0-9_-]{8})+$/)])),
);
export type Sheet = z.infer<typeof sheets.schema>;

/** What each member declared of an event, by the id that its own record of it has; what is new does not write over it. */
export const declared = defineCollection(
  'declaration',
  z.array(z.strictObject({ hash: Sha256, recordId: RecordId })).max(MOST_DECLARATIONS),
);

/**
 * By member: written when events were looked for that may have been sent before as `fresh`, read by all that is sent so.
 * What was sent before and is ordered later then fails as a conflict, and writes over nothing (decision 0021).
 */
export const fences = defineCollection('fence', z.strictObject({ txId: z.string() }));

/** The digits of an event hash. */
export function digitsOf(hash: string): string {
  return hash.slice('ni:///sha-256;'.length, 'ni:///sha-256;'.length + 64);
}

/** What identifies an event. */
export type EventId = Pick<EventCapture, 'eventHash' | 'eventTime'>;

/** What lies of an event under its time and its hash, as base64url to be short; with a member, what is that member's. */
export function capturedId({ eventTime, eventHash: hash }: EventId, member?: string): string[] {
  const digits = Buffer.from(digitsOf(hash), 'hex').toString('base64url');
  return [eventTime, digits, ...(member === undefined ? [] : [member])];
}

/** What the record lies under that a member makes of an event. */
export function recordedAs(
  { change, ...event }: EventId & { readonly change?: EventCapture['change'] | undefined },
  member: string,
): string[] {
  return change ? capturedId(event) : capturedId(event, member);
}

/** Whether a capture is taken unread: its member says that it is fresh, and it says nothing of identifiers or errors. */
export function isTakenUnread({
  change,
  declaration,
  fresh,
  again,
}: Pick<EventCapture, 'change' | 'declaration' | 'fresh' | 'again'>): boolean {
  return fresh === true && !again && !change && !declaration;
}

/** The second of an event time, by which events share a sheet. */
export function secondOf({ eventTime }: Pick<EventId, 'eventTime'>): string {
  return eventTime.slice(0, 'YYYY-MM-DDTHH:mm:ss'.length);
}

/** Which sheet of a member's: the second of an event time, the member, the number. */
export function sheetId(event: Pick<EventId, 'eventTime'>, member: string, sheet: number): string[] {
  return [secondOf(event), member, String(sheet)];
}

/** All sheets on which a member may have an event. */
export function sheetIds(event: Pick<EventId, 'eventTime'>, member: string): string[][] {
  return Array.from({ length: SHEETS }, (_, sheet) => sheetId(event, member, sheet));
}

/** 48 bits of an event's hash: who finds them on a sheet looks whether the record is the event's. */
export function markOfEvent(hash: string): string {
  return Buffer.from(digitsOf(hash).slice(0, 12), 'hex').toString('base64url');
}

/** The ids of the records on a sheet that bear a mark. */
export function recordsMarked(sheet: Sheet, mark: string): string[] {
  return Object.entries(sheet).flatMap(([statementId, [runs, marks]]) => {
    let places: number[] | undefined;
    const found: string[] = [];
    for (let at = marks.indexOf(mark); at !== -1; at = marks.indexOf(mark, at + 1)) {
      if (at % MARK !== 0) continue;
      places ??= placesIn(runs);
      found.push(recordIdOf(statementId, places[at / MARK] ?? 0));
    }
    return found;
  });
}

/** How many records a sheet has. */
export function recordsOn(sheet: Sheet): number {
  return Object.values(sheet).reduce((sum, [, marks]) => sum + marks.length / MARK, 0);
}

/** What of a capture follows from the event. */
export type SaidByEvent = Pick<EventCapture, 'eventHash' | 'eventTime' | 'change' | 'declaration'>;

/** What is captured of a bare event with its `@context`: the hash, the time, the change, a declaration of error. Refuses as the parser does. */
export function captureOf(document: unknown): SaidByEvent {
  return saidBy(parseEpcisEvent(document));
}

/** {@link captureOf} an event that was read already. */
export function saidBy({ event, namespaces }: ContextualEvent): SaidByEvent {
  const change = changeOf(event);
  const { errorDeclaration } = event;
  return {
    eventHash: eventHash(event, namespaces),
    eventTime: utcTimeOf(event.eventTime.trim()),
    ...(change ? { change } : {}),
    ...(errorDeclaration
      ? {
          declaration: {
            time: utcTimeOf(errorDeclaration.declarationTime.trim()),
            hash: declarationHash(errorDeclaration, namespaces),
          },
        }
      : {}),
  };
}

export const captureEvent = defineOperation({
  contract: 'traceability',
  mode: 'submit',
  name: 'captureEvent',
  summary: 'Capture an EPCIS event: its hash is recomputed on the ledger, the event itself stays private',
  requirements: ['T8'],
  callers: ['accounting'],
  input: EventCapture.extend({
    document: z
      .looseObject({})
      .describe('The bare event with its @context; goes to the endorsing peers, not onto the ledger'),
    signature: Signature.optional().describe(
      'ES256 over the statement of this one capture, without the document, by accounts that keep their own key',
    ),
  }),
  item: EventCapture,
  private: 'document',
  output: z.strictObject({ recordId: RecordId, txId: z.string() }),
  refusals: [
    'TL-EPCIS-HASH',
    'TL-EPCIS-CHANGE',
    'TL-EPCIS-DECLARATION-FOREIGN',
    'TL-EPCIS-DECLARATION-LIMIT',
    'TL-EPCIS-EVENT-MISSING',
    'TL-EPCIS-CONTEXT',
    'TL-EPCIS-NAMESPACE',
    'TL-EPCIS-TIME',
    'TL-EPCIS-VOCABULARY',
    'TL-EPCIS-RULE',
    'TL-SERVER-UNKNOWN',
    'TL-SERVER-FOREIGN',
    'TL-SIGNATURE-INVALID',
    'TL-STATEMENT-EXISTS',
    ...CHANGE_REFUSALS,
  ],
  rest: { method: 'post', path: '/event-captures', success: 201 },
  dataFlow: {
    useCase: 'Traceability',
    activity: 'Capture an EPCIS event',
    scope: 'between',
    stakeholder: 'Accounting member',
    category: 'EPCIS event',
    flow: 'D',
    dataType: 'Event hash, identifiers; the event itself to endorsing peers only',
    deviceType: 'Enterprise system',
  },
  touches: ({ informationServer, change, declaration, fresh, sheet, again, ...event }, caller): Touches => {
    const member = memberOf(caller);
    const server = servers.key(informationServer);
    const unread = isTakenUnread({ change, declaration, fresh, again });
    if (unread && sheet !== undefined) {
      const shared = sheets.key(...sheetId(event, member, sheet));
      return { reads: [fences.key(member), server, shared], writes: [shared] };
    }
    const record = captured.key(...recordedAs({ ...event, change }, member));
    if (unread) return { reads: [fences.key(member), server], writes: [record] };
    const declarations = declared.key(...capturedId(event, member));
    if (change && !declaration) {
      const moved = touchedBy(change);
      return { reads: [record, declarations, server, ...moved.reads], writes: [record, ...moved.writes] };
    }
    const own = [record, ...sheetIds(event, member).map((id) => sheets.key(...id))];
    if (declaration) {
      const shared = captured.key(...capturedId(event));
      return { reads: [...own, shared, declarations, server], writes: [declarations] };
    }
    return { reads: [...own, server], writes: again ? [record, fences.key(member)] : [record] };
  },
});

export const getCapturedEvent = defineOperation({
  contract: 'traceability',
  mode: 'evaluate',
  callers: 'participant',
  name: 'getCapturedEvent',
  summary: 'Whether an EPCIS event was captured, by its time and hash: by whom, when, and where it is served',
  requirements: ['T8'],
  input: z.strictObject({
    eventHash: EventHash,
    eventTime: Instant.describe('The event time of the event, which its hash covers'),
  }),
  output: CapturedEvent,
  refusals: ['TL-EPCIS-EVENT-UNKNOWN'],
  rest: { method: 'get', path: '/event-captures/{eventHash}' },
  dataFlow: {
    useCase: 'Traceability',
    activity: 'Look an EPCIS event up',
    scope: 'between',
    stakeholder: 'Accounting member',
    category: 'EPCIS event',
    flow: 'D',
    dataType: 'Event hash, account, time',
    deviceType: 'Enterprise system',
  },
});
