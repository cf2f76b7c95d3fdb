// SPDX-License-Identifier: Apache-2.0
import { fewestEndorsers } from '../../plan/policy.js';
import type { ChaincodePlan } from '../../plan/types.js';
import type { Endorsement } from './envelope.js';
import { EmbeddedError, type PeerDetail } from './errors.js';
import { type Endorsed, type MemberPeer, PeerRefusal } from './member-peer.js';
import type { SignedProposal } from './proposal.js';
import type { PrivateWrites } from './rwset.js';
import type { View } from './store.js';

/** An agreed result and the signatures under it. */
export interface Agreement {
  readonly payload: Uint8Array;
  readonly endorsements: readonly Endorsement[];
  readonly result: Uint8Array;
  readonly privateWrites: readonly PrivateWrites[];
}

const notEnough = 'failed to collect enough transaction endorsements, see attached details for more info';
const mismatch = 'ProposalResponsePayloads do not match';

/** Collects endorsements of one proposal as a Fabric peer's gateway service does, all from one moment's state. */
export class Endorsing {
  readonly #proposal: SignedProposal;
  readonly #chaincode: ChaincodePlan | undefined;
  readonly #peers: ReadonlyMap<string, MemberPeer>;
  readonly #view: View;
  readonly #endorsed = new Map<string, Endorsed>();
  readonly #failed = new Set<string>();
  readonly #details: PeerDetail[] = [];
  #reason: EmbeddedError['reason'] = 'policy';

  constructor(
    proposal: SignedProposal,
    chaincode: ChaincodePlan | undefined,
    peers: ReadonlyMap<string, MemberPeer>,
    view: View,
  ) {
    this.#proposal = proposal;
    this.#chaincode = chaincode;
    this.#peers = peers;
    this.#view = view;
  }

  /** Endorsements of exactly these members. @throws EmbeddedError */
  async by(members: readonly string[]): Promise<Agreement> {
    const unknown = members.filter((member) => !this.#peers.has(member));
    if (unknown.length > 0) {
      throw new EmbeddedError(
        'UNAVAILABLE',
        'policy',
        `failed to find any endorsing peers for org(s): ${unknown.join(', ')}`,
        { txId: this.#proposal.txId },
      );
    }
    const agreement = await this.#collect([...new Set(members)]);
    return agreement ?? this.#fail(notEnough);
  }

  /** The own peer first, then as few others as the policy asks for; where one fails, others are tried. */
  async from(own: MemberPeer): Promise<Agreement> {
    await this.#ask(own);
    const first = this.#endorsed.get(own.member);
    if (!first || !this.#chaincode)
      return this.#fail('failed to endorse transaction, see attached details for more info');
    const { policy } = this.#chaincode;
    const available = this.#available(first, this.#chaincode);
    for (;;) {
      const left = new Set([...available].filter((member) => !this.#failed.has(member)));
      const members = fewestEndorsers(policy, [own.member], left);
      if (!members) break;
      const agreement = await this.#collect(members, first);
      if (agreement) return agreement;
    }
    if (this.#details.length === 0) this.#refuseCollections(first);
    return this.#fail(notEnough);
  }

  /**
   * Who may be asked. Values of private collections are known to their members only; and with transient data, only
   * members of the touched collections may see the proposal at all.
   */
  #available(first: Endorsed, { collections }: ChaincodePlan): Set<string> {
    const restricting = this.#proposal.hasTransient ? first.collections : [...first.collectionsRead];
    const closed = collections.filter(({ name }) => restricting.includes(name));
    return new Set(
      [...this.#peers.keys()].filter((member) => closed.every(({ members }) => members.includes(member))),
    );
  }

  /** Asks those not asked yet. Undefined when one failed or disagreed with the first. */
  async #collect(members: readonly string[], first?: Endorsed): Promise<Agreement | undefined> {
    await Promise.all(
      members.flatMap((member) => {
        const peer = this.#peers.get(member);
        return peer && !this.#endorsed.has(member) ? [this.#ask(peer)] : [];
      }),
    );
    const answers = members.map((member) => [member, this.#endorsed.get(member)] as const);
    const leading = first ?? answers.find(([, answer]) => answer)?.[1];
    for (const [member, answer] of answers) {
      if (answer && leading && !Buffer.from(answer.payload).equals(leading.payload)) this.#disagree(member);
    }
    if (!leading || members.some((member) => this.#failed.has(member))) return undefined;
    const { payload, result, privateWrites } = leading;
    const endorsements = answers.flatMap(([, answer]) => (answer ? [answer.endorsement] : []));
    return { payload, result, privateWrites, endorsements };
  }

  async #ask(peer: MemberPeer): Promise<void> {
    try {
      this.#endorsed.set(peer.member, await peer.endorse(this.#proposal, this.#chaincode, this.#view));
    } catch (error) {
      if (!(error instanceof PeerRefusal)) throw error;
      this.#failed.add(peer.member);
      this.#details.push(peer.detail(error.message));
      this.#reason = error.reason;
    }
  }

  #disagree(member: string): void {
    this.#failed.add(member);
    this.#reason = 'mismatch';
    const detail = this.#peers.get(member)?.detail(mismatch);
    if (detail) this.#details.push(detail);
  }

  #refuseCollections({ collections }: Endorsed): never {
    throw new EmbeddedError(
      'FAILED_PRECONDITION',
      'policy',
      'requires endorsement from organisation(s) that are not in the distribution policy of the private data ' +
        `collection(s): [${collections.join(' ')}]; retry specifying trusted endorsing organizations to protect transient data`,
      { txId: this.#proposal.txId },
    );
  }

  #fail(message: string): never {
    throw new EmbeddedError('ABORTED', this.#reason, message, {
      details: this.#details,
      txId: this.#proposal.txId,
    });
  }
}
