// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { canonicalJson } from '../canonical';
import { defineCollection, defineShelf, type Packing } from '../collections';
import { sha256 } from '../hash';
import { Identifier, neighbourhoodOf } from '../identifiers/identifier';
import { defineOperation, operationId, type DataFlow, type Touches } from '../operation';
import { Quantity } from '../quantity';
import {
  placeOfRecord,
  RecordId,
  recordIdOf,
  Runs,
  SignedStatement,
  StatementId,
  statementOf,
  StatementText,
} from '../statement';
import {
  EntryId,
  Instant,
  memberOf,
  MemberName,
  ParticipantId,
  Place,
  ServerAddress,
  Sha256,
  Signature,
} from '../values';
import { RefusalSchema } from './batch';
import { Decision, participants } from './governance';

/** What kind of thing it is (requirement T1). */
export const ThingKind = z.enum(['product', 'batch', 'container', 'material']).meta({ id: 'ThingKind' });

/** What the announcing account says of one transfer of custody, and signs with the others of its list (requirement T2). */
export const Announcement = z.strictObject({
  thing: Identifier,
  informationServer: ServerAddress.describe(
    'Where the traceability data is served; registered on the ledger',
  ),
  dataHash: Sha256.describe('Hash of the traceability data, over the digests of its members'),
  from: ParticipantId.optional().describe('Transfer-out account; left out at the origin'),
  to: ParticipantId.describe('Transfer-in account'),
  eventTime: Instant,
  quantity: Quantity,
  place: Place,
  announcementId: EntryId.optional().describe(
    'Tells apart announcements that say the same; needed only to announce anew what was rejected or has expired',
  ),
});
export type Announcement = z.infer<typeof Announcement>;

/** The text that an account signs, which keeps its own key and announces over REST. */
export function announcementToSign(announcement: Announcement): string {
  return statementOf(operationId(announceMappingRecord), [canonicalJson(announcement)]);
}

/**
 * 48 bits that tell what was said of a thing, as its schema parsed it, from the rest said of it, most likely: whoever meets
 * the same mark compares what was said.
 */
export function markOf(said: object): string {
  return sha256(JSON.stringify(said)).slice(0, 12);
}

/** A thing that the consortium traces. */
export const Thing = z
  .strictObject({
    thing: Identifier,
    kind: ThingKind,
    quantity: Quantity,
    registrant: ParticipantId,
    registeredAt: Instant,
    txId: z.string(),
    made: RecordId.optional().describe('The change that made it; absent for what was registered'),
    ended: RecordId.optional().describe('The change that ended it'),
    parent: z
      .strictObject({ thing: Identifier, relation: z.enum(['aggregation', 'association']) })
      .optional()
      .describe('What it lies in, or is built into'),
  })
  .meta({ id: 'Thing' });
export type Thing = z.infer<typeof Thing>;

/** The records of a thing with their marks, oldest first. */
export const Trail = z.array(z.tuple([RecordId, z.string()]));
export type Trail = z.infer<typeof Trail>;

/** A row of trails as it is written: of a record, where its statement stands in the list, its place there, its mark. */
interface PackedTrails {
  readonly statements: readonly string[];
  readonly trails: Readonly<
    Record<string, readonly (readonly [statement: number, place: number, mark: string])[]>
  >;
}

/** Neighbours are announced together: their trails name the same few statements. */
const trailPacking: Packing<Trail> = {
  pack(row) {
    const statements = new Map<string, number>();
    const trails = Object.keys(row)
      .sort()
      .map((place) => {
        const trail = row[place]?.map(([recordId, mark]) => {
          const { statementId, index } = placeOfRecord(recordId);
          const at = statements.get(statementId) ?? statements.size;
          statements.set(statementId, at);
          return [at, index, mark];
        });
        return [place, trail];
      });
    return { statements: [...statements.keys()], trails: Object.fromEntries(trails) as unknown };
  },
  unpack(packed) {
    // Rows of earlier versions have the trails by place as they are; a place is one character.
    if (!Object.hasOwn(packed as object, 'statements')) return packed as Record<string, Trail>;
    const { statements, trails } = packed as PackedTrails;
    return Object.fromEntries(
      Object.entries(trails).map(([place, trail]) => [
        place,
        trail.map(([at, index, mark]) => [recordIdOf(statements[at] ?? '', index), mark]),
      ]),
    );
  },
};

/** Why somebody holds a thing without a mapping record of its own: a change made it, or took it out of a container. */
export const Ground = z.strictObject({
  holder: ParticipantId,
  since: Instant.describe('Event time of the change'),
  trail: z.int().describe('How many mapping records of its own it had then; they count no longer'),
  record: RecordId.optional().describe(
    'The last accepted mapping record before, of the container or the source',
  ),
});
export type Ground = z.infer<typeof Ground>;

