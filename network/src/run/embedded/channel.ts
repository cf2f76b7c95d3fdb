// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { ConsortiumPlan } from '../../plan/types.js';
import { type Block, blockHash, codeName, decodeBlock, genesisBlock, type Tip } from './block.js';
import { commitRows, decodePlace, type Place, transientRows } from './commit.js';
import { type ChaincodeEvent, readTransaction, type Transaction } from './envelope.js';
import { cancelled, EmbeddedError } from './errors.js';
import { encodePolicy, type Foundation, type TransactionEvidence } from './evidence.js';
import { type Members, readIdentity } from './identity.js';
import { blockKey, tipKey, transactionKey } from './keys.js';
import { argumentsOf, type Signer } from './proposal.js';
import type { PrivateWrites } from './rwset.js';
import type { Store, View } from './store.js';
import { type Judged, validate } from './validation.js';

/** Blocks kept decoded, for readers that follow the end of the chain. */
const decodedBlocks = 32;

/** What a chaincode wrote; no value: deleted. */
export interface CommittedWrite {
  readonly namespace: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** A transaction of a committed block, valid or not. */
export interface CommittedTransaction {
  readonly txId: string;
  /** Name of Fabric's validation code. */
  readonly code: string;
  /** Chosen by the client within the peers' window. */
  readonly timestamp: Date;
  /** Who signed it; nobody has verified it where the transaction is not valid. */
  readonly creator: Pick<Signer, 'mspId' | 'certificatePem'> | undefined;
  readonly chaincode: string | undefined;
  /** Arguments of the call, its function first. */
  readonly args: readonly Uint8Array[];
  /** Public writes; they took effect only when the code is VALID. */
  readonly writes: readonly CommittedWrite[];
  readonly event: ChaincodeEvent | undefined;
  /** Fabric's Envelope message. */
  readonly envelope: Uint8Array;
}

/** A committed block. */
export interface CommittedBlock {
  readonly number: bigint;
  /** Hash of the header; the next block's `previousHash`. */
  readonly hash: Uint8Array;
  readonly previousHash: Uint8Array;
  readonly transactions: readonly CommittedTransaction[];
}

/** One channel: its chain, and all members' copies of its state, which move together. */
export class Channel {
  readonly consortium: ConsortiumPlan;
  readonly #store: Store;
  readonly #members: Members;
  readonly #recent = new Map<number, CommittedBlock>();
  readonly #waiting = new Map<string, Set<(place: Place) => void>>();
  readonly #closing = new AbortController();
  #tip: Tip;
  #advance = signal();

