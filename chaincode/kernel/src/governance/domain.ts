// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  Refusal,
  regulatorsOf,
  type Ballot,
  type Decision,
  type Input,
  type Participant,
  type Proposal,
  type RuleChange,
  type Rules,
  type initialiseGovernance,
  type proposeRuleChange,
  type registerParticipant,
} from '@thingledger/protocol';
import { requireSensible } from './access';

/** Changes of a participant's status: from which states each is legal, and where it leads. */
const transitions = {
  suspend: { from: ['active'], to: 'suspended' },
  reinstate: { from: ['suspended'], to: 'active' },
} as const;

/** The first rules of a consortium. Refuses with `TL-GOVERNANCE-INITIALISED` and `TL-RULES-INVALID`. */
export function initialise(
  present: Rules | undefined,
  { members, reason: _, ...settings }: Input<typeof initialiseGovernance>,
  founder: string,
  decision: Decision,
): Rules {
  if (present)
    throw new Refusal('TL-GOVERNANCE-INITIALISED', { by: present.decision.by, at: present.decision.at });
  const names = members.map(({ name }) => name);
  if (!names.includes(founder)) throw new Refusal('TL-RULES-INVALID', { field: 'members', missing: founder });
  if (new Set(names).size !== names.length) throw new Refusal('TL-RULES-INVALID', { field: 'members' });
  return requireQuorum({
    ...settings,
    version: 1,
    members: members.map((member) => ({ ...member, status: 'active' })),
    decision,
  });
}

/** Refuses with `TL-RULES-INVALID` rules under which no record could ever be accepted. */
function requireQuorum(rules: Rules): Rules {
  const regulators = regulatorsOf(rules).length;
  if (rules.verificationQuorum > regulators) {
    throw new Refusal('TL-RULES-INVALID', {
      field: 'verificationQuorum',
      quorum: rules.verificationQuorum,
      regulators,
    });
  }
  return rules;
}

/**
 * A new participant; an identical registration again is the first one. Refuses with
 * `TL-PARTICIPANT-FOREIGN`, `TL-ROLE-NOT-REGULATOR` and `TL-PARTICIPANT-EXISTS`.
 */
export function register(
  present: Participant | undefined,
  { participant, publicKey, roles }: Input<typeof registerParticipant>,
  rules: Rules,
  member: string,
  decision: Decision,
): Participant {
  requireOwn(participant, member);
  requireFitting(roles, rules, member);
  if (present) {
    const again =
      canonicalJson([present.publicKey, present.roles]) === canonicalJson([publicKey, unique(roles)]);
    if (again && present.status === 'active') return present;
    throw new Refusal('TL-PARTICIPANT-EXISTS', { participant });
  }
  return { participant, member, status: 'active', roles: unique(roles), publicKey, decision };
}

/** The participant with other roles. Refuses as {@link register} does, and with `TL-PARTICIPANT-UNKNOWN`. */
export function withRoles(
  present: Participant | undefined,
  { participant, roles }: { participant: string; roles: Participant['roles'] },
  rules: Rules,
  member: string,
  decision: Decision,
): Participant {
  requireOwn(participant, member);
  requireFitting(roles, rules, member);
  return { ...requireKnown(present, participant), roles: unique(roles), decision };
}

/** The participant after a change of status. Refuses also with `TL-PARTICIPANT-STATUS`. */
export function withStatus(
  present: Participant | undefined,
  participant: string,
  change: keyof typeof transitions,
  member: string,
  decision: Decision,
): Participant {
  requireOwn(participant, member);
  const known = requireKnown(present, participant);
  const { from, to } = transitions[change];
  if (!(from as readonly string[]).includes(known.status)) {
    throw new Refusal('TL-PARTICIPANT-STATUS', { participant, status: known.status });
  }
  return { ...known, status: to, decision };
}

/**
 * A proposal, open to the active members. A repeated identical one is the first one. Refuses with `TL-PROPOSAL-EXISTS`,
 * and with `TL-ACCESS-INVALID` an access matrix that is nonsense.
 */
