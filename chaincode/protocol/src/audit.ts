// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Bundle, BUNDLE_TRANSACTIONS } from './bundle';
import { Identifier } from './identifiers/identifier';
import { Instant, MemberName, ParticipantId } from './values';

/** The most things that a row spells out; the rest is counted. */
export const AUDIT_THINGS = 20;

const BlockNumber = z.coerce.number().int().min(0);

/** Which transactions an audit asks for; what is left out does not matter. All conditions hold together. */
export const AuditFilter = z.strictObject({
  participant: ParticipantId.optional().describe('Who called'),
  member: MemberName.optional().describe('Whose participant or administrator called'),
  about: ParticipantId.optional().describe('Whom the transaction names'),
  thing: Identifier.optional().describe('What it names; votes name the things of their records'),
  operation: z
    .string()
    .max(100)
    .regex(/^([\w.-]+:)?\w+$/)
    .optional()
    .describe('By name, `voteOnRecord`, or id, `traceability:voteOnRecord`'),
  since: Instant.optional(),
  until: Instant.optional(),
  fromBlock: BlockNumber.optional(),
  toBlock: BlockNumber.optional(),
  validity: z.enum(['valid', 'invalid']).optional().describe('Whether it took effect'),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

/** The most operations that a row names, and the most characters of a name. */
const OPERATIONS = 1000;
const NAME_LENGTH = 200;
/** The most bytes of signed statements that a transaction takes, and readers read of one; an honest batch has a fraction. */
export const CALLED_BYTES = 4 * 1024 * 1024;
/** What stands for names that no operation can have. */
const UNREADABLE = 'unreadable';

/**
 * The operations of a transaction as a row names them: each once, the first thousand. Whoever may write to the channel
 * can have anything ordered as a name, which a row must bear.
 */
export function calledNames(operations: readonly unknown[]): string[] {
  const names = operations.map((name) =>
    typeof name === 'string' && name.length <= NAME_LENGTH && /^[\w.:-]+$/.test(name) ? name : UNREADABLE,
  );
  return [...new Set(names)].slice(0, OPERATIONS);
}

/** One transaction: who did what to which things, when, and what became of it (requirement X2). */
export const AuditRow = z
  .strictObject({
    block: z.int().min(0),
    index: z.int().min(0).describe('Place in the block'),
    txId: z.string().max(200),
    at: Instant.optional().describe('As the caller stated it; absent where that is no time'),
    participant: z
      .string()
      .max(400)
      .optional()
      .describe('Who signed it; absent where no certificate says it, as in the first block'),
    operations: z.array(z.string().max(NAME_LENGTH)).max(OPERATIONS).describe('What was called, each once'),
    things: z.array(z.string().max(512)).max(AUDIT_THINGS).describe('The first of those it names'),
    thingCount: z.int().min(0).describe('How many it names'),
    outcome: z.string().max(60).describe('Name of Fabric’s validation code; `VALID` took effect'),
  })
  .meta({ id: 'AuditRow' });
export type AuditRow = z.infer<typeof AuditRow>;

/** What of the ledger an audit may show its caller. */
export const AuditScope = z
  .enum(['all', 'member', 'participant'])
  .describe(
    'all: for auditors and verifiers; member: what the caller’s member did or is named in, for its administrators; participant: what the caller did or is named in',
  );
export type AuditScope = z.infer<typeof AuditScope>;

/** A file that answers who did what, with what proves each row (requirement X2). */
export const AuditReport = z
  .strictObject({
    type: z.literal('ThingLedgerAuditReport'),
    version: z.literal(1),
    channel: z.string().min(1).max(249),
    asked: AuditFilter,
    by: z.string().max(400).describe('Who asked'),
    at: Instant.describe('When, by the gateway’s clock'),
    scope: AuditScope,
    block: z.int().describe('The last block that the answer knows of'),
    rows: z.array(AuditRow).max(BUNDLE_TRANSACTIONS).describe('In the order of the ledger'),
    next: z.string().max(40).optional().describe('There are more rows: hand it back as `after`'),
    withoutReceipt: z
      .array(z.string().max(40))
      .max(BUNDLE_TRANSACTIONS)
      .describe(
        'Rows that are no transaction of the members’ chaincode, by `block.index`: nothing proves them here',
      ),
    bundle: Bundle,
  })
  .meta({ id: 'AuditReport' });
export type AuditReport = z.infer<typeof AuditReport>;
