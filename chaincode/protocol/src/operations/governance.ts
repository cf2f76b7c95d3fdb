// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { AccessRows } from '../access';
import { defineCollection } from '../collections';
import { defineOperation, type DataFlow } from '../operation';
import { EntryId, Instant, memberOf, MemberName, ParticipantId, PublicKey, Reason, Role } from '../values';

const Roles = z.array(Role).min(1).max(6).describe('At least one role');

/** Who changed an entry last, when, why, in which transaction (requirements X1, X2). */
export const Decision = z
  .strictObject({ by: z.string(), at: Instant, reason: z.string(), txId: z.string() })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;

/** A person, company or device registered by its member. */
export const Participant = z
  .strictObject({
    participant: ParticipantId,
    member: MemberName,
    status: z.enum(['active', 'suspended']),
    roles: Roles,
    publicKey: PublicKey,
    decision: Decision,
  })
  .meta({ id: 'Participant' });
export type Participant = z.infer<typeof Participant>;

const seconds = (minimum: number, maximum: number): z.ZodNumber => z.int().min(minimum).max(maximum);

/** The rules that members change by vote. */
export const RuleSettings = z.strictObject({
  verificationQuorum: z
    .int()
    .min(1)
    .max(50)
    .describe('Accepting regulators that make a mapping record accepted'),
  verificationSeconds: seconds(5, 31_536_000).describe('Time verifiers have, from the announcement'),
  maximumSpeedKmh: z
    .int()
    .min(1)
    .max(40_000)
    .describe('Faster than this, nothing travels between two records'),
  clockToleranceSeconds: seconds(0, 900).describe('How far an event time may lie ahead of the ledger'),
  clockWindowSeconds: seconds(1, 900).describe(
    'How far from its own clock a peer lets a transaction’s time be (`peer.authentication.timewindow`); expiry waits for two of them, because each side may choose its time within one',
  ),
  proposalSeconds: seconds(5, 31_536_000).describe('Time members have to vote on a proposal'),
});
export type RuleSettings = z.infer<typeof RuleSettings>;

/** A member organisation of the consortium. Only regulators have verifiers, and each has one vote on a record. */
export const Member = z.strictObject({
  name: MemberName,
  regulator: z.boolean(),
  status: z.enum(['active', 'suspended']),
});
export type Member = z.infer<typeof Member>;

/** The consortium's rules and its members. */
export const Rules = RuleSettings.extend({
  version: z.int().describe('One more with every change; records keep the version they were announced under'),
  members: z.array(Member).min(1).max(100),
  decision: Decision,
}).meta({ id: 'Rules' });
export type Rules = z.infer<typeof Rules>;

/** The members that may vote on records announced under these rules: the active regulators. */
export function regulatorsOf({ members }: Rules): string[] {
  return members.filter(({ regulator, status }) => regulator && status === 'active').map(({ name }) => name);
}

/** What a proposal would change. */
export const RuleChange = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('settings'), settings: RuleSettings.partial() }),
    z.strictObject({
      kind: z.literal('admit-member'),
      member: MemberName,
      regulator: z.boolean().default(false),
    }),
    z.strictObject({ kind: z.literal('suspend-member'), member: MemberName }),
    z.strictObject({ kind: z.literal('reinstate-member'), member: MemberName }),
    z.strictObject({ kind: z.literal('access-matrix'), rows: AccessRows.describe('All of them anew') }),
  ])
  .meta({ id: 'RuleChange' });
export type RuleChange = z.infer<typeof RuleChange>;

/** Who sees what of traceability data (requirement T7), as the members last enacted it. */
export const AccessMatrix = z
  .strictObject({
    version: z.int().describe('One more with every change; 0 is the one that holds until the first'),
    rows: AccessRows,
    decision: Decision.optional().describe('Absent at version 0'),
  })
  .meta({ id: 'AccessMatrix' });
export type AccessMatrix = z.infer<typeof AccessMatrix>;

/** A change put to the vote of the members. */
export const Proposal = z
  .strictObject({
    proposalId: EntryId,
    change: RuleChange,
    members: z.array(MemberName).describe('Who may vote: the active members when it was proposed'),
    deadline: Instant,
    status: z.enum(['open', 'enacted']),
    decision: Decision,
  })
  .meta({ id: 'Proposal' });
export type Proposal = z.infer<typeof Proposal>;

/** One member's ballot on a proposal: a key of its own, so that ballots never conflict. */
export const Ballot = z
  .strictObject({
    proposalId: EntryId,
    member: MemberName,
    vote: z.enum(['for', 'against']),
    decision: Decision,
  })
  .meta({ id: 'Ballot' });