/** A thing as it lies in state, under its identifier. */
export const StoredThing = Thing.omit({ thing: true }).extend({
  grounds: z.array(Ground).optional().describe('Oldest first'),
  changes: Trail.optional().describe('The latest changes that named it, oldest first'),
  pages: z.int().optional().describe('How many pages of earlier changes there are'),
  changedAt: Instant.optional().describe('Event time of the latest of them'),
  children: z.int().optional().describe('How many things lie in it or are built into it'),
  height: z.int().optional().describe('At most so many levels lie in it'),
  sources: z
    .array(z.union([Identifier, z.tuple([Identifier, RecordId])]))
    .optional()
    .describe(
      'The nearest things it was made of, those of the change that made it first, each with the change that made it where one did; a trace reads them together',
    ),
});
export type StoredThing = z.infer<typeof StoredThing>;

/** A source in the row of a thing: its identifier, and the change that made it, where the row names one. */
export function sourceIn(
  source: NonNullable<StoredThing['sources']>[number],
): readonly [id: string, made?: string] {
  return typeof source === 'string' ? [source] : source;
}

/** A thing as others see it. */
export function publicThing(thing: string, stored: StoredThing): Thing {
  const { kind, quantity, registrant, registeredAt, txId, made, ended, parent } = stored;
  return {
    thing,
    kind,
    quantity,
    registrant,
    registeredAt,
    txId,
    ...(made === undefined ? {} : { made }),
    ...(ended === undefined ? {} : { ended }),
    ...(parent === undefined ? {} : { parent }),
  };
}

/** A statement as it lies in state, with what the ledger knows of it: when, by whom, under which version of the rules. */
export const StoredStatement = SignedStatement.extend({
  text: StatementText,
  operation: z.string(),
  by: ParticipantId,
  at: Instant,
  rules: z.int(),
  txId: z.string(),
  records: Runs.describe('The items that were taken'),
});
export type StoredStatement = z.infer<typeof StoredStatement>;

/** A mapping record on the ledger. Its status is not kept: it follows from the record, its votes and the time. */
export const MappingRecord = Announcement.extend({
  recordId: RecordId,
  announcedAt: Instant,
  deadline: Instant.describe('Votes are taken until then'),
  expiry: Instant.describe('Undecided until then, it is expired: two clock windows after the deadline'),
  quorum: z.int().describe('Accepting regulators needed; the rule in force when it was announced'),
  regulators: z.array(MemberName).describe('Who may vote: the active regulators when it was announced'),
  previous: RecordId.optional().describe('The accepted record that brought the thing to `from`'),
  txId: z.string(),
  signature: Signature.describe('ES256 of the announcing account over the text of the statement'),
}).meta({ id: 'MappingRecord' });
export type MappingRecord = z.infer<typeof MappingRecord>;

/** A regulator's vote on a record, cast by one of its verifiers, and final. */
export const Vote = z
  .strictObject({
    recordId: RecordId,
    regulator: MemberName,
    verifier: ParticipantId,
    decision: z.enum(['accept', 'reject']),
    reasons: z.array(RefusalSchema).max(10).describe('Why it was rejected'),
    at: Instant,
    txId: z.string(),
  })
  .meta({ id: 'Vote' });
export type Vote = z.infer<typeof Vote>;

/** A regulator's votes on the records of a statement, as they lie in state: under a key that only this regulator writes. */
export const StoredVotes = z.array(Vote.omit({ recordId: true, regulator: true }).extend({ records: Runs }));
export type StoredVotes = z.infer<typeof StoredVotes>;

/** announced until decided; accepted at the quorum; rejected when it can not be reached; expired at the deadline. */
export const RecordStatus = z
  .enum(['announced', 'accepted', 'rejected', 'expired'])
  .meta({ id: 'RecordStatus' });
export type RecordStatus = z.infer<typeof RecordStatus>;

/** A record with its votes and what they come to. */
export const DecidedRecord = z
  .strictObject({
    record: MappingRecord,
    votes: z.array(Vote),
    status: RecordStatus,
    decidedAt: Instant.optional().describe('When the deciding vote was cast, or the deadline'),
  })
  .meta({ id: 'DecidedRecord' });
export type DecidedRecord = z.infer<typeof DecidedRecord>;

/** Where a member serves traceability data, and the certificate authority its TLS certificate must chain to. */
export const InformationServer = z
  .strictObject({
    address: ServerAddress,
    member: MemberName,
    certificateAuthority: z.string().startsWith('-----BEGIN CERTIFICATE-----').max(8192).describe('PEM'),
    decision: Decision,
  })
  .meta({ id: 'InformationServer' });
