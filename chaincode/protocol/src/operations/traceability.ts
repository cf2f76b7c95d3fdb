// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { canonicalJson, sha256 } from '../canonical';
import { defineCollection } from '../collections';
import { Identifier, normaliseIdentifier } from '../identifiers/identifier';
import { defineOperation, type DataFlow } from '../operation';
import { Quantity } from '../quantity';
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

/**
 * What a thing is called in state keys and record ids: 160 bits of the SHA-256 of its canonical identifier, in
 * hexadecimal. Whoever reads by it compares the identifier.
 */
export function thingDigest(thing: string): string {
  return sha256(thing).slice(0, 40);
}

/**
 * The id of a mapping record: the digest of its thing, a dot, and up to 23 characters of what was chosen, without
 * dashes. Only announcements of a thing can take its ids, so that no other record has to be looked for.
 */
export function recordIdOf(thing: string, chosen: string): string {
  return `${thingDigest(thing)}.${chosen.replaceAll('-', '').slice(0, 23)}`;
}

/** What the announcing account says and signs of one transfer of custody (requirement T2). */
export const Announcement = z.strictObject({
  recordId: EntryId,
  thing: Identifier,
  informationServer: ServerAddress.describe(
    'Where the traceability data is served; registered on the ledger',
  ),
  dataHash: Sha256.describe('SHA-256 of the traceability data'),
  from: ParticipantId.optional().describe('Transfer-out account; left out at the origin'),
  to: ParticipantId.describe('Transfer-in account'),
  eventTime: Instant,
  quantity: Quantity,
  place: Place,
  signature: Signature.describe(
    'ES256 of the announcing account over the canonical form; left out in REST, the gateway signs for accounts in its wallet',
  ),
});
export type Announcement = z.infer<typeof Announcement>;

const signedMembers = [
  'recordId',
  'thing',
  'informationServer',
  'dataHash',
  'from',
  'to',
  'eventTime',
  'quantity',
  'place',
] as const satisfies readonly (keyof Announcement)[];

/**
 * The text whose UTF-8 bytes the signature of an announcement covers: RFC 8785 of its members without the signature,
 * and a tag. It is the same for a mapping record, whatever the ledger added to it.
 */
export function announcementToSign(announcement: Omit<Announcement, 'signature'>): string {
  const signed = Object.fromEntries(signedMembers.map((name) => [name, announcement[name]]));
  return canonicalJson({ ...signed, type: 'ThingLedgerMappingRecord' });
}

/**
 * A mapping record as it lies in state: what was announced, without what its thing's row says already, and the version
 * of the rules it was announced under, from which its terms follow.
 */
export const StoredRecord = Announcement.omit({ thing: true, quantity: true }).extend({
  announcedAt: Instant,
  rules: z.int(),
  previous: EntryId.optional(),
  previousEventTime: Instant.optional(),
  txId: z.string(),
});
export type StoredRecord = z.infer<typeof StoredRecord>;

/** A thing that the consortium traces. */
export const Thing = z
  .strictObject({
    thing: Identifier,
    kind: ThingKind,
    quantity: Quantity,
    registrant: ParticipantId,
    registeredAt: Instant,
    txId: z.string(),
  })
  .meta({ id: 'Thing' });
export type Thing = z.infer<typeof Thing>;

/**
 * A thing's row in state: the thing and its last mapping record, so that announcing reads one row and writes one. The
 * record before it moves to a row of its own.
 */
export const ThingRow = Thing.extend({ head: StoredRecord.optional() });
export type ThingRow = z.infer<typeof ThingRow>;

/** A mapping record on the ledger. Its status is not kept: it follows from the record, its votes and the time. */
export const MappingRecord = Announcement.extend({
  announcedAt: Instant,
  deadline: Instant.describe('Votes are taken until then'),
  expiry: Instant.describe('Undecided until then, it is expired: two clock windows after the deadline'),
  quorum: z.int().describe('Accepting regulators needed; the rule in force when it was announced'),
  regulators: z.array(MemberName).describe('Who may vote: the active regulators when it was announced'),
  previous: EntryId.optional().describe('The accepted record that brought the thing to `from`'),
  txId: z.string(),
}).meta({ id: 'MappingRecord' });
export type MappingRecord = z.infer<typeof MappingRecord>;

/** A regulator's vote on a record, cast by one of its verifiers: a key of its own, and final. */
export const Vote = z
  .strictObject({
    recordId: EntryId,
    regulator: MemberName,
    verifier: ParticipantId,
    decision: z.enum(['accept', 'reject']),
    reasons: z.array(RefusalSchema).max(10).describe('Why it was rejected'),
    at: Instant,
    txId: z.string(),
  })
  .meta({ id: 'Vote' });
export type Vote = z.infer<typeof Vote>;

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