export type Ballot = z.infer<typeof Ballot>;

export const participants = defineCollection('participant', Participant);
export const rules = defineCollection('rules', Rules);
/** The access matrix in force, and each version under its number; apart from the rules, which every announcement reads. */
export const accessMatrices = defineCollection('access', AccessMatrix);
export const proposals = defineCollection('proposal', Proposal);
export const ballots = defineCollection('ballot', Ballot);

/** The id of the rules in force. Each version also stays under its number, for the records announced under it. */
export const RULES_IN_FORCE = 'current';
/** The id of the access matrix in force. */
export const ACCESS_IN_FORCE = 'current';
/** The key of the rules in force. */
export const RULES_KEY = rules.key(RULES_IN_FORCE);

const flow = (activity: string, dataType: string): DataFlow => ({
  useCase: 'Membership and roles',
  activity,
  scope: 'between',
  stakeholder: 'Administrator of a member',
  category: 'Governance record',
  flow: 'C',
  dataType,
  deviceType: 'Workstation',
});

const participantOf = (input: { participant: string }): { reads: string[]; writes: string[] } => {
  const key = participants.key(input.participant);
  return { reads: [key], writes: [key] };
};

const inGovernance = { contract: 'governance', mode: 'submit', callers: 'administrator' } as const;

export const initialiseGovernance = defineOperation({
  ...inGovernance,
  name: 'initialiseGovernance',
  summary: 'Give a new consortium its members and first rules',
  requirements: ['X1'],
  input: RuleSettings.extend({
    members: z
      .array(Member.omit({ status: true }))
      .min(1)
      .max(100),
    reason: Reason,
  }),
  output: Rules,
  refusals: ['TL-GOVERNANCE-INITIALISED', 'TL-RULES-INVALID'],
  rest: { method: 'post', path: '/rules', success: 201 },
  dataFlow: flow('Set the first rules', 'Members, quorum, time limits'),
  touches: () => ({ reads: [RULES_KEY], writes: [RULES_KEY] }),
});

export const registerParticipant = defineOperation({
  ...inGovernance,
  name: 'registerParticipant',
  summary: 'Register a participant of the caller’s member with its key and roles',
  requirements: ['X1', 'X10'],
  input: z.strictObject({ participant: ParticipantId, publicKey: PublicKey, roles: Roles, reason: Reason }),
  output: Participant,
  refusals: ['TL-PARTICIPANT-EXISTS', 'TL-PARTICIPANT-FOREIGN', 'TL-ROLE-NOT-REGULATOR'],
  rest: { method: 'post', path: '/participants', success: 201 },
  dataFlow: flow('Register a participant', 'Participant id, public key, roles'),
  touches: participantOf,
});

export const changeRoles = defineOperation({
  ...inGovernance,
  name: 'changeRoles',
  summary: 'Give a participant other roles',
  requirements: ['X1'],
  input: z.strictObject({ participant: ParticipantId, roles: Roles, reason: Reason }),
  output: Participant,
  refusals: ['TL-PARTICIPANT-UNKNOWN', 'TL-PARTICIPANT-FOREIGN', 'TL-ROLE-NOT-REGULATOR'],
  rest: { method: 'put', path: '/participants/{participant}/roles' },
  dataFlow: flow('Change roles', 'Participant id, roles'),
  touches: participantOf,
});

export const suspendParticipant = defineOperation({
  ...inGovernance,
  name: 'suspendParticipant',
  summary: 'Suspend a participant; it is refused at once, everywhere',
  requirements: ['X1'],
  input: z.strictObject({ participant: ParticipantId, reason: Reason }),
  output: Participant,
  refusals: ['TL-PARTICIPANT-UNKNOWN', 'TL-PARTICIPANT-FOREIGN', 'TL-PARTICIPANT-STATUS'],
  rest: { method: 'post', path: '/participants/{participant}/suspension' },
  dataFlow: flow('Suspend a participant', 'Participant id, reason'),
  touches: participantOf,
});

export const reinstateParticipant = defineOperation({
  ...inGovernance,
  name: 'reinstateParticipant',
  summary: 'Lift the suspension of a participant',
  requirements: ['X1'],
  input: z.strictObject({ participant: ParticipantId, reason: Reason }),
  output: Participant,
  refusals: ['TL-PARTICIPANT-UNKNOWN', 'TL-PARTICIPANT-FOREIGN', 'TL-PARTICIPANT-STATUS'],
  rest: { method: 'post', path: '/participants/{participant}/reinstatement' },
  dataFlow: flow('Reinstate a participant', 'Participant id, reason'),
  touches: participantOf,
});

