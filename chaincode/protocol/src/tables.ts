// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Collection, Entry } from './collections';
import { Identifier } from './identifiers/identifier';
import { jsonSchemaOf } from './metadata';
import { operationId, parseWith, type Operation } from './operation';
import {
  captured,
  CapturedEvent,
  captureEvent,
  declared,
  digitsOf,
  EventCapture,
  reportOf,
} from './operations/captures';
import { changeSides, ChangeReport, reportChange } from './operations/changes';
import {
  ACCESS_IN_FORCE,
  accessMatrices,
  AccessMatrix,
  ballots,
  Ballot,
  Member,
  Participant,
  participants,
  Proposal,
  proposals,
  Rules,
  rules,
  RULES_IN_FORCE,
} from './operations/governance';
import { locations, RegisteredLocation } from './operations/locations';
import {
  Announcement,
  announceMappingRecord,
  InformationServer,
  publicThing,
  servers,
  statements,
  StoredStatement,
  Thing,
  ThingKind,
  things,
  Vote,
  votes,
} from './operations/traceability';
import { Quantity } from './quantity';
import { inflateStatement, itemsOf, placesIn, RecordId, recordIdOf, StatementId } from './statement';
import { Instant, MemberName, memberOf, ParticipantId, Sha256, Signature } from './values';

/** One row of a table: its id, unique in the table, and its members by the table's schema. */
export type TableRow = readonly [id: string, row: Readonly<Record<string, unknown>>];

/**
 * What the ledger's state says, as a table for people who ask in SQL (requirement X9): a name in snake case, the schema
 * of a row, and how the rows are got out of the entries of a collection.
 */
export interface Table {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodObject;
  /** The member that is the row's id by itself, where one is. */
  readonly id?: string;
  /** Members that rows are often looked up by. */
  readonly lookups: readonly string[];
  /** Where its rows lie: in most tables, in one collection. */
  readonly sources: readonly Source[];
}

/** A collection whose entries have rows of a table in them. */
export interface Source {
  readonly collection: Collection;
  /** The rows in an entry that fits the collection's schema. */
  readonly rows: (id: string, entry: unknown, reading: Reading) => readonly TableRow[];
}

/** A record that a statement made, and the item that says it. */
interface Recorded<T> {
  readonly recordId: string;
  readonly item: T;
}

/** What is read in an entry for one table and wanted for the next: the records of a statement. */
class Reading {
  #records: readonly Recorded<unknown>[] | undefined;

  /** The records of a statement of that operation; none of a statement of another. */
  records<S extends z.ZodType>(
    statementId: string,
    { text, operation, records }: StoredStatement,
    wanted: Operation,
    schema: S,
  ): readonly Recorded<z.output<S>>[] {
    if (operation !== operationId(wanted)) return [];
    if (!this.#records) {
      const items = itemsOf(inflateStatement(text), operation);
      this.#records = placesIn(records).map((place) => ({
        recordId: recordIdOf(statementId, place),
        item: parseWith(schema, items[place]),
      }));
    }
    return this.#records as readonly Recorded<z.output<S>>[];
  }
}

function sourceOf<C extends Collection>(
  collection: C,
  rows: (id: string, entry: Entry<C>, reading: Reading) => readonly TableRow[],
): Source {
  return { collection, rows: (id, entry, reading) => rows(id, entry as Entry<C>, reading) };
}

function defineTable<C extends Collection, S extends z.ZodObject>({
  collection,
  rows,
  further = [],
  lookups = [],
  ...table
}: Omit<Table, 'schema' | 'sources' | 'lookups'> & {
  readonly schema: S;
  readonly collection: C;
  /** Where more of its rows lie. */
  readonly further?: readonly Source[];
  readonly lookups?: readonly (keyof z.output<S> & string)[];
  readonly rows: (
    id: string,
    entry: Entry<C>,
    reading: Reading,
  ) => readonly (readonly [id: string, row: z.output<S>])[];
}): Table {
  return { ...table, lookups, sources: [sourceOf(collection, rows), ...further] };
}

