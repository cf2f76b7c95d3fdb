// SPDX-License-Identifier: Apache-2.0
import type { ChaincodePlan } from '../../plan/types.js';
import { codeName } from './block.js';
import type { Channel, CommittedBlock } from './channel.js';
import { Endorsing } from './endorsing.js';
import { sealTransaction } from './envelope.js';
import { EmbeddedError } from './errors.js';
import type { Foundation, TransactionEvidence } from './evidence.js';
import { serializeIdentity } from './identity.js';
import { type MemberPeer, PeerRefusal } from './member-peer.js';
import type { Orderer } from './orderer.js';
import {
  type Proposal,
  type ProposalOptions,
  type SignedProposal,
  type Signer,
  signProposal,
} from './proposal.js';

/** A transaction its endorsers signed. */
export interface EndorsedTransaction {
  readonly txId: string;
  /** What the chaincode returned. */
  readonly result: Uint8Array;
  /** Fabric's Envelope message, signed by the creator. Self-contained, and good after a restart. */
  readonly envelope: Uint8Array;
}

export interface EndorseOptions extends ProposalOptions {
  /** Exactly these members endorse; left out: own member first, then as few others as the policy asks for. */
  readonly endorsingOrganisations?: readonly string[];
}

/** A chaincode event of a valid transaction. */
export interface EmbeddedEvent {
  readonly block: bigint;
  readonly txId: string;
  readonly name: string;
  readonly payload: Uint8Array;
}

/** A channel with what serves it. */
export interface ServedChannel {
  readonly channel: Channel;
  readonly orderer: Orderer;
  /** Peers of the channel's members. */
  readonly peers: ReadonlyMap<string, MemberPeer>;
}

/** The door one member's gateway uses: what a Fabric peer's gateway service offers. Fails with EmbeddedError. */
export class EmbeddedPeer {
  readonly #member: string;
  readonly #channels: ReadonlyMap<string, ServedChannel>;

  constructor(member: string, channels: ReadonlyMap<string, ServedChannel>) {
    this.#member = member;
    this.#channels = channels;
  }

  /** Runs a function on this member's own copy, or on that of the member named. Nothing is ordered; writes are dropped. */
  async evaluate(proposal: Proposal, as: Signer, member?: string): Promise<Uint8Array> {
    const served = this.#served(proposal.channel);
    const own = this.#peerOf(served, member);
    const signed = signProposal(proposal, as);
    const view = served.channel.view();
    try {
      own.admit(signed, served.channel.consortium);
      const { outcome } = await own.process(signed, chaincodeOf(served, proposal.chaincode), view);
      return outcome.payload;
    } catch (error) {
      throw own.failure(error, signed.txId, (text) => `evaluate call to endorser returned error: ${text}`);
    } finally {
      await view.close();
    }
  }

  /** Has a proposal run and signed by as many members' peers as the chaincode's policy asks for. */
  async endorse(proposal: Proposal, as: Signer, options: EndorseOptions = {}): Promise<EndorsedTransaction> {
    const served = this.#served(proposal.channel);
    const own = this.#own(served);
    const signed = signProposal(proposal, as, options);
    this.#admit(served, signed, own);
    const chaincode = chaincodeOf(served, proposal.chaincode);
    const view = served.channel.view();
    try {
      const endorsing = new Endorsing(signed, chaincode, served.peers, view);
      const { payload, endorsements, result, privateWrites } = options.endorsingOrganisations
        ? await endorsing.by(options.endorsingOrganisations)
        : await endorsing.from(own);
      await served.channel.keepPrivate(proposal.chaincode, signed.txId, privateWrites);
      return { txId: signed.txId, result, envelope: sealTransaction(signed, payload, endorsements, as) };
    } finally {
      await view.close();
    }
  }

  /** Accepts an endorsed transaction for ordering. Durable is only the commit. The same envelope again is harmless. */
  async submit(channel: string, envelope: Uint8Array): Promise<void> {
    this.#served(channel).orderer.submit(envelope);
  }

  /** Waits for a transaction's commit; at once when it is committed. An unknown id waits until the signal. */
  async commitStatus(
    channel: string,
    txId: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly code: string; readonly block: bigint }> {
    const { code, block } = await this.#served(channel).channel.committed(txId, options.signal);
    return { code: codeName(code), block: BigInt(block) };
  }

