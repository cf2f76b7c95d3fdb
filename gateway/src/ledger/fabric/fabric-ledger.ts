// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Client } from '@grpc/grpc-js';
import {
  StatusCode,
  type CloseableAsyncIterable,
  type Proposal,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { common, gateway as messages } from '@hyperledger/fabric-protos';
import type { Bundle, Receipt } from '@thingledger/protocol';
import type {
  LedgerError,
  BundleRequest,
  Call,
  Commit,
  CommittedBlock,
  Endorsed,
  EventPosition,
  Identity,
  Ledger,
  LedgerEvent,
  Readiness,
} from '../port.js';
import { followBlocks } from './blocks.js';
import { gatherBundle } from './bundle.js';
import { codeName } from './codes.js';
import { callOptions, openClient, type PeerConnection } from './connection.js';
import { EndorsersInMind } from './endorsers.js';
import { endorsementError, ledgerErrorOf, recast } from './errors.js';
import { followEvents } from './events.js';
import { Sessions } from './identities.js';
import type { ChainQueries } from './evidence.js';
import { gatherReceipt } from './receipt.js';

/** Longest time each kind of call may take, in milliseconds. */
export interface Deadlines {
  readonly evaluate: number;
  readonly endorse: number;
  /** For other members' peers to sign what they know of a transaction; who is late is left out. */
  readonly attest: number;
  readonly submit: number;
  readonly commit: number;
  readonly ready: number;
}

const defaultDeadlines: Deadlines = {
  evaluate: 10_000,
  endorse: 15_000,
  attest: 3_000,
  submit: 10_000,
  commit: 30_000,
  ready: 3_000,
};

/** The ledger on Fabric, through the gateway service of the member's own peer. */
export function connectFabric(connection: PeerConnection, deadlines: Partial<Deadlines> = {}): Ledger {
  return new FabricLedger(connection, openClient(connection), { ...defaultDeadlines, ...deadlines });
}

class FabricLedger implements Ledger {
  readonly #sessions: Sessions;
  readonly #endorsers = new EndorsersInMind();

  constructor(
    private readonly connection: PeerConnection,
    private readonly client: Client,
    private readonly deadlines: Deadlines,
  ) {
    this.#sessions = new Sessions(client);
  }

  evaluate(
    call: Call,
    as: Identity,
    signal?: AbortSignal,
    member: string = this.connection.mspId,
  ): Promise<Uint8Array> {
    // Named, because when the member's own peer fails, the service would ask another's: no copy to take facts from.
    const proposal = (): Proposal => this.#proposal(call, as, [member]);
    return typed(() => proposal().evaluate(callOptions(this.deadlines.evaluate, signal)));
  }

  async endorse(call: Call, as: Identity, signal?: AbortSignal): Promise<Endorsed> {
    const { gateway, sign } = this.#sessions.of(as);
    return this.#reasoned(call, as, signal, async () => {
      const transaction = await this.#endorsed(call, as, signal);
      const signature = await sign(transaction.getDigest());
      return {
        txId: transaction.getTransactionId(),
        channel: call.channel,
        result: transaction.getResult(),
        envelope: gateway.newSignedTransaction(transaction.getBytes(), signature).getBytes(),
      };
    });
  }

  signedAnswer(call: Call, as: Identity, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#reasoned(call, as, signal, async () => envelopeIn(await this.#endorsed(call, as, signal)));
  }

  /** Gives a failed endorsement its reason. */
  async #reasoned<T>(
    call: Call,
    as: Identity,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw (
        endorsementError(error, this.connection.mspId) ??
        (await this.#ownPeersReason(error, call, as, signal))
      );
    }
  }

  /** By those who endorsed such a call last; when they can not, by whom the service finds. */
  async #endorsed(call: Call, as: Identity, signal?: AbortSignal): Promise<Transaction> {
    const options = (): CallOptions => callOptions(this.deadlines.endorse, signal);
    const known = this.#endorsers.of(call);
    if (known) {
      try {
        return await this.#proposal(call, as, [...known]).endorse(options());
      } catch (error) {
        if (endorsementError(error, this.connection.mspId)?.kind === 'refused') throw error;
        this.#endorsers.forget(call.channel);
      }
    }
    const transaction = await this.#proposal(call, as).endorse(options());
    this.#endorsers.keep(call, transaction.getBytes());
    return transaction;
  }

  submit({ envelope }: Pick<Endorsed, 'envelope'>, as: Identity, signal?: AbortSignal): Promise<void> {
    return typed(async () => {
      const transaction = this.#sessions.of(as).gateway.newTransaction(envelope);
      await transaction.submit(callOptions(this.deadlines.submit, signal));
    });
  }

  commitStatus(channel: string, txId: string, as: Identity, signal?: AbortSignal): Promise<Commit> {
    return typed(async () => {
      const { gateway, sign, creator } = this.#sessions.of(as);
      const request = new messages.CommitStatusRequest();
      request.setChannelId(channel);
      request.setTransactionId(txId);
      request.setIdentity(creator);
      const bytes = request.serializeBinary();
      const signed = new messages.SignedCommitStatusRequest();
      signed.setRequest(bytes);
      const commit = gateway.newSignedCommit(signed.serializeBinary(), await sign(bytes));
      const { code, blockNumber } = await commit.getStatus(callOptions(this.deadlines.commit, signal));
      if (code === StatusCode.ENDORSEMENT_POLICY_FAILURE) this.#endorsers.forget(channel);
      return { code: codeName(code), block: blockNumber };
    });
  }

  events(
    channel: string,
    chaincode: string,
    from: EventPosition,
    as: Identity,
    signal: AbortSignal,
  ): AsyncIterable<LedgerEvent> {
    const source = {
      open: (startBlock: bigint) =>
        this.#sessions.of(as).gateway.getNetwork(channel).getChaincodeEvents(chaincode, { startBlock }),
      nextBlock: () => this.height(channel, as, signal),
    };
    if (from !== 'now') return followEvents(source, from, signal);
    // Asked for at once, so that "now" is the moment of the call and not that of the first read.
    const start = source.nextBlock().then(
      (block): EventPosition => ({ block }),
      (): EventPosition => 'now',
    );
    return (async function* () {
      yield* followEvents(source, await start, signal);
    })();
  }

  receipt(channel: string, txId: string, as: Identity, signal?: AbortSignal): Promise<Receipt | undefined> {
    return gatherReceipt(channel, txId, this.connection.mspId, this.#queries(channel, as, signal));
  }

  bundle(channel: string, request: BundleRequest, as: Identity, signal?: AbortSignal): Promise<Bundle> {
    return gatherBundle(channel, request, this.connection.mspId, this.#queries(channel, as, signal));
  }

  #queries(channel: string, as: Identity, signal?: AbortSignal): ChainQueries {
    const call = (fn: string, args: readonly string[]): Call => ({ channel, chaincode: 'qscc', fn, args });
    return {
      ask: (fn, ...args) => this.evaluate(call(fn, args), as, signal),
      signed: (members, fn, ...args) => this.#signed(members, call(fn, args), as, signal),
    };
  }

  /** One envelope, never to be ordered, with the answer that a peer of each of these members signed. */
  #signed(members: readonly string[], call: Call, as: Identity, signal?: AbortSignal): Promise<Uint8Array> {
    return typed(async () => {
      const answer = await this.#proposal(call, as, [...members]).endorse(
        callOptions(this.deadlines.attest, signal),
      );
      return envelopeIn(answer);
    });
  }

  blocks(channel: string, from: bigint, as: Identity, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    const open = async (startBlock: bigint): Promise<CloseableAsyncIterable<common.Block>> => {
      // The deliver service refuses without a gRPC status; an evaluation tells whether the identity is denied.
      await this.height(channel, as, signal);
      return this.#sessions.of(as).gateway.getNetwork(channel).getBlockEvents({ startBlock });
    };
    return followBlocks(open, from, signal);
  }

  async height(channel: string, as: Identity, signal?: AbortSignal): Promise<bigint> {
    const call = { channel, chaincode: 'qscc', fn: 'GetChainInfo', args: [channel] };
    const info = common.BlockchainInfo.deserializeBinary(await this.evaluate(call, as, signal));
    return BigInt(info.getHeight());
  }

  async ready(): Promise<Readiness> {
    const { endpoint } = this.connection;
    return new Promise((resolve) => {
      this.client.waitForReady(Date.now() + this.deadlines.ready, (error) => {
        if (error)
          resolve({ ready: false, detail: `the peer at ${endpoint} does not answer: ${error.message}` });
        else resolve({ ready: true, detail: `connected to the peer at ${endpoint}` });
      });
    });
  }

  async close(): Promise<void> {
    this.client.close();
  }

  #proposal(
    { channel, chaincode, fn, args, transient }: Call,
    as: Identity,
    endorsingOrganizations?: string[],
  ): Proposal {
    const contract = this.#sessions.of(as).gateway.getNetwork(channel).getContract(chaincode);
    return contract.newProposal(fn, {
      arguments: [...args],
      ...(transient === undefined ? {} : { transientData: { ...transient } }),
      ...(endorsingOrganizations === undefined ? {} : { endorsingOrganizations }),
    });
  }

  /**
   * Why the member's own peer did not endorse when its reason has no code: endorsing gives one status for everything,
   * evaluating tells a refusal of the chaincode from a fault of the peer.
   */
  async #ownPeersReason(
    error: unknown,
    call: Call,
    identity: Identity,
    signal?: AbortSignal,
  ): Promise<LedgerError> {
    const failed = ledgerErrorOf(error);
    try {
      await this.evaluate(call, identity, signal);
    } catch (why) {
      const { kind } = ledgerErrorOf(why);
      if (kind === 'refused' || kind === 'denied') return recast(kind, failed);
    }
    return recast('unavailable', failed);
  }
}

/** The envelope that was endorsed, not signed by its caller yet. */
function envelopeIn(transaction: Transaction): Uint8Array {
  const prepared = messages.PreparedTransaction.deserializeBinary(transaction.getBytes());
  return prepared.getEnvelope()?.serializeBinary() ?? new Uint8Array();
}

async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw ledgerErrorOf(error);
  }
}
