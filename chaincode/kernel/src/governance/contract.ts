// SPDX-License-Identifier: Apache-2.0
import {
  ACCESS_IN_FORCE,
  accessMatrices,
  ballots,
  DEFAULT_ACCESS,
  participants,
  proposals,
  Refusal,
  rules,
  RULES_IN_FORCE,
  type AccessMatrix,
  type Ballot,
  type Input,
  type Output,
  type Participant,
  type Rules,
  type castBallot,
  type changeRoles,
  type enactProposal,
  type getParticipant,
  type getProposal,
  type initialiseGovernance,
  type proposeRuleChange,
  type registerParticipant,
  type suspendParticipant,
} from '@thingledger/protocol';
import { LedgerContract, type LedgerContext } from '../fabric/contract';
import type { Transaction } from '../transaction';
import { changedAccess } from './access';
import {
  changedRules,
  initialise,
  propose,
  register,
  requireMajority,
  requireOpen,
  withRoles,
  withStatus,
} from './domain';

/** Members, participants, roles and rules of a consortium (requirement X1). On every channel. */
export class GovernanceContract extends LedgerContract {
  override readonly follow = {
    enactProposal: (tx: Transaction, { proposalId }: { proposalId: string }): string[] =>
      (tx.state.peek(proposals, proposalId)?.members ?? []).map((member) => ballots.key(proposalId, member)),
  };

  constructor() {
    super('governance');
  }

  async initialiseGovernance(
    { tx }: LedgerContext,
    input: Input<typeof initialiseGovernance>,
  ): Promise<Rules> {
    const present = await tx.state.get(rules, RULES_IN_FORCE);
    const founded = initialise(present, input, tx.caller.member, tx.decision(input.reason));
    return this.#inForce(tx, founded);
  }

  async registerParticipant(
    { tx }: LedgerContext,
    input: Input<typeof registerParticipant>,
  ): Promise<Participant> {
    const present = await tx.state.get(participants, input.participant);
    const participant = register(
      present,
      input,
      await tx.rules(),
      tx.caller.member,
      tx.decision(input.reason),
    );
    if (participant === present) return present;
    tx.state.put(participants, participant, participant.participant);
    tx.emit({ type: 'ParticipantRegistered', participant: participant.participant });
    return participant;
  }