export type InformationServer = z.infer<typeof InformationServer>;

/** The changes that named a thing before those in its row, oldest first; by thing and page. */
export const changePages = defineCollection('changes', Trail);
export const things = defineShelf('thing', StoredThing, neighbourhoodOf);
export const trails = defineShelf('trail', Trail, neighbourhoodOf, trailPacking);
/** By statement id. */
export const statements = defineCollection('statement', StoredStatement);
/** The key of the statement that a record stands in. */
export function statementKeyOf(recordId: string): string {
  return statements.key(placeOfRecord(recordId).statementId);
}
/** By statement id and regulator. */
export const votes = defineCollection('vote', StoredVotes);
export const servers = defineCollection('server', InformationServer);

const flow = (activity: string, dataType: string, over: Partial<DataFlow> = {}): DataFlow => ({
  useCase: 'Traceability',
  activity,
  scope: 'between',
  stakeholder: 'Accounting member',
  category: 'Mapping record',
  flow: 'D',
  dataType,
  deviceType: 'Enterprise system',
  ...over,
});

const submit = { contract: 'traceability', mode: 'submit' } as const;
const evaluate = { contract: 'traceability', mode: 'evaluate', callers: 'participant' } as const;

export const registerInformationServer = defineOperation({
  ...submit,
  name: 'registerInformationServer',
  summary: 'Register the address of an information server of the caller’s member',
  requirements: ['T3'],
  callers: 'administrator',
  input: InformationServer.pick({ address: true, certificateAuthority: true }).extend({
    reason: z.string().trim().min(1).max(500),
  }),
  output: InformationServer,
  refusals: ['TL-SERVER-EXISTS'],
  rest: { method: 'post', path: '/information-servers', success: 201 },
  dataFlow: flow('Register an information server', 'Address, certificate authority', {
    stakeholder: 'Administrator of a member',
    flow: 'C',
    category: 'Directory entry',
  }),
  touches: (input) => ({ reads: [servers.key(input.address)], writes: [servers.key(input.address)] }),
});

export const registerThing = defineOperation({
  ...submit,
  name: 'registerThing',
  summary: 'Register a product, batch, container or raw material',
  requirements: ['T1'],
  callers: ['accounting'],
  input: z.strictObject({ thing: Identifier, kind: ThingKind, quantity: Quantity }),
  output: z.strictObject({ thing: Identifier, registrant: ParticipantId, txId: z.string() }),
  refusals: ['TL-THING-EXISTS', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'post', path: '/things', success: 201 },
  dataFlow: flow('Register a thing', 'Identifier, kind, quantity', { category: 'Thing' }),
  touches: ({ thing }) => ({ reads: [things.key(thing)], writes: [things.key(thing)] }),
});

export const announceMappingRecord = defineOperation({
  ...submit,
  name: 'announceMappingRecord',
  summary: 'Announce a transfer of custody, or the origin of a thing',
  requirements: ['T2'],
  callers: ['accounting'],
  input: Announcement.extend({
    signature: Signature.optional().describe(
      'ES256 over the statement of this one announcement, by accounts that keep their own key; the gateway signs for the others',
    ),
  }),
  item: Announcement,
  output: z.strictObject({
    recordId: RecordId,
    status: RecordStatus,
    deadline: Instant.describe('Votes are taken until then'),
    txId: z.string(),
  }),
  refusals: [
    'TL-ID-CHECK-DIGIT',
    'TL-THING-UNKNOWN',
    'TL-CUSTODY-NOT-HOLDER',
    'TL-CUSTODY-NOT-REGISTRANT',
    'TL-CUSTODY-PENDING',
    'TL-CUSTODY-NO-ORIGIN',
    'TL-CUSTODY-HAS-ORIGIN',
    'TL-CUSTODY-SELF-TRANSFER',
    'TL-QUANTITY-MISMATCH',
    'TL-EVENT-IN-FUTURE',
    'TL-EVENT-OUT-OF-ORDER',
    'TL-SIGNATURE-INVALID',
    'TL-STATEMENT-EXISTS',
    'TL-RECIPIENT-UNKNOWN',
    'TL-RECIPIENT-UNFIT',
    'TL-SERVER-UNKNOWN',
    'TL-SERVER-FOREIGN',
    'TL-REGULATORS-TOO-FEW',
  ],
  rest: { method: 'post', path: '/mapping-records', success: 201 },
  dataFlow: flow('Announce a mapping record', 'Identifier, accounts, hash, time, place, quantity, signature'),
  touches: (input) => ({
    reads: [
      things.key(input.thing),
      trails.key(input.thing),
      participants.key(input.to),
      servers.key(input.informationServer),
    ],
    writes: [trails.key(input.thing)],
  }),
});

