// SPDX-License-Identifier: Apache-2.0
import { BUNDLE_TRANSACTIONS, Refusal, type Bundle, type Receipt } from '@thingledger/protocol';
import { EmbeddedError, type EmbeddedPeer, type EmbeddedReason } from '@thingledger/network';
import { withoutSignature } from '@thingledger/receipts';
import { creatorOf, timeOf } from '../committed.js';
import { calledIn } from '../subjects.js';
import { Sharing } from '../sharing.js';
import { anyOf } from '../../signals.js';
import {
  type BundleRequest,
  type Call,
  type Commit,
  type CommittedBlock,
  type Endorsed,
  type EventPosition,
  type Identity,
  type Ledger,
  LedgerError,
  type LedgerErrorKind,
  type LedgerEvent,
  type Readiness,
} from '../port.js';

const kinds: Record<EmbeddedReason, LedgerErrorKind> = {
  refused: 'refused',
  mismatch: 'mismatch',
  denied: 'denied',
  policy: 'unavailable',
  invalid: 'unavailable',
  unavailable: 'unavailable',
  cancelled: 'deadline',
};

/** The ledger on the embedded network, through one member's peer. Closing it leaves the network running. */
export function connectEmbedded(peer: EmbeddedPeer): Ledger {
  return new EmbeddedLedger(peer);
}

class EmbeddedLedger implements Ledger {
  readonly #peer: EmbeddedPeer;
  readonly #closing = new AbortController();

  constructor(peer: EmbeddedPeer) {
    this.#peer = peer;
  }

  evaluate(call: Call, as: Identity, signal?: AbortSignal, member?: string): Promise<Uint8Array> {
    return this.#ask(signal, () => this.#peer.evaluate(call, as, member));
  }

  async endorse(call: Call, as: Identity, signal?: AbortSignal): Promise<Endorsed> {
    const endorsed = await this.#ask(signal, () => this.#peer.endorse(call, as));
    return { ...endorsed, channel: call.channel };
  }

  async signedAnswer(call: Call, as: Identity, signal?: AbortSignal): Promise<Uint8Array> {
    const { envelope } = await this.endorse(call, as, signal);
    return withoutSignature(envelope);
  }

  submit(
    { channel, envelope }: Pick<Endorsed, 'txId' | 'channel' | 'envelope'>,
    _as: Identity,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#ask(signal, () => this.#peer.submit(channel, envelope));
  }