  /**
   * Chaincode events of valid transactions in the chain's order, without gap from replay to live. Begins with the next
   * block when `from` is left out, which is decided at the call. Ends when the signal aborts.
   */
  chaincodeEvents(
    channel: string,
    chaincode: string,
    from?: { readonly block: bigint; readonly afterTxId?: string },
    signal?: AbortSignal,
  ): AsyncIterable<EmbeddedEvent> {
    const { channel: chain } = this.#served(channel);
    const start = from ? Number(from.block) : chain.height;
    return eventsOf(chain.blocks(start, signal), chaincode, BigInt(start), from?.afterTxId);
  }

  /** Committed blocks from a number on (the first when left out), then each new one. */
  blocks(channel: string, from = 0n, signal?: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.#served(channel).channel.blocks(Number(from), signal);
  }

  /** What proves a committed transaction, as far as this network can; undefined when there is none of this id. */
  evidence(
    channel: string,
    wanted: string | { readonly block: number; readonly index: number },
  ): TransactionEvidence | undefined {
    const place = typeof wanted === 'string' ? wanted : { block: wanted.block, tx: wanted.index };
    return this.#served(channel).channel.evidence(place);
  }

  /** By what the channel's transactions are judged. */
  foundation(channel: string): Foundation | undefined {
    return this.#served(channel).channel.foundation();
  }

  /** Number of blocks of a channel. */
  height(channel: string): bigint {
    return BigInt(this.#served(channel).channel.height);
  }

  /**
   * Whether an identity may use a channel through this peer.
   *
   * @throws EmbeddedError with code PERMISSION_DENIED
   */
  admit(channel: string, as: Pick<Signer, 'mspId' | 'certificatePem'>): void {
    const served = this.#served(channel);
    try {
      this.#own(served).admitIdentity(
        serializeIdentity(as.mspId, as.certificatePem),
        served.channel.consortium,
      );
    } catch (error) {
      if (!(error instanceof PeerRefusal)) throw error;
      throw new EmbeddedError('PERMISSION_DENIED', 'denied', error.message);
    }
  }

  #admit({ channel }: ServedChannel, signed: SignedProposal, own: MemberPeer): void {
    try {
      own.admit(signed, channel.consortium);
      if (channel.place(signed.txId)) {
        const creator = Buffer.from(signed.creator).toString('hex');
        throw new PeerRefusal(
          'invalid',
          `duplicate transaction found [${signed.txId}]. Creator [${creator}]`,
        );
      }
    } catch (error) {
      throw own.failure(
        error,
        signed.txId,
        () => 'failed to endorse transaction, see attached details for more info',
        'ABORTED',
      );
    }
  }

  #served(channel: string): ServedChannel {
    const served = this.#channels.get(channel);
    if (served?.peers.has(this.#member)) return served;
    throw new EmbeddedError('NOT_FOUND', 'invalid', `${this.#member} is no member of channel ${channel}`);
  }

  #own(served: ServedChannel): MemberPeer {
    return this.#peerOf(served, this.#member);
  }

  #peerOf(served: ServedChannel, member = this.#member): MemberPeer {
    const peer = served.peers.get(member);
    if (peer) return peer;
    throw new EmbeddedError('NOT_FOUND', 'invalid', `${member} runs no peer`);
  }
}

function chaincodeOf(served: ServedChannel, name: string): ChaincodePlan | undefined {
  return served.channel.consortium.chaincodes.find((chaincode) => chaincode.name === name);
}

async function* eventsOf(
  blocks: AsyncIterable<CommittedBlock>,
  chaincode: string,
  start: bigint,
  afterTxId: string | undefined,
): AsyncGenerator<EmbeddedEvent> {
  for await (const { number, transactions } of blocks) {
    const known = number === start ? transactions.findIndex(({ txId }) => txId === afterTxId) : -1;
    for (const { txId, code, event, chaincode: of } of transactions.slice(known + 1)) {
      if (code === 'VALID' && of === chaincode && event) yield { block: number, txId, ...event };
    }
  }
}
