// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Disclosure } from '../disclosure';
import { Identifier } from '../identifiers/identifier';
import { defineOperation, type DataFlow } from '../operation';
import { Quantity } from '../quantity';
import { RecordId } from '../statement';
import { Instant, MemberName, ParticipantId, Place, Reason, Role, Sha256, Signature } from '../values';
import { RefusalSchema } from './batch';
import { ChangeStep, getProvenance } from './changes';
import { DecidedRecord, RecordStatus, Thing } from './traceability';

/**
 * The document behind a mapping record (requirement T3). The named members repeat what the record says, so that a
 * verifier can compare them; the rest is the member's own: origin, readings, certificates, business identities.
 */
export const TraceabilityData = z
  .looseObject({
    thing: z.string().min(1).max(512),
    quantity: Quantity,
    eventTime: z.iso.datetime({ offset: true }),
    from: ParticipantId.optional(),
    to: ParticipantId,
    place: Place,
    salt: z
      .string()
      .min(22)
      .max(128)
      .optional()
      .describe('Random, so that the hash tells nothing; added by the gateway'),
  })
  .meta({ id: 'TraceabilityData' });
export type TraceabilityData = z.infer<typeof TraceabilityData>;

/** The members of {@link TraceabilityData} that verifiers compare with the record; their pointers. */
export const COMPARED_MEMBERS = ['/thing', '/quantity', '/eventTime', '/from', '/to', '/place'] as const;

const local = { contract: 'gateway', mode: 'local' } as const;

const flow = (activity: string, dataType: string, over: Partial<DataFlow> = {}): DataFlow => ({
  useCase: 'Traceability',
  activity,
  scope: 'between',
  stakeholder: 'Accounting member',
  category: 'Traceability data',
  flow: 'B',
  dataType,
  deviceType: 'Information server',
  ...over,
});

export const storeTraceabilityData = defineOperation({
  ...local,
  name: 'storeTraceabilityData',
  summary: 'Store a document in the member’s information server and learn its hash',
  requirements: ['T3', 'X12'],
  callers: ['accounting'],
  input: z.strictObject({ document: TraceabilityData }),
  output: z.strictObject({ hash: Sha256, size: z.int(), informationServer: z.string() }),
  refusals: [
    'TL-INPUT-TOO-LARGE',
    'TL-DATA-MEMBERS',
    'TL-DATA-DELETED',
    'TL-ID-CHECK-DIGIT',
    'TL-ID-MALFORMED',
  ],
  rest: { method: 'post', path: '/traceability-data', success: 201 },
  dataFlow: flow('Store traceability data', 'Origin, readings, certificates, business identities', {
    scope: 'inside',
  }),
});

export const getTraceabilityData = defineOperation({
  ...local,
  name: 'getTraceabilityData',
  summary: 'What the caller may see of a document of the member’s own information server, by its hash',
  requirements: ['T3', 'T7'],
  callers: 'participant',
  input: z.strictObject({ hash: Sha256 }),
  output: Disclosure,
  refusals: ['TL-DATA-UNKNOWN', 'TL-DATA-DELETED', 'TL-DATA-NOT-ENTITLED', 'TL-DATA-ALTERED'],
  rest: { method: 'get', path: '/traceability-data/{hash}' },
  dataFlow: flow('Read traceability data', 'Disclosure of traceability data'),
});

export const getDisclosure = defineOperation({
  ...local,
  name: 'getDisclosure',
  summary: 'What the caller may see of the data of a record, as a file that can be checked off-line',
  requirements: ['T3', 'T7'],
  callers: 'participant',
  input: z.strictObject({
    recordId: RecordId,
    through: Identifier.optional().describe('The thing whose trace led to the record, when it is another'),
  }),
  output: Disclosure,
  refusals: [
    'TL-RECORD-UNKNOWN',
    'TL-VERIFY-HASH',
    'TL-VERIFY-DOCUMENT',
    'TL-VERIFY-MISSING',
    'TL-VERIFY-REFUSED',
    'TL-VERIFY-UNREACHABLE',
    'TL-VERIFY-TLS',
    'TL-VERIFY-SLOW',
    'TL-VERIFY-REDIRECT',
    'TL-VERIFY-OVERSIZE',
    'TL-VERIFY-ADDRESS',
  ],
  rest: { method: 'get', path: '/mapping-records/{recordId}/disclosure' },
  dataFlow: flow('Take a copy of the data of a record', 'Disclosure of traceability data', {
    stakeholder: 'Any entitled participant',
  }),
});