export function propose(
  present: Proposal | undefined,
  { proposalId, change }: Input<typeof proposeRuleChange>,
  rules: Rules,
  decision: Decision,
): Proposal {
  if (present) {
    if (present.decision.by === decision.by && canonicalJson(present.change) === canonicalJson(change))
      return present;
    throw new Refusal('TL-PROPOSAL-EXISTS', { proposal: proposalId });
  }
  if (change.kind === 'access-matrix') requireSensible(change.rows, rules);
  return {
    proposalId,
    change,
    members: rules.members.filter(({ status }) => status === 'active').map(({ name }) => name),
    deadline: new Date(Date.parse(decision.at) + rules.proposalSeconds * 1000).toISOString(),
    status: 'open',
    decision,
  };
}

/** Refuses when the proposal takes no ballots any more: `TL-PROPOSAL-UNKNOWN`, `TL-PROPOSAL-CLOSED`. */
export function requireOpen(proposal: Proposal | undefined, proposalId: string, now: string): Proposal {
  if (!proposal) throw new Refusal('TL-PROPOSAL-UNKNOWN', { proposal: proposalId });
  if (proposal.status !== 'open' || now > proposal.deadline) {
    throw new Refusal('TL-PROPOSAL-CLOSED', {
      proposal: proposalId,
      status: proposal.status,
      deadline: proposal.deadline,
    });
  }
  return proposal;
}

/** Refuses with `TL-PROPOSAL-UNDECIDED` unless more than half of its members voted for a proposal. */
export function requireMajority(proposal: Proposal, ballots: readonly Ballot[]): void {
  const votesFor = ballots.filter(({ vote }) => vote === 'for').length;
  if (votesFor * 2 <= proposal.members.length) {
    throw new Refusal('TL-PROPOSAL-UNDECIDED', { for: votesFor, members: proposal.members.length });
  }
}

/** What a proposal can change of the rules. */
type ChangeOfRules = Exclude<RuleChange, { kind: 'access-matrix' }>;

/** The rules after a change. Refuses with `TL-RULES-INVALID`. */
export function changedRules(rules: Rules, change: ChangeOfRules, decision: Decision): Rules {
  return requireQuorum({ ...applied(rules, change), version: rules.version + 1, decision });
}

function applied(rules: Rules, change: ChangeOfRules): Rules {
  switch (change.kind) {
    case 'settings':
      return { ...rules, ...withoutUndefined(change.settings) };
    case 'admit-member':
      if (rules.members.some(({ name }) => name === change.member)) {
        throw new Refusal('TL-RULES-INVALID', { field: 'member', member: change.member });
      }
      return {
        ...rules,
        members: [...rules.members, { name: change.member, regulator: change.regulator, status: 'active' }],
      };
    case 'suspend-member':
      return { ...rules, members: membersWith(rules, change.member, 'suspended') };
    case 'reinstate-member':
      return { ...rules, members: membersWith(rules, change.member, 'active') };
  }
}

function membersWith(rules: Rules, member: string, status: 'active' | 'suspended'): Rules['members'] {
  if (!rules.members.some(({ name }) => name === member)) {
    throw new Refusal('TL-RULES-INVALID', { field: 'member', member });
  }
  return rules.members.map((entry) => (entry.name === member ? { ...entry, status } : entry));
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function requireOwn(participant: string, member: string): void {
  if (!participant.endsWith(`@${member}`))
    throw new Refusal('TL-PARTICIPANT-FOREIGN', { participant, member });
}

// Else any member could make verifiers of its own and outvote the regulators.
function requireFitting(roles: Participant['roles'], rules: Rules, member: string): void {
  if (!roles.includes('verifier')) return;
  const regulator = rules.members.some((entry) => entry.name === member && entry.regulator);
  if (!regulator) throw new Refusal('TL-ROLE-NOT-REGULATOR', { field: 'roles', member });
}

function requireKnown(present: Participant | undefined, participant: string): Participant {
  if (!present) throw new Refusal('TL-PARTICIPANT-UNKNOWN', { participant });
  return present;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)].sort();
}