const proposalOf = (input: { proposalId: string }): { reads: string[]; writes: string[] } => ({
  reads: [proposals.key(input.proposalId), RULES_KEY],
  writes: [proposals.key(input.proposalId)],
});

export const proposeRuleChange = defineOperation({
  ...inGovernance,
  name: 'proposeRuleChange',
  summary: 'Put a change of the rules, the membership or the access matrix to the vote of the members',
  requirements: ['X1', 'T7'],
  input: z.strictObject({ proposalId: EntryId, change: RuleChange, reason: Reason }),
  output: Proposal,
  refusals: ['TL-PROPOSAL-EXISTS', 'TL-ACCESS-INVALID'],
  rest: { method: 'post', path: '/proposals', success: 201 },
  dataFlow: flow('Propose a change of the rules', 'Proposed rules, reason'),
  idMember: 'proposalId',
  touches: proposalOf,
});

export const castBallot = defineOperation({
  ...inGovernance,
  name: 'castBallot',
  summary: 'Vote on a proposal for the caller’s member',
  requirements: ['X1'],
  input: z.strictObject({ proposalId: EntryId, vote: z.enum(['for', 'against']), reason: Reason }),
  output: Ballot,
  refusals: ['TL-PROPOSAL-UNKNOWN', 'TL-PROPOSAL-CLOSED', 'TL-BALLOT-TWICE', 'TL-MEMBER-UNKNOWN'],
  rest: { method: 'post', path: '/proposals/{proposalId}/ballots', success: 201 },
  dataFlow: flow('Vote on a proposal', 'Ballot, reason'),
  touches: (input, caller) => {
    const ballot = ballots.key(input.proposalId, memberOf(caller));
    return { reads: [proposals.key(input.proposalId), RULES_KEY, ballot], writes: [ballot] };
  },
});

export const enactProposal = defineOperation({
  ...inGovernance,
  name: 'enactProposal',
  summary: 'Put a proposal that a majority of the members voted for into force',
  requirements: ['X1'],
  input: z.strictObject({ proposalId: EntryId }),
  output: z.union([Rules, AccessMatrix]).describe('What is in force now'),
  refusals: ['TL-PROPOSAL-UNKNOWN', 'TL-PROPOSAL-CLOSED', 'TL-PROPOSAL-UNDECIDED', 'TL-RULES-INVALID'],
  rest: { method: 'post', path: '/proposals/{proposalId}/enactment' },
  dataFlow: flow('Enact a proposal', 'Proposal id'),
  // Only the proposal says which of the two it changes.
  touches: ({ proposalId }) => {
    const keys = [proposals.key(proposalId), RULES_KEY, accessMatrices.key(ACCESS_IN_FORCE)];
    return { reads: keys, writes: keys };
  },
});

const askGovernance = { contract: 'governance', mode: 'evaluate', callers: 'participant' } as const;

export const getRules = defineOperation({
  ...askGovernance,
  name: 'getRules',
  summary: 'The rules and members of the consortium',
  requirements: ['X1'],
  input: z.strictObject({}),
  output: Rules,
  refusals: ['TL-GOVERNANCE-UNINITIALISED'],
  rest: { method: 'get', path: '/rules' },
  dataFlow: flow('Read the rules', 'Members, quorum, time limits'),
});

export const getAccessMatrix = defineOperation({
  ...askGovernance,
  name: 'getAccessMatrix',
  summary: 'Who sees what of traceability data',
  requirements: ['T7'],
  input: z.strictObject({}),
  output: AccessMatrix,
  refusals: [],
  rest: { method: 'get', path: '/access-matrix' },
  dataFlow: flow('Read the access matrix', 'Roles, relations, document types, fields'),
});

export const getParticipant = defineOperation({
  ...askGovernance,
  name: 'getParticipant',
  summary: 'A participant with its roles and status',
  requirements: ['X1'],
  input: z.strictObject({ participant: ParticipantId }),
  output: Participant,
  refusals: ['TL-PARTICIPANT-UNKNOWN'],
  rest: { method: 'get', path: '/participants/{participant}' },
  dataFlow: flow('Read a participant', 'Participant id, roles, status'),
});

export const getProposal = defineOperation({
  ...askGovernance,
  name: 'getProposal',
  summary: 'A proposal with the ballots cast so far',
  requirements: ['X1'],
  input: z.strictObject({ proposalId: EntryId }),
  output: z.strictObject({ proposal: Proposal, ballots: z.array(Ballot) }),
  refusals: ['TL-PROPOSAL-UNKNOWN'],
  rest: { method: 'get', path: '/proposals/{proposalId}' },
  dataFlow: flow('Read a proposal', 'Proposal, ballots'),
});
