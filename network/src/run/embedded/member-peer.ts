// SPDX-License-Identifier: Apache-2.0
import type { ChaincodePlan, ConsortiumPlan } from '../../plan/types.js';
import { type Chaincode, type Outcome, runChaincode } from './chaincode.js';
import { Copy } from './copy.js';
import { encodeResult, type Endorsement } from './envelope.js';
import { type EmbeddedCode, EmbeddedError, type EmbeddedReason, type PeerDetail } from './errors.js';
import { isValidAt, type MemberIdentity, type Members, serializeIdentity } from './identity.js';
import { proposalHash, type SignedProposal } from './proposal.js';
import { encodeReadWriteSet, type PrivateWrites } from './rwset.js';
import { isSignedBy, privateKey, signMessage } from './signing.js';
import { Simulation } from './simulation.js';
import type { View } from './store.js';

export type RefusalReason = Extract<EmbeddedReason, 'refused' | 'denied' | 'invalid' | 'unavailable'>;

/** A proposal a peer turned down, or a run that failed; `message` is what the peer tells the client. */
export class PeerRefusal extends Error {
  override readonly name = 'PeerRefusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

const codeOf = {
  refused: 'UNKNOWN',
  denied: 'PERMISSION_DENIED',
  invalid: 'FAILED_PRECONDITION',
  unavailable: 'ABORTED',
} as const;

/** What a peer is set to. */
export interface PeerSettings {
  /** Milliseconds that a proposal's time may differ from the clock. */
  readonly window: number;
  readonly keyHistory: boolean;
}

/** What a peer found out by running a proposal, and its signature under it. */
export interface Endorsed {
  /** Bytes that all endorsers of a transaction must agree on. */
  readonly payload: Uint8Array;
  readonly endorsement: Endorsement;
  readonly result: Uint8Array;
  readonly privateWrites: readonly PrivateWrites[];
  /** Collections touched, and of these the ones whose values were read. */
  readonly collections: readonly string[];
  readonly collectionsRead: ReadonlySet<string>;
}

/** One member's peer: runs the member's own chaincode on the member's own copy and endorses with its own key. */
export class MemberPeer {
  readonly member: string;
  readonly address: string;
  readonly #identity: MemberIdentity;
  readonly #members: Members;
  readonly #chaincodes: ReadonlyMap<string, Chaincode>;
  readonly #settings: PeerSettings;
  readonly #serialized: Uint8Array;

  constructor(
    address: string,
    identity: MemberIdentity,
    members: Members,
    chaincodes: ReadonlyMap<string, Chaincode>,
    settings: PeerSettings,
  ) {
    this.member = identity.mspId;
    this.address = address;
    this.#identity = identity;
    this.#members = members;
    this.#chaincodes = chaincodes;
    this.#settings = settings;
    this.#serialized = serializeIdentity(identity.mspId, identity.peer.certificatePem);
  }

  /** This peer's line in an error's details. */
  detail(message: string): PeerDetail {
    return { address: this.address, mspId: this.member, message };
  }

  /** What the client gets to see of a failure: a refusal with this peer's line, anything else as it is. */
  failure(error: unknown, txId: string, message: (text: string) => string, code?: EmbeddedCode): unknown {
    if (!(error instanceof PeerRefusal)) return error;
    return new EmbeddedError(code ?? codeOf[error.reason], error.reason, message(error.message), {
      details: [this.detail(error.message)],
      txId,
    });
  }

  /**
   * Who signed a proposal for a channel: a client or administrator of a member, with a valid certificate.
   *
   * @throws PeerRefusal `denied` or, for the time, `invalid`
   */
  admit(proposal: SignedProposal, consortium: ConsortiumPlan): string {
    const now = Date.now();
    if (Math.abs(now - proposal.timestamp.getTime()) > this.#settings.window) {
      throw new PeerRefusal(
        'invalid',
        `request unauthorized due to incorrect timestamp ${proposal.timestamp.toISOString()}, ` +
          `peer time ${new Date(now).toISOString()}, peer.authentication.timewindow ${String(this.#settings.window / 1000)}s`,
      );
    }
    const mspId = this.admitIdentity(proposal.creator, consortium);
    const { message } = proposal;
    const key = this.#members.identify(proposal.creator)?.publicKey;
    if (!key || !isSignedBy(message.getProposalBytes_asU8(), message.getSignature_asU8(), key)) {
      throw new PeerRefusal(
        'denied',
        `error validating proposal: access denied: channel [${consortium.channel}] creator org [${mspId}]`,
      );
    }
    return mspId;
  }