/** Proof that a document was destroyed: its key is gone, the hash on the ledger stays and means nothing (X12). */
export const DeletionCertificate = z
  .strictObject({
    hash: Sha256,
    member: MemberName,
    deletedBy: ParticipantId,
    deletedAt: Instant,
    reason: z.string(),
    signedBy: z
      .string()
      .describe('PEM of the X.509 certificate of the signing key, issued by the member’s authority'),
    signature: Signature.describe(
      'ES256 over the canonical form of the other members and `"type":"ThingLedgerDeletionCertificate"`',
    ),
  })
  .meta({ id: 'DeletionCertificate' });
export type DeletionCertificate = z.infer<typeof DeletionCertificate>;

export const deleteTraceabilityData = defineOperation({
  ...local,
  name: 'deleteTraceabilityData',
  summary: 'Destroy a document and its key; the ledger stays valid',
  requirements: ['X12'],
  callers: 'participant',
  input: z.strictObject({ hash: Sha256, reason: Reason }),
  output: DeletionCertificate,
  refusals: ['TL-DATA-UNKNOWN', 'TL-DATA-DELETED', 'TL-DATA-NOT-ENTITLED'],
  rest: { method: 'post', path: '/traceability-data/{hash}/deletion' },
  dataFlow: flow('Delete traceability data', 'Hash, deletion certificate', { scope: 'inside' }),
});

/** What became of the data of one hop (requirement T6). */
export const Verdict = z
  .enum(['ok', 'altered', 'missing', 'unreachable', 'not-entitled'])
  .meta({ id: 'Verdict' });
export type Verdict = z.infer<typeof Verdict>;

/** One hop of a trace: the decided record, its data, and whether the data is what was announced. */
export const Hop = z
  .strictObject({
    record: DecidedRecord,
    verdict: Verdict,
    reason: RefusalSchema.optional(),
    data: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('What the caller may see of the data; present when the verdict is ok'),
    hidden: z
      .int()
      .optional()
      .describe('How many members of the data the caller may not see; the hash was checked with them'),
    disclosure: Disclosure.optional().describe('In a proof: the copy itself, to compute the hash anew'),
  })
  .meta({ id: 'Hop' });
export type Hop = z.infer<typeof Hop>;

/** One thing of a trace: how it came to where it is, or was when it ended. */
export const TracedThing = z
  .strictObject({
    thing: Thing,
    hops: z
      .array(Hop)
      .describe('Newest first, with those of what it lay in; the last of a registered thing is the origin'),
    changes: z.array(ChangeStep).describe('The changes that named it, newest first'),
  })
  .meta({ id: 'TracedThing' });
export type TracedThing = z.infer<typeof TracedThing>;

export const traceThing = defineOperation({
  ...local,
  name: 'traceThing',
  summary: 'Trace a thing and all it was made of back to the origins, with a verdict at each hop',
  requirements: ['T5', 'T6', 'T9', 'T10'],
  callers: 'participant',
  input: getProvenance.input,
  output: TracedThing.extend({
    holder: ParticipantId.optional(),
    pending: DecidedRecord.optional(),
    sources: z
      .array(TracedThing)
      .describe('What it was made of and the parts built into it, at every remove, nearest first'),
    reachesOrigin: z.boolean().describe('True when it and all its sources reach an origin'),
    complete: z
      .boolean()
      .describe('True when it and all its sources reach an origin and every verdict is ok'),
  }),
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  provenBy: 'getProvenance',
  rest: { method: 'get', path: '/things/{thing}/trace' },
  dataFlow: flow('Trace back', 'Mapping records, traceability data, verdicts', {
    stakeholder: 'Any entitled participant',
  }),
});