/** A mapping record as it was announced. What it came to follows from its votes, the rules and the time. */
const AnnouncedRecord = Announcement.extend({
  recordId: RecordId,
  thing: Identifier,
  announcedBy: ParticipantId,
  announcedAt: Instant,
  rulesVersion: z.int().describe('The rules in force; they give deadline, quorum and regulators'),
  statementId: StatementId,
  txId: z.string(),
});

const StatementRow = StoredStatement.omit({ records: true, rules: true }).extend({
  statementId: StatementId,
  text: z.string().describe('Just as it was signed, deflated (RFC 1951), base64url'),
  signature: Signature,
  rulesVersion: z.int(),
});

const ChangeRow = ChangeReport.omit({ change: true }).extend({
  recordId: RecordId,
  type: z.string().describe('relabel, split, merge, transform, pack, unpack, associate, dissociate'),
  reportedBy: ParticipantId,
  reportedAt: Instant,
  statementId: StatementId,
  txId: z.string(),
});

const ChangedThing = z.strictObject({
  recordId: RecordId,
  thing: Identifier,
  side: z
    .enum(['from', 'into', 'parent', 'child'])
    .describe('from ended, into began; parent and child otherwise'),
  kind: ThingKind.optional().describe('Of what began, but for a new label'),
  quantity: Quantity.optional(),
});

/** The changes in a statement, reported or captured with events, each with its record's id. */
function changesIn(
  statementId: string,
  stored: StoredStatement,
  reading: Reading,
): { recordId: string; report: ChangeReport }[] {
  return [
    ...reading.records(statementId, stored, reportChange, ChangeReport).map(({ recordId, item }) => ({
      recordId,
      report: item,
    })),
    ...reading.records(statementId, stored, captureEvent, EventCapture).flatMap(({ recordId, item }) => {
      const report = reportOf(item);
      return report ? [{ recordId, report }] : [];
    }),
  ];
}

/** The event that something lies of under an id that `capturedId` made. */
function eventUnder(id: string): { digest: string; eventTime: string; member?: string } {
  const [eventTime = '', hash = '', member] = id.split('/');
  const digest = Buffer.from(hash, 'base64url').toString('hex');
  return { digest, eventTime, ...(member !== undefined && { member }) };
}

const CapturedEventRow = CapturedEvent.pick({ recordId: true, eventTime: true, changed: true }).extend({
  digest: Sha256,
  member: MemberName.optional().describe(
    'Whose record it is; absent of events that say something of identifiers, which have one for all',
  ),
});
type CapturedEventRow = z.infer<typeof CapturedEventRow>;

/** The rows of what a statement captures that says nothing of identifiers: on a sheet or not, the statement has it. */
function plainlyCaptured(
  statementId: string,
  stored: StoredStatement,
  reading: Reading,
): (readonly [string, CapturedEventRow])[] {
  return reading.records(statementId, stored, captureEvent, EventCapture).flatMap(({ recordId, item }) => {
    const { change, declaration, eventHash, eventTime } = item;
    if (change || declaration) return [];
    const digest = digitsOf(eventHash);
    return [
      [recordId, { digest, eventTime, recordId, changed: false, member: memberOf(stored.by) }] as const,
    ];
  });
}

const MemberRow = Member.extend({ rulesVersion: z.int().describe('The rules that say so') });