  async changeRoles({ tx }: LedgerContext, input: Input<typeof changeRoles>): Promise<Participant> {
    const present = await tx.state.get(participants, input.participant);
    return this.#change(
      tx,
      withRoles(present, input, await tx.rules(), tx.caller.member, tx.decision(input.reason)),
    );
  }

  async suspendParticipant(
    { tx }: LedgerContext,
    input: Input<typeof suspendParticipant>,
  ): Promise<Participant> {
    const present = await tx.state.get(participants, input.participant);
    const decision = tx.decision(input.reason);
    return this.#change(tx, withStatus(present, input.participant, 'suspend', tx.caller.member, decision));
  }

  async reinstateParticipant(
    { tx }: LedgerContext,
    input: Input<typeof suspendParticipant>,
  ): Promise<Participant> {
    const present = await tx.state.get(participants, input.participant);
    const decision = tx.decision(input.reason);
    return this.#change(tx, withStatus(present, input.participant, 'reinstate', tx.caller.member, decision));
  }

  async proposeRuleChange(
    { tx }: LedgerContext,
    input: Input<typeof proposeRuleChange>,
  ): Promise<Output<typeof proposeRuleChange>> {
    const present = await tx.state.get(proposals, input.proposalId);
    const proposal = propose(present, input, await tx.rules(), tx.decision(input.reason));
    if (proposal === present) return present;
    tx.state.put(proposals, proposal, proposal.proposalId);
    tx.emit({ type: 'ProposalMade', proposalId: proposal.proposalId });
    return proposal;
  }

  async castBallot(
    { tx }: LedgerContext,
    { proposalId, vote, reason }: Input<typeof castBallot>,
  ): Promise<Ballot> {
    const { member } = tx.caller;
    const proposal = requireOpen(await tx.state.get(proposals, proposalId), proposalId, tx.now);
    if (!proposal.members.includes(member))
      throw new Refusal('TL-MEMBER-UNKNOWN', { member, proposal: proposalId });
    const present = await tx.state.get(ballots, proposalId, member);
    if (present) {
      if (present.vote === vote && present.decision.by === tx.caller.id) return present;
      throw new Refusal('TL-BALLOT-TWICE', { member });
    }
    const ballot: Ballot = { proposalId, member, vote, decision: tx.decision(reason) };
    tx.state.put(ballots, ballot, proposalId, member);
    tx.emit({ type: 'BallotCast', proposalId, member });
    return ballot;
  }

  async enactProposal(
    { tx }: LedgerContext,
    { proposalId }: Input<typeof enactProposal>,
  ): Promise<Output<typeof enactProposal>> {
    const proposal = requireOpen(await tx.state.get(proposals, proposalId), proposalId, tx.now);
    const cast = await this.#ballots(tx, proposalId, proposal.members);
    requireMajority(proposal, cast);
    tx.state.put(proposals, { ...proposal, status: 'enacted' }, proposalId);
    const { change } = proposal;
    const decision = tx.decision(proposal.decision.reason);
    if (change.kind !== 'access-matrix')
      return this.#inForce(tx, changedRules(await tx.rules(), change, decision));
    const present = await tx.state.get(accessMatrices, ACCESS_IN_FORCE);
    return this.#accessInForce(tx, changedAccess(present, change.rows, decision));
  }

  async getAccessMatrix({ tx }: LedgerContext): Promise<AccessMatrix> {
    const enacted = await tx.state.get(accessMatrices, ACCESS_IN_FORCE);
    return enacted ?? { version: 0, rows: [...DEFAULT_ACCESS] };
  }

  async getRules({ tx }: LedgerContext): Promise<Rules> {
    return tx.rules();
  }

  async getParticipant(
    { tx }: LedgerContext,
    { participant }: Input<typeof getParticipant>,
  ): Promise<Participant> {
    const found = await tx.state.get(participants, participant);
    if (!found) throw new Refusal('TL-PARTICIPANT-UNKNOWN', { participant });
    return found;
  }

  async getProposal(
    { tx }: LedgerContext,
    { proposalId }: Input<typeof getProposal>,
  ): Promise<Output<typeof getProposal>> {
    const proposal = await tx.state.get(proposals, proposalId);
    if (!proposal) throw new Refusal('TL-PROPOSAL-UNKNOWN', { proposal: proposalId });
    return { proposal, ballots: await this.#ballots(tx, proposalId, proposal.members) };
  }

  async #ballots(tx: Transaction, proposalId: string, members: readonly string[]): Promise<Ballot[]> {
    const found = await tx.state.getAll(
      ballots,
      members.map((member) => [proposalId, member]),
    );
    return found.filter((ballot) => ballot !== undefined);
  }

  #inForce(tx: Transaction, changed: Rules): Rules {
    tx.state.put(rules, changed, RULES_IN_FORCE);
    tx.state.put(rules, changed, String(changed.version));
    tx.emit({ type: 'RulesChanged', by: tx.caller.id });
    return changed;
  }

  #accessInForce(tx: Transaction, changed: AccessMatrix): AccessMatrix {
    tx.state.put(accessMatrices, changed, ACCESS_IN_FORCE);
    tx.state.put(accessMatrices, changed, String(changed.version));
    tx.emit({ type: 'AccessMatrixChanged', by: tx.caller.id, version: changed.version });
    return changed;
  }

  #change(tx: Transaction, participant: Participant): Participant {
    tx.state.put(participants, participant, participant.participant);
    tx.emit({ type: 'ParticipantChanged', participant: participant.participant, status: participant.status });
    return participant;
  }
}