  /** Whether an identity may write to (and so read) a channel now. @throws PeerRefusal `denied` */
  admitIdentity(creator: Uint8Array, { channel, members }: ConsortiumPlan): string {
    const certified = this.#members.identify(creator);
    if (!certified || !members.includes(certified.mspId)) {
      throw new PeerRefusal(
        'denied',
        `error validating proposal: access denied: channel [${channel}] creator org unknown, creator is malformed`,
      );
    }
    if (!isValidAt(certified, Date.now()))
      throw new PeerRefusal('denied', 'proposal client identity expired');
    if (certified.role !== 'client' && certified.role !== 'admin') {
      throw new PeerRefusal(
        'denied',
        `failed evaluating policy on signed data during check policy [/Channel/Application/Writers]: ` +
          `${certified.role} of ${certified.mspId} may not propose`,
      );
    }
    return certified.mspId;
  }

  /**
   * Runs a proposal that {@link admit} let through.
   *
   * @throws PeerRefusal when the chaincode is unknown, fails or answers with an error
   */
  async process(
    proposal: SignedProposal,
    plan: ChaincodePlan | undefined,
    view: View,
  ): Promise<{ outcome: Outcome; simulation: Simulation; plan: ChaincodePlan }> {
    const { channel, txId } = proposal;
    const chaincode = plan && this.#chaincodes.get(plan.name);
    if (!plan || !chaincode) {
      throw new PeerRefusal(
        'invalid',
        `make sure the chaincode ${proposal.chaincode} has been successfully defined on channel ${channel} and try ` +
          `again: chaincode ${proposal.chaincode} not found`,
      );
    }
    const simulation = new Simulation({
      channel,
      chaincode: plan.name,
      txId,
      creatorMspId: this.#members.identify(proposal.creator)?.mspId ?? '',
      copy: new Copy(view, this.member, channel, plan.name),
      view,
      collections: plan.collections,
      keyHistory: this.#settings.keyHistory,
    });
    const outcome = await this.#run(chaincode, simulation, proposal);
    if (outcome.status >= 400) {
      throw new PeerRefusal('refused', `chaincode response ${String(outcome.status)}, ${outcome.message}`);
    }
    return { outcome, simulation, plan };
  }

  /** Runs a proposal and signs what came of it. @throws PeerRefusal as {@link process} does */
  async endorse(
    proposal: SignedProposal,
    chaincode: ChaincodePlan | undefined,
    view: View,
  ): Promise<Endorsed> {
    const { outcome, simulation, plan } = await this.process(proposal, chaincode, view);
    const sets = simulation.set.sets();
    const payload = encodeResult(
      proposalHash(proposal.channelHeader, proposal.signatureHeader, proposal.publicPayload),
      proposal.txId,
      {
        chaincode: plan.name,
        version: plan.version,
        response: { status: outcome.status, message: outcome.message, payload: outcome.payload },
        results: encodeReadWriteSet(sets),
        event: outcome.event,
      },
    );
    const signed = Buffer.concat([payload, this.#serialized]);
    return {
      payload,
      endorsement: {
        endorser: this.#serialized,
        signature: signMessage(signed, privateKey(this.#identity.peer.privateKeyPem)),
      },
      result: outcome.payload,
      privateWrites: simulation.set.privateWrites(),
      collections: sets.flatMap((set) => set.collections.map(({ collection }) => collection)),
      collectionsRead: simulation.collectionsRead,
    };
  }

  async #run(chaincode: Chaincode, simulation: Simulation, proposal: SignedProposal): Promise<Outcome> {
    try {
      return await runChaincode(chaincode, simulation, proposal, this.member);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PeerRefusal('unavailable', `error in simulation: ${why}`);
    } finally {
      await simulation.end();
    }
  }
}
