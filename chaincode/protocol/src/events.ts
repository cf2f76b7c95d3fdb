// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Identifier } from './identifiers/identifier';
import { Runs, StatementId } from './statement';
import { EntryId, Instant, MemberName, ParticipantId } from './values';

/** The domain events of a transaction. Names are past tense; a published name keeps its meaning. */
export const DomainEvent = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('RulesChanged'), by: z.string() }),
    z.strictObject({ type: z.literal('AccessMatrixChanged'), by: z.string(), version: z.int() }),
    z.strictObject({ type: z.literal('ParticipantRegistered'), participant: ParticipantId }),
    z.strictObject({ type: z.literal('ParticipantChanged'), participant: ParticipantId, status: z.string() }),
    z.strictObject({ type: z.literal('ProposalMade'), proposalId: EntryId }),
    z.strictObject({ type: z.literal('BallotCast'), proposalId: EntryId, member: MemberName }),
    z.strictObject({
      type: z.literal('InformationServerRegistered'),
      address: z.string(),
      member: MemberName,
    }),
    z.strictObject({
      type: z.literal('LocationRegistered'),
      location: z.string(),
      member: MemberName,
      account: ParticipantId,
    }),
    z.strictObject({ type: z.literal('ThingRegistered'), thing: Identifier, registrant: ParticipantId }),
    z.strictObject({
      type: z.literal('MappingRecordsAnnounced'),
      statementId: StatementId,
      records: Runs.describe('The records of the statement that were announced'),
      accounts: z.array(ParticipantId).describe('Everybody who takes part, in order'),
      deadline: Instant,
    }),
    z.strictObject({
      type: z.literal('ThingsChanged'),
      statementId: StatementId,
      records: Runs.describe('The changes of the statement that were made'),
      by: ParticipantId,
    }),
    z.strictObject({
      type: z.literal('EventsCaptured'),
      statementId: StatementId,
      records: Runs.describe('The events of the statement that were captured'),
      by: ParticipantId,
    }),
    z.strictObject({
      type: z.literal('VotesCast'),
      statementId: StatementId,
      records: Runs,
      regulator: MemberName,
      verifier: ParticipantId,
      decision: z.enum(['accept', 'reject']),
    }),
  ])
  .meta({ id: 'DomainEvent' });
export type DomainEvent = z.infer<typeof DomainEvent>;

/** The name of the one chaincode event that a transaction sets: Fabric keeps only the last. */
export const EVENT_NAME = 'thingledger';

/** The payload of that event. */
export const EventEnvelope = z.strictObject({
  at: Instant,
  caller: z.string(),
  events: z.array(DomainEvent),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;

/** The payload of a chaincode event; undefined when it is not one of ours or can not be read. */
export function readEnvelope(event: {
  readonly name: string;
  readonly payload: Uint8Array;
}): EventEnvelope | undefined {
  if (event.name !== EVENT_NAME) return undefined;
  try {
    return EventEnvelope.parse(JSON.parse(Buffer.from(event.payload).toString('utf8')));
  } catch {
    return undefined; // A chaincode of another version: what it announces can not be acted on.
  }
}