/** One entry of the verification queue. */
export const QueueEntry = z
  .strictObject({
    recordId: RecordId,
    thing: Identifier,
    announcedAt: Instant,
    deadline: Instant,
    status: RecordStatus,
    ownVote: z.enum(['accept', 'reject']).optional(),
    findings: z.array(RefusalSchema).describe('What the agent found; empty when all checks passed'),
  })
  .meta({ id: 'QueueEntry' });
export type QueueEntry = z.infer<typeof QueueEntry>;

export const listVerificationQueue = defineOperation({
  ...local,
  name: 'listVerificationQueue',
  summary: 'Records that wait for a decision, with what the agent of this member found',
  requirements: ['T4'],
  callers: ['verifier', 'auditor'],
  input: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
  output: z.strictObject({ entries: z.array(QueueEntry) }),
  refusals: [],
  rest: { method: 'get', path: '/verification-queue' },
  dataFlow: flow('Read the verification queue', 'Mapping records, findings', {
    stakeholder: 'Regulator',
    scope: 'inside',
  }),
});

/** Most rows that an answer of the read model may have, whatever a gateway is configured to. */
const SQL_ROWS = 10_000;

export const querySql = defineOperation({
  ...local,
  name: 'querySql',
  summary: 'Ask the read model in SQL: one SELECT over the published views',
  requirements: ['X9'],
  callers: 'participant',
  input: z.strictObject({
    query: z.string().min(1).max(10_000).describe('One SELECT in PostgreSQL’s language'),
    rows: z.int().min(1).max(SQL_ROWS).default(1000).describe('Most rows to answer with'),
  }),
  output: z.strictObject({
    columns: z.array(z.string()).describe('Names in order; empty when there is no row'),
    rows: z.array(z.record(z.string(), z.unknown())),
    truncated: z.boolean().describe('There are more rows'),
    block: z.int().describe('The last block that the answer knows of; -1 before the first'),
  }),
  refusals: [
    'TL-SQL-MALFORMED',
    'TL-SQL-NOT-A-QUERY',
    'TL-SQL-FORBIDDEN',
    'TL-SQL-FAILED',
    'TL-SQL-TIMEOUT',
    'TL-SQL-TOO-LARGE',
    'TL-READ-MODEL-OFF',
    'TL-READ-MODEL-UNAVAILABLE',
  ],
  rest: { method: 'post', path: '/sql' },
  dataFlow: flow('Ask in SQL', 'Rows with block, transaction and hash', {
    useCase: 'Queries',
    scope: 'inside',
    stakeholder: 'Any participant',
    category: 'Ledger data',
    flow: 'D',
    deviceType: 'Enterprise system',
  }),
});

export const enrolParticipant = defineOperation({
  ...local,
  name: 'enrolParticipant',
  summary: 'Create the key, certificate and API key of a participant and register it on the ledger',
  requirements: ['X1', 'X10'],
  callers: 'administrator',
  input: z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
    roles: z.array(Role).min(1).max(6),
    reason: Reason,
  }),
  output: z.strictObject({
    participant: ParticipantId,
    apiKey: z.string().describe('Shown once; only its digest is kept'),
  }),
  refusals: ['TL-PARTICIPANT-EXISTS', 'TL-RULES-INVALID'],
  rest: { method: 'post', path: '/enrolments', success: 201 },
  dataFlow: flow('Enrol a participant', 'Name, roles, key', {
    stakeholder: 'Administrator of a member',
    category: 'Identity',
    flow: 'C',
    deviceType: 'Workstation',
  }),
});

export const getCaller = defineOperation({
  ...local,
  name: 'getCaller',
  summary: 'Who the gateway takes the caller for',
  requirements: ['X1'],
  callers: 'anyone',
  input: z.strictObject({}),
  output: z.strictObject({
    caller: z.string(),
    member: MemberName,
    administrator: z.boolean(),
    roles: z.array(Role).describe('As on the ledger; empty for administrators and unregistered callers'),
    status: z.enum(['active', 'suspended', 'unregistered']),
  }),
  refusals: [],
  rest: { method: 'get', path: '/caller' },
  dataFlow: flow('Ask who I am', 'Participant id, roles', {
    category: 'Identity',
    flow: 'D',
    deviceType: 'Enterprise system',
    scope: 'inside',
  }),
});