  private constructor(consortium: ConsortiumPlan, store: Store, members: Members, tip: Tip) {
    this.consortium = consortium;
    this.#store = store;
    this.#members = members;
    this.#tip = tip;
    // One for every transaction somebody waits for.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Opens a channel where its last block left it; a new one gets its first block. */
  static async open(consortium: ConsortiumPlan, store: Store, members: Members): Promise<Channel> {
    const row = store.get(tipKey(consortium.channel));
    if (row) {
      const tip = { number: Number(row.readBigUInt64BE()), hash: row.subarray(8) };
      return new Channel(consortium, store, members, tip);
    }
    const { channel, members: names, orderers } = consortium;
    const genesis = genesisBlock(channel, JSON.stringify({ channel, members: names, orderers }));
    await store.write(await commitRows(store, consortium, genesis, []));
    return new Channel(consortium, store, members, { number: 0, hash: blockHash(genesis) });
  }

  /** Number of blocks. */
  get height(): number {
    return this.#tip.number + 1;
  }

  /** A consistent view of all copies; close it when done. */
  view(): View {
    return this.#store.view();
  }

  place(txId: string): Place | undefined {
    const row = this.#store.get(transactionKey(this.consortium.channel, txId));
    return row && decodePlace(row);
  }

  /** What can be shown of a committed transaction, by id or place, valid or not; undefined when there is none. */
  evidence(wanted: string | Pick<Place, 'block' | 'tx'>): TransactionEvidence | undefined {
    const place = typeof wanted === 'string' ? this.place(wanted) : wanted;
    const transaction =
      place && place.block < this.height ? this.#block(place.block).transactions[place.tx] : undefined;
    // The first block holds the configuration: nobody called it, and it has no id.
    const foundation = transaction?.txId ? this.foundation(transaction.chaincode) : undefined;
    if (!place || !transaction || !foundation) return undefined;
    return {
      ...foundation,
      txId: transaction.txId,
      block: place.block,
      index: place.tx,
      code: transaction.code,
      envelope: transaction.envelope,
    };
  }

  /** By what transactions of a chaincode, the first one when left out, are judged; undefined when there is none. */
  foundation(name = this.consortium.chaincodes[0]?.name): Foundation | undefined {
    const { chaincodes, members } = this.consortium;
    const chaincode = chaincodes.find((one) => one.name === name);
    return (
      chaincode && {
        chaincode: chaincode.name,
        policy: encodePolicy(chaincode.policy),
        authorities: Object.fromEntries(members.map((one) => [one, this.#members.authoritiesOf(one)])),
      }
    );
  }

  /** Keeps private writes, on disk, for the members of their collections until the transaction is committed. */
  async keepPrivate(chaincode: string, txId: string, writes: readonly PrivateWrites[]): Promise<void> {
    const plan = this.consortium.chaincodes.find(({ name }) => name === chaincode);
    const transaction = { chaincode, txId, height: this.height };
    const rows = transientRows(this.consortium, plan?.collections ?? [], transaction, writes);
    if (rows.length > 0) await this.#store.write(rows);
  }

  /** Validates envelopes and commits them as the next block, all copies in one batch on disk. */
  async commit(envelopes: readonly Uint8Array[]): Promise<void> {
    const judged = await validate(envelopes, {
      consortium: this.consortium,
      members: this.#members,
      isKnown: (txId) => this.place(txId) !== undefined,
      view: this.#store,
    });
    const block: Block = {
      number: this.#tip.number + 1,
      previousHash: this.#tip.hash,
      envelopes,
      codes: Uint8Array.from(judged, ({ code }) => code),
    };
    await this.#store.write(await commitRows(this.#store, this.consortium, block, judged));
    this.#tip = { number: block.number, hash: blockHash(block) };
    this.#remember(committed(block, judged));
    this.#announce(block.number, judged);
  }

  /**
   * Waits until the transaction is committed; at once when it is.
   *
   * @throws EmbeddedError when the signal aborts or the network closes
   */
  async committed(txId: string, signal?: AbortSignal): Promise<Place> {
    const found = this.place(txId);
    if (found) return found;
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(txId) ?? new Set();
      this.#waiting.set(txId, waiters);
      const settle = (place: Place): void => {
        leave();
        resolve(place);
      };
      const abort = (): void => {
        leave();
        reject(signal?.aborted ? cancelled(signal, txId) : closed());
      };
      const leave = (): void => {
        waiters.delete(settle);
        if (waiters.size === 0) this.#waiting.delete(txId);
        signal?.removeEventListener('abort', abort);
        this.#closing.signal.removeEventListener('abort', abort);
      };
      waiters.add(settle);
      signal?.addEventListener('abort', abort);
      this.#closing.signal.addEventListener('abort', abort);
      if (signal?.aborted || this.#closing.signal.aborted) abort();
    });
  }

  /**
   * Blocks from a number on, in order and without end: committed ones first, then each new one. Ends when the signal
   * aborts; throws when the network closes or stops.
   */
  async *blocks(from: number, signal?: AbortSignal): AsyncGenerator<CommittedBlock> {
    for (let number = from; !signal?.aborted; number += 1) {
      while (number > this.#tip.number) {
        if (this.#closing.signal.aborted) throw closed(this.#closing.signal.reason);
        await this.#advance.wait(signal);
        if (signal?.aborted) return;
      }
      yield this.#block(number);
    }
  }

  /** Wakes everybody who waits; nothing is committed any more. */
  close(reason?: unknown): void {
    this.#closing.abort(reason);
    this.#advance.fire();
  }

  #block(number: number): CommittedBlock {
    const recent = this.#recent.get(number);
    if (recent) return recent;
    const bytes = this.#store.get(blockKey(this.consortium.channel, number));
    if (!bytes) throw new EmbeddedError('NOT_FOUND', 'unavailable', `block ${String(number)} is missing`);
    const block = decodeBlock(bytes);
    const judged = block.envelopes.map((envelope, index) => ({
      transaction: tryRead(envelope),
      code: block.codes[index] ?? 0,
    }));
    return committed(block, judged);
  }

  #remember(block: CommittedBlock): void {
    this.#recent.set(Number(block.number), block);
    this.#recent.delete(Number(block.number) - decodedBlocks);
  }

  #announce(block: number, judged: readonly Judged[]): void {
    for (const { transaction } of judged) {
      const waiters = transaction && this.#waiting.get(transaction.txId);
      const place = waiters && this.place(transaction.txId);
      if (place) for (const settle of [...waiters]) settle(place);
    }
    const advanced = this.#advance;
    this.#advance = signal();
    advanced.fire();
  }
}

function committed(block: Block, judged: readonly Judged[]): CommittedBlock {
  return {
    number: BigInt(block.number),
    hash: blockHash(block),
    previousHash: block.previousHash,
    transactions: judged.map(({ transaction, code }, index) => ({
      txId: transaction?.txId ?? '',
      code: codeName(code),
      timestamp: new Date(
        (transaction?.timestamp.seconds ?? 0) * 1000 + Math.floor((transaction?.timestamp.nanos ?? 0) / 1e6),
      ),
      creator: transaction && readIdentity(transaction.creator),
      chaincode: transaction?.action?.result.chaincode,
      args: transaction?.action ? argumentsOf(transaction.action.publicPayload) : [],
      writes:
        transaction?.action?.sets.flatMap(({ namespace, writes }) =>
          writes.map(({ key, value }) => ({ namespace, key, value })),
        ) ?? [],
      event: transaction?.action?.result.event,
      envelope: block.envelopes[index] ?? new Uint8Array(),
    })),
  };
}

function tryRead(envelope: Uint8Array): Transaction | undefined {
  try {
    return readTransaction(envelope);
  } catch {
    return undefined;
  }
}

function closed(reason?: unknown): EmbeddedError {
  if (reason instanceof EmbeddedError) return reason;
  return new EmbeddedError('UNAVAILABLE', 'unavailable', 'the embedded network is closed');
}

/** Something that happens once and that many may wait for. */
function signal(): { wait(until?: AbortSignal): Promise<void>; fire(): void } {
  let fire: () => void = () => undefined;
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return {
    fire: () => {
      fire();
    },
    wait: async (until) => {
      if (!until) return fired;
      if (until.aborted) return;
      let stop: () => void = () => undefined;
      const aborted = new Promise<void>((resolve) => {
        stop = resolve;
      });
      until.addEventListener('abort', stop);
      await Promise.race([fired, aborted]);
      until.removeEventListener('abort', stop);
    },
  };
}
