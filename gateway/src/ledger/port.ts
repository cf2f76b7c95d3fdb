// SPDX-License-Identifier: Apache-2.0
import type { Bundle, Receipt } from '@thingledger/protocol';
import type { Subject } from './subjects.js';

/** Who signs: an X.509 identity of the member and its private key (PKCS #8 or SEC 1 PEM, P-256). */
export interface Identity {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * One invocation of a chaincode function. What is in `transient` goes to the endorsers only and into no block: private
 * values (design 3), and the texts of statements, which are in what the transaction writes where it keeps something of them.
 */
export interface Call {
  readonly channel: string;
  readonly chaincode: string;
  /** `contract:operation`, as Fabric calls a transaction function. */
  readonly fn: string;
  readonly args: readonly string[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

/** A transaction that its endorsers signed and that can be submitted, now or after a restart. */
export interface Endorsed {
  readonly txId: string;
  readonly channel: string;
  /** What the chaincode returned; holds only if the transaction commits as valid. */
  readonly result: Uint8Array;
  /** The signed envelope. The same bytes may be submitted again: a transaction id commits at most once. */
  readonly envelope: Uint8Array;
}

/** What became of an ordered transaction. */
export interface Commit {
  /** Name of the Fabric validation code: `VALID`, `MVCC_READ_CONFLICT`, `PHANTOM_READ_CONFLICT`, … */
  readonly code: string;
  readonly block: bigint;
}

/** One chaincode event of a valid transaction. */
export interface LedgerEvent {
  readonly block: bigint;
  readonly txId: string;
  readonly name: string;
  readonly payload: Uint8Array;
}

/** What a transaction wrote to one public key; no value: it deleted the key. */
export interface CommittedWrite {
  readonly namespace: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/**
 * A transaction of a committed block, valid or not. Of those that are not valid nobody has checked anything: texts and
 * times are whatever their sender put there.
 */
export interface CommittedTransaction {
  /** Empty where the envelope can not be read. A transaction turned down as a duplicate has the id of another. */
  readonly txId: string;
  /** Name of the Fabric validation code. */
  readonly code: string;
  /** Who signed it: member and common name. Undefined where no certificate says it, as in the first block. */
  readonly creator: { readonly member: string; readonly name: string } | undefined;
  /** Chosen by the client, for valid transactions within the peers' window. Undefined where it is no time. */
  readonly timestamp: Date | undefined;
  /** `contract:operation` of what was called, each once; a batch counts as the operations in it. */
  readonly operations: readonly string[];
  /** Whom and what its arguments name, each once; also what was refused, or turned down. */
  readonly subjects: readonly Subject[];
  /** Public writes in the order of the write set; they took effect only when the code is `VALID`. */
  readonly writes: readonly CommittedWrite[];
  readonly event: { readonly name: string; readonly payload: Uint8Array } | undefined;
}

/** A block as the member's own peer committed it. */
export interface CommittedBlock {
  readonly number: bigint;
  /** SHA-256 of the header; the next block's `previousHash`. */
  readonly hash: Uint8Array;
  readonly previousHash: Uint8Array;
  readonly transactions: readonly CommittedTransaction[];
}

/** A committed transaction, by its id or by where it lies. */
export type Wanted = string | { readonly block: number; readonly index: number };

/** What a bundle shall hold. */
export interface BundleRequest {
  readonly transactions: readonly Wanted[];
  /** Leaves out what has no receipt, such as configurations and garbage, in place of refusing. */
  readonly skip?: boolean;
  /** Blocks that it shall hold without a gap, so that nothing in them can be left out. */
  readonly complete?: { readonly from: number; readonly to: number };
  /** An envelope that peers endorsed just now: the bundle holds what its endorsers are judged by, too. */
  readonly beside?: Uint8Array;
}

/** Where to begin: the start of a block, right after a transaction of that block, or with the next block. */
export type EventPosition = { readonly block: bigint; readonly afterTxId?: string } | 'now';

/** Whether the member's own peer answers, and why not. */
export interface Readiness {
  readonly ready: boolean;
  /** One line for the operator. */
  readonly detail: string;
}

/**
 * A member's door to the ledger, through its own peer. Two adapters keep it, Fabric and embedded; one behaviour suite
 * runs over both. Every method but `close` fails with {@link LedgerError} and, where it says so, a refusal.
 */
export interface Ledger {
  /**
   * Asks one peer; nothing is written.
   *
   * @param member whose peer is asked; the own one when left out
   */
  evaluate(call: Call, as: Identity, signal?: AbortSignal, member?: string): Promise<Uint8Array>;
  /** Has a proposal endorsed as the chaincode's policy asks, with a fresh transaction id. Nothing is ordered yet. */
  endorse(call: Call, as: Identity, signal?: AbortSignal): Promise<Endorsed>;
  /**
   * The answer to a call, signed by as many members' peers as the chaincode's policy asks for: an envelope that its caller
   * did not sign, so that nobody can have it ordered. Nothing is written.
   */
  signedAnswer(call: Call, as: Identity, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Hands an endorsed transaction to the orderers. Success means accepted for ordering, not committed; failure does
   * not mean that it will not commit (design 5). Harmless to repeat with the same envelope.
   */
  submit(
    endorsed: Pick<Endorsed, 'txId' | 'channel' | 'envelope'>,
    as: Identity,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Waits until the member's own peer has committed the transaction; at once when it has. Safe to ask again. */
  commitStatus(channel: string, txId: string, as: Identity, signal?: AbortSignal): Promise<Commit>;
  /**
   * Chaincode events of valid transactions in ledger order, from `from` on without end, surviving the loss of the
   * peer: none left out, none twice. Ends when `signal` aborts; throws only when the peer denies the identity.
   */
  events(
    channel: string,
    chaincode: string,
    from: EventPosition,
    as: Identity,
    signal: AbortSignal,
  ): AsyncIterable<LedgerEvent>;
  /**
   * What proves a committed transaction without the network; undefined when the member's own peer knows none of this id.
   * Refuses (`Refusal`) one that was committed as invalid, and one whose proof is too large.
   */
  receipt(channel: string, txId: string, as: Identity, signal?: AbortSignal): Promise<Receipt | undefined>;
  /**
   * What proves many transactions, those that were turned down too, in the order of the ledger and each once. Refuses
   * (`Refusal`) with `TL-TRANSACTION-UNKNOWN`, `TL-RECEIPT-KIND` and `TL-PROOF-TOO-LARGE`.
   */
  bundle(channel: string, request: BundleRequest, as: Identity, signal?: AbortSignal): Promise<Bundle>;
  /**
   * Committed blocks from a number on without end, in order, surviving the loss of the peer: none left out, none twice.
   * Waits where there is no such block yet. Ends when `signal` aborts; throws only when the peer denies the identity.
   */
  blocks(channel: string, from: bigint, as: Identity, signal: AbortSignal): AsyncIterable<CommittedBlock>;
  /** How many blocks the member's own peer has committed. */
  height(channel: string, as: Identity, signal?: AbortSignal): Promise<bigint>;
  /** Whether the member's own peer can be reached now. Never throws. */
  ready(): Promise<Readiness>;
  close(): Promise<void>;
}

/** What one peer or orderer said about a failed call. */
export interface PeerReason {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

/**
 * - `refused`: the chaincode said no; a peer's message carries the coded refusal, or the chaincode's own words.
 * - `conflict`: the network turned it down because of state or policy; a fresh proposal may succeed.
 * - `mismatch`: endorsers differ in their results, which also happens when they stand at different heights.
 * - `unavailable`: a peer or an orderer can not be reached or has too much work. After submit: outcome unknown.
 * - `deadline`: no answer in time. After submit: outcome unknown.
 * - `denied`: the peer does not accept the identity or its signature.
 * - `unknown`: anything else; `message` says what.
 */
export type LedgerErrorKind =
  'refused' | 'conflict' | 'mismatch' | 'unavailable' | 'deadline' | 'unknown' | 'denied';

/** A failed call to the ledger, with every peer's own reason. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly kind: LedgerErrorKind;
  readonly peers: readonly PeerReason[];
  /** The transaction it was about, where there is one. */
  readonly txId: string | undefined;

  constructor(
    kind: LedgerErrorKind,
    message: string,
    options: {
      readonly peers?: readonly PeerReason[];
      readonly txId?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.peers = options.peers ?? [];
    this.txId = options.txId;
  }
}