/** Every table, in a fixed order. */
export const tables: readonly Table[] = [
  defineTable({
    name: 'things',
    summary: 'Registered things',
    schema: Thing,
    id: 'thing',
    lookups: ['registrant', 'made', 'ended'],
    collection: things,
    rows: (thing, stored) => [[thing, publicThing(thing, stored)]],
  }),
  defineTable({
    name: 'mapping_records',
    summary: 'Announced mapping records: transfers of custody, and origins',
    schema: AnnouncedRecord,
    id: 'recordId',
    lookups: ['thing', 'from', 'to', 'statementId'],
    collection: statements,
    rows: (statementId, stored, reading) => {
      const { by: announcedBy, at: announcedAt, rules: rulesVersion, txId } = stored;
      return reading
        .records(statementId, stored, announceMappingRecord, Announcement)
        .map(({ recordId, item }) => {
          const row = { recordId, ...item, announcedBy, announcedAt, rulesVersion, statementId, txId };
          return [recordId, row] as const;
        });
    },
  }),
  defineTable({
    name: 'changes',
    summary: 'Changes of identifiers: re-labelling, splitting, packing and their like',
    schema: ChangeRow,
    id: 'recordId',
    lookups: ['statementId'],
    collection: statements,
    rows: (statementId, stored, reading) =>
      changesIn(statementId, stored, reading).map(({ recordId, report: { change, ...said } }) => {
        const { by: reportedBy, at: reportedAt, txId } = stored;
        const row = { recordId, type: change.type, ...said, reportedBy, reportedAt, statementId, txId };
        return [recordId, row] as const;
      }),
  }),
  defineTable({
    name: 'changed_things',
    summary: 'The things that each change names, and on which side: what lineage is walked by',
    schema: ChangedThing,
    lookups: ['recordId', 'thing'],
    collection: statements,
    rows: (statementId, stored, reading) =>
      changesIn(statementId, stored, reading).flatMap(({ recordId, report }) =>
        changeSides(report.change).map((one) => [`${recordId}/${one.thing}`, { recordId, ...one }] as const),
      ),
  }),
  defineTable({
    name: 'captured_events',
    summary: 'EPCIS events by the digits of their hash; the events themselves stay with who captured them',
    schema: CapturedEventRow,
    id: 'recordId',
    lookups: ['digest'],
    collection: captured,
    // What a member alone has a record of, its statement has as well.
    rows: (id, { recordId, changed = false }) => {
      const { digest, eventTime, member } = eventUnder(id);
      return member === undefined ? [[recordId, { digest, eventTime, recordId, changed }]] : [];
    },
    further: [sourceOf(statements, plainlyCaptured)],
  }),
  defineTable({
    name: 'declared_errors',
    summary: 'Declarations that an EPCIS event is in error; what they say stays with who made them',
    schema: z.strictObject({
      recordId: RecordId,
      digest: Sha256.describe('The digits of the hash of the event'),
      eventTime: Instant,
      member: MemberName.describe('Who declared it; counts when this member captured the event'),
      hash: Sha256.describe('Of what the declaration says'),
    }),
    id: 'recordId',
    lookups: ['digest'],
    collection: declared,
    rows: (id, declarations) => {
      const { digest, eventTime, member = '' } = eventUnder(id);
      return declarations.map(
        ({ recordId, hash }) => [recordId, { recordId, digest, eventTime, member, hash }] as const,
      );
    },
  }),
  defineTable({
    name: 'votes',
    summary: 'Votes of regulators on mapping records',
    schema: Vote,
    lookups: ['recordId', 'regulator'],
    collection: votes,
    rows: (id, cast) => {
      const [statementId = '', regulator = ''] = id.split('/');
      return cast.flatMap(({ records, ...vote }) =>
        placesIn(records).map((place) => {
          const recordId = recordIdOf(statementId, place);
          return [`${recordId}/${regulator}`, { recordId, regulator, ...vote }] as const;
        }),
      );
    },
  }),
  defineTable({
    name: 'statements',
    summary: 'What accounts signed: each a list of announcements or changes with one signature',
    schema: StatementRow,
    id: 'statementId',
    lookups: ['by'],
    collection: statements,
    rows: (statementId, { records: _, rules: rulesVersion, ...stored }) => [
      [statementId, { statementId, ...stored, rulesVersion }],
    ],
  }),
  defineTable({
    name: 'participants',
    summary: 'Persons, companies and devices registered by their members',
    schema: Participant,
    id: 'participant',
    collection: participants,
    rows: (participant, entry) => [[participant, entry]],
  }),
  defineTable({
    name: 'members',
    summary: 'Member organisations, as the rules in force name them',
    schema: MemberRow,
    id: 'name',
    collection: rules,
    rows: (id, { members, version }) =>
      id === RULES_IN_FORCE
        ? members.map((member) => [member.name, { ...member, rulesVersion: version }] as const)
        : [],
  }),
  defineTable({
    name: 'rules',
    summary: 'Every version of the rules; the one in force is the last',
    schema: Rules,
    collection: rules,
    rows: (id, entry) => (id === RULES_IN_FORCE ? [] : [[id, entry]]),
  }),
  defineTable({
    name: 'access_matrices',
    summary: 'Every enacted version of the access matrix; the one in force is the last',
    schema: AccessMatrix,
    collection: accessMatrices,
    rows: (id, entry) => (id === ACCESS_IN_FORCE ? [] : [[id, entry]]),
  }),
  defineTable({
    name: 'proposals',
    summary: 'Changes of the rules put to the vote of the members',
    schema: Proposal,
    id: 'proposalId',
    collection: proposals,
    rows: (proposalId, entry) => [[proposalId, entry]],
  }),
  defineTable({
    name: 'ballots',
    summary: 'Ballots of members on proposals',
    schema: Ballot,
    lookups: ['proposalId'],
    collection: ballots,
    rows: (id, entry) => [[id, entry]],
  }),
  defineTable({
    name: 'information_servers',
    summary: 'Where members serve traceability data',
    schema: InformationServer,
    id: 'address',
    lookups: ['member'],
    collection: servers,
    rows: (address, entry) => [[address, entry]],
  }),
  defineTable({
    name: 'locations',
    summary: 'Parties and locations that EPCIS events name by their GLN, and whose account has custody there',
    schema: RegisteredLocation,
    id: 'location',
    lookups: ['member', 'account'],
    collection: locations,
    rows: (location, entry) => [[location, entry]],
  }),
];