const Ballot = z.strictObject({
  decision: z.enum(['accept', 'reject']),
  reasons: z.array(RefusalSchema).max(10).default([]).describe('Why it is rejected; at least one when it is'),
});

const voting = {
  ...submit,
  requirements: ['T4'],
  callers: ['verifier'],
  refusals: [
    'TL-RECORD-UNKNOWN',
    'TL-VOTE-TWICE',
    'TL-VOTE-LATE',
    'TL-VOTE-NOT-REGULATOR',
    'TL-INPUT-INVALID',
  ],
  dataFlow: flow('Vote on a mapping record', 'Decision with reasons', {
    stakeholder: 'Regulator',
    category: 'Vote',
    deviceType: 'Verifier agent',
  }),
} as const;

const touchedByVote = (statementId: string, caller: string): Touches => {
  const vote = votes.key(statementId, memberOf(caller));
  return { reads: [statements.key(statementId), vote], writes: [vote] };
};

export const voteOnRecord = defineOperation({
  ...voting,
  name: 'voteOnRecord',
  summary: 'Accept or reject an announced mapping record for the caller’s regulator',
  input: Ballot.extend({ recordId: RecordId }),
  output: Vote,
  rest: { method: 'post', path: '/mapping-records/{recordId}/votes', success: 201 },
  touches: ({ recordId }, caller) => touchedByVote(placeOfRecord(recordId).statementId, caller),
});

export const voteOnRecords = defineOperation({
  ...voting,
  name: 'voteOnRecords',
  summary: 'Accept or reject records of one statement together for the caller’s regulator',
  input: Ballot.extend({ statementId: StatementId, records: Runs }),
  output: z.strictObject({
    statementId: StatementId,
    regulator: MemberName,
    cast: z
      .int()
      .describe('Records voted on now; those that the regulator had voted on just so do not count'),
  }),
  rest: { method: 'post', path: '/statements/{statementId}/votes', success: 201 },
  touches: ({ statementId }, caller) => touchedByVote(statementId, caller),
});

export const getThing = defineOperation({
  ...evaluate,
  name: 'getThing',
  summary: 'A thing with its present holder',
  requirements: ['T1', 'T2'],
  input: z.strictObject({ thing: Identifier }),
  output: z.strictObject({
    thing: Thing,
    holder: ParticipantId.optional().describe(
      'That of the outermost thing around it; absent until an origin is accepted, and after the thing ended',
    ),
    within: z.array(Identifier).describe('What it lies in or is built into, innermost first'),
    pending: RecordId.optional().describe('The record that waits for its decision'),
  }),
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/things/{thing}' },
  dataFlow: flow('Look a thing up', 'Identifier, holder'),
});

export const getMappingRecord = defineOperation({
  ...evaluate,
  name: 'getMappingRecord',
  summary: 'A mapping record with its votes and status',
  requirements: ['T2', 'T4'],
  input: z.strictObject({ recordId: RecordId }),
  output: DecidedRecord,
  refusals: ['TL-RECORD-UNKNOWN'],
  rest: { method: 'get', path: '/mapping-records/{recordId}' },
  dataFlow: flow('Read a mapping record', 'Mapping record, votes, status'),
});

export const getStatement = defineOperation({
  ...evaluate,
  name: 'getStatement',
  summary: 'What an account signed, and what became of the records in it',
  requirements: ['T2', 'T4', 'X2'],
  input: z.strictObject({ statementId: StatementId }),
  output: z.strictObject({
    statementId: StatementId,
    by: ParticipantId,
    text: z.string().describe('Just as it was signed'),
    signature: Signature,
    records: z.array(DecidedRecord).describe('Of a statement of announcements'),
  }),
  refusals: ['TL-STATEMENT-UNKNOWN'],
  rest: { method: 'get', path: '/statements/{statementId}' },
  dataFlow: flow('Read a statement', 'Signed text, mapping records, votes, status'),
});

export const getInformationServer = defineOperation({
  ...evaluate,
  name: 'getInformationServer',
  summary: 'The member and certificate authority behind the address of an information server',
  requirements: ['T3'],
  input: z.strictObject({ address: ServerAddress }),
  output: InformationServer,
  refusals: ['TL-SERVER-UNKNOWN'],
  rest: { method: 'get', path: '/information-servers/{address}' },
  dataFlow: flow('Look an information server up', 'Address, member, certificate authority', {
    category: 'Directory entry',
  }),
});