/** By {@link thingDigest}. */
export const things = defineCollection('thing', ThingRow);
/** Records that are no longer the last of their thing, by record id. */
export const records = defineCollection('record', StoredRecord);
export const votes = defineCollection('vote', Vote);
export const servers = defineCollection('server', InformationServer);

const rowOf = (thing: string): string => things.key(thingDigest(thing));

/** The digest of the thing that a record id belongs to. */
export function thingOfRecord(recordId: string): string {
  return recordId.slice(0, recordId.indexOf('.'));
}

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
  touches: ({ thing }) => ({ reads: [rowOf(thing)], writes: [rowOf(thing)] }),
});

export const announceMappingRecord = defineOperation({
  ...submit,
  name: 'announceMappingRecord',
  summary: 'Announce a transfer of custody, or the origin of a thing',
  requirements: ['T2'],
  callers: ['accounting'],
  input: Announcement,
  output: z.strictObject({
    recordId: EntryId,
    thing: Identifier,
    status: RecordStatus,
    deadline: Instant.describe('Votes are taken until then'),
    txId: z.string(),
  }),
  refusals: [
    'TL-ID-CHECK-DIGIT',
    'TL-THING-UNKNOWN',
    'TL-RECORD-EXISTS',
    'TL-RECORD-ID',
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
    'TL-RECIPIENT-UNKNOWN',
    'TL-RECIPIENT-UNFIT',
    'TL-SERVER-UNKNOWN',
    'TL-SERVER-FOREIGN',
    'TL-REGULATORS-TOO-FEW',
  ],
  rest: { method: 'post', path: '/mapping-records', success: 201 },
  dataFlow: flow('Announce a mapping record', 'Identifier, accounts, hash, time, place, quantity, signature'),
  idMember: 'recordId',
  newId: ({ thing }, chosen) =>
    typeof thing === 'string' ? recordIdOf(normaliseIdentifier(thing), chosen) : chosen,
  signatureMember: 'signature',
  touches: (input) => ({
    reads: [rowOf(input.thing), participants.key(input.to), servers.key(input.informationServer)],
    writes: [rowOf(input.thing)],
  }),
});

export const voteOnRecord = defineOperation({
  ...submit,
  name: 'voteOnRecord',
  summary: 'Accept or reject an announced mapping record for the caller’s regulator',
  requirements: ['T4'],
  callers: ['verifier'],
  input: z.strictObject({
    recordId: EntryId,
    decision: z.enum(['accept', 'reject']),
    reasons: z
      .array(RefusalSchema)
      .max(10)
      .default([])
      .describe('Why it is rejected; at least one when it is'),
  }),
  output: Vote,
  refusals: [
    'TL-RECORD-UNKNOWN',
    'TL-VOTE-TWICE',
    'TL-VOTE-LATE',
    'TL-VOTE-NOT-REGULATOR',
    'TL-INPUT-INVALID',
  ],
  rest: { method: 'post', path: '/mapping-records/{recordId}/votes', success: 201 },
  dataFlow: flow('Vote on a mapping record', 'Decision with reasons', {
    stakeholder: 'Regulator',
    category: 'Vote',
    deviceType: 'Verifier agent',
  }),
  touches: (input, caller) => {
    const vote = votes.key(input.recordId, memberOf(caller));
    return { reads: [things.key(thingOfRecord(input.recordId)), vote], writes: [vote] };
  },
});

export const getThing = defineOperation({
  ...evaluate,
  name: 'getThing',
  summary: 'A thing with its present holder',
  requirements: ['T1', 'T2'],
  input: z.strictObject({ thing: Identifier }),
  output: z.strictObject({
    thing: Thing,
    holder: ParticipantId.optional().describe('Absent until an origin is accepted'),
    pending: EntryId.optional().describe('The record that waits for its decision'),
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
  input: z.strictObject({ recordId: EntryId }),
  output: DecidedRecord,
  refusals: ['TL-RECORD-UNKNOWN'],
  rest: { method: 'get', path: '/mapping-records/{recordId}' },
  dataFlow: flow('Read a mapping record', 'Mapping record, votes, status'),
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

export const getCustodyChain = defineOperation({
  ...evaluate,
  name: 'getCustodyChain',
  summary: 'The accepted records of a thing from its present holder back to the origin',
  requirements: ['T6'],
  input: z.strictObject({
    thing: Identifier,
    at: Instant.optional().describe('As things stood at this time; now when left out'),
  }),
  output: z.strictObject({
    thing: Thing,
    holder: ParticipantId.optional(),
    pending: DecidedRecord.optional(),
    records: z.array(DecidedRecord).describe('Newest first; the last is the origin'),
  }),
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/things/{thing}/custody' },
  dataFlow: flow('Walk the custody chain', 'Mapping records with votes'),
});