  commitStatus(channel: string, txId: string, as: Identity, signal?: AbortSignal): Promise<Commit> {
    return this.#ask(signal, (until) => {
      this.#peer.admit(channel, as);
      return this.#peer.commitStatus(channel, txId, { signal: until });
    });
  }

  events(
    channel: string,
    chaincode: string,
    from: EventPosition,
    as: Identity,
    signal: AbortSignal,
  ): AsyncIterable<LedgerEvent> {
    const position = from === 'now' ? undefined : from;
    return this.#follow(signal, (until) => {
      this.#peer.admit(channel, as);
      return this.#peer.chaincodeEvents(channel, chaincode, position, until);
    });
  }

  receipt(channel: string, txId: string, as: Identity, signal?: AbortSignal): Promise<Receipt | undefined> {
    return this.#ask(signal, async () => {
      this.#peer.admit(channel, as);
      const evidence = this.#peer.evidence(channel, txId);
      if (!evidence) return undefined;
      const { code, envelope, policy, block: _, index: __, ...stated } = evidence;
      if (code !== 'VALID') throw new Refusal('TL-TRANSACTION-INVALID', { txId, validation: code });
      return {
        type: 'ThingLedgerReceipt',
        version: 1,
        network: 'embedded',
        channel,
        ...stated,
        policy: Buffer.from(policy).toString('base64'),
        envelope: Buffer.from(envelope).toString('base64'),
      };
    });
  }

  bundle(
    channel: string,
    { transactions, skip = false }: BundleRequest,
    as: Identity,
    signal?: AbortSignal,
  ): Promise<Bundle> {
    return this.#ask(signal, async () => {
      this.#peer.admit(channel, as);
      if (transactions.length > BUNDLE_TRANSACTIONS)
        throw new Refusal('TL-PROOF-TOO-LARGE', { limit: BUNDLE_TRANSACTIONS, unit: 'transactions' });
      const evidence = transactions.flatMap((wanted) => {
        const found = this.#peer.evidence(channel, wanted);
        if (found) return found;
        if (skip) return [];
        throw new Refusal(
          'TL-TRANSACTION-UNKNOWN',
          typeof wanted === 'string' ? { txId: wanted } : { ...wanted },
        );
      });
      const inOrder = [...new Map(evidence.map((one) => [one.txId, one])).values()].sort(
        (a, b) => a.block - b.block || a.index - b.index,
      );
      const [first] = inOrder;
      const foundation = first ?? this.#peer.foundation(channel);
      if (!foundation) throw new LedgerError('unknown', `channel ${channel} has no chaincode`);
      const { chaincode, policy, authorities } = foundation;
      const sharing = new Sharing();
      return {
        type: 'ThingLedgerBundle',
        version: 1,
        network: 'embedded',
        channel,
        chaincode,
        policy: Buffer.from(policy).toString('base64'),
        authorities,
        transactions: inOrder.map(({ txId, block, index, code: validation, envelope }) => ({
          txId,
          block,
          index,
          validation,
          envelope: sharing.cut(envelope),
        })),
        parts: sharing.parts,
      };
    });
  }

  blocks(channel: string, from: bigint, as: Identity, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.#follow(signal, (until) => {
      this.#peer.admit(channel, as);
      return portBlocks(this.#peer.blocks(channel, from, until));
    });
  }

  height(channel: string, as: Identity, signal?: AbortSignal): Promise<bigint> {
    return this.#ask(signal, async () => {
      this.#peer.admit(channel, as);
      return this.#peer.height(channel);
    });
  }

  ready(): Promise<Readiness> {
    const ready = !this.#closing.signal.aborted;
    return Promise.resolve({ ready, detail: ready ? 'embedded network in this process' : 'closed' });
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #ask<T>(signal: AbortSignal | undefined, call: (until: AbortSignal) => Promise<T>): Promise<T> {
    const until = anyOf(signal, this.#closing.signal);
    try {
      if (until.signal.aborted) throw new EmbeddedError('CANCELLED', 'cancelled', 'call was cancelled');
      return await call(until.signal);
    } catch (error) {
      throw ledgerError(error);
    } finally {
      until.release();
    }
  }

  /** Opens a stream at once, so that `now` means the moment of the call, and gives its errors as the port's. */
  #follow<T>(signal: AbortSignal, open: (until: AbortSignal) => AsyncIterable<T>): AsyncIterable<T> {
    const until = anyOf(signal, this.#closing.signal);
    let stream: AsyncIterable<T>;
    try {
      stream = open(until.signal);
    } catch (error) {
      until.release();
      return failing(ledgerError(error));
    }
    return (async function* () {
      try {
        yield* stream;
      } catch (error) {
        throw ledgerError(error);
      } finally {
        until.release();
      }
    })();
  }
}

async function* portBlocks(
  blocks: ReturnType<EmbeddedPeer['blocks']>,
): AsyncGenerator<CommittedBlock, void, void> {
  for await (const { transactions, ...block } of blocks) {
    yield {
      ...block,
      transactions: transactions.map(({ txId, code, creator, timestamp, args, writes, event }) => ({
        txId,
        code,
        creator: creator && creatorOf(creator.mspId, creator.certificatePem),
        timestamp: timeOf(timestamp.getTime()),
        ...calledIn(args, writes),
        writes,
        event,
      })),
    };
  }
}

function failing(error: Error): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}

function ledgerError(error: unknown): LedgerError | Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof EmbeddedError)) return new LedgerError('unknown', String(error), { cause: error });
  return new LedgerError(kinds[error.reason], error.message, {
    peers: error.details,
    cause: error,
    ...(error.txId !== undefined && { txId: error.txId }),
  });
}