/** The rows in what lies under a key of the ledger's state, with their tables; none under keys of no table. */
export function rowsAt(key: string, value: unknown): readonly (readonly [table: string, ...row: TableRow])[] {
  const prefix = key.slice(0, key.indexOf('/'));
  const filled = tables.flatMap(({ name, sources }) =>
    sources
      .filter(({ collection }) => collection.name === prefix)
      .map(({ collection, rows }) => ({ name, collection, rows })),
  );
  const [first] = filled;
  if (!first) return [];
  // Several tables can share a collection: its entries are read once for all of them.
  const { collection } = first;
  const entries = collection
    .entries(key, value)
    .map(([id, entry]) => [id, parseWith(collection.schema, entry), new Reading()] as const);
  return filled.flatMap(({ name, rows }) =>
    entries.flatMap(([id, entry, reading]) =>
      rows(id, entry, reading).map(([rowId, row]) => [name, rowId, row] as const),
    ),
  );
}

/** A column of a table: where its value lies in a row, and what it is. */
export interface Column {
  /** In snake case; members of members are joined: `quantity_value`. */
  readonly name: string;
  readonly path: readonly string[];
  readonly type: 'text' | 'time' | 'integer' | 'number' | 'boolean' | 'json';
  readonly summary: string;
}

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The columns of a table, from its schema: objects are laid flat, lists and choices stay JSON. */
export function columnsOf({ schema }: Pick<Table, 'schema'>): Column[] {
  const root = jsonSchemaOf(schema) as JsonSchema;
  const resolve = (part: JsonSchema): JsonSchema => {
    const name = part.$ref?.replace('#/$defs/', '');
    return name === undefined ? part : { ...root.$defs?.[name], ...part };
  };
  const columns = (part: JsonSchema, path: readonly string[]): Column[] => {
    const { properties, type, format, description: summary = '' } = resolve(part);
    if (properties) {
      return Object.entries(properties).flatMap(([name, inner]) => columns(inner, [...path, name]));
    }
    return [{ name: path.map(snakeCase).join('_'), path, type: columnType(type, format), summary }];
  };
  return columns(root, []);
}

function columnType(type: string | undefined, format: string | undefined): Column['type'] {
  switch (type) {
    case 'string':
      return format === 'date-time' ? 'time' : 'text';
    case 'integer':
    case 'number':
    case 'boolean':
      return type;
    default:
      return 'json';
  }
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
