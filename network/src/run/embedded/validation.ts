// SPDX-License-Identifier: Apache-2.0
import { common, peer } from '@hyperledger/fabric-protos';
import type { ChaincodePlan, ConsortiumPlan } from '../../plan/types.js';
import { satisfiesPolicy } from '../../plan/policy.js';
import { Copy } from './copy.js';
import { readTransaction, type Transaction, type TransactionAction } from './envelope.js';
import type { Members } from './identity.js';
import { proposalHash, transactionId } from './proposal.js';
import type { NamespaceSet, RangeRead, Version } from './rwset.js';
import { isSignedBy } from './signing.js';
import type { View } from './store.js';

const codes = peer.TxValidationCode;
type Code = (typeof codes)[keyof typeof codes];

/** A transaction of a block and what validation says of it. */
export interface Judged {
  /** Undefined when the bytes are no transaction. */
  readonly transaction: Transaction | undefined;
  readonly code: number;
}

/** What validation needs to know of the channel. */
export interface ValidationScope {
  readonly consortium: ConsortiumPlan;
  readonly members: Members;
  /** A transaction id that is already in the chain. */
  readonly isKnown: (txId: string) => boolean;
  /** State as the previous block left it. Every member's copy is the same; one is read. */
  readonly view: Pick<View, 'get' | 'getMany' | 'scan'>;
}

/** Whether the envelope's creator signed it, judged by certificate alone. */
export function isSignedByCreator(transaction: Transaction, members: Members): boolean {
  const creator = members.identify(transaction.creator);
  return creator !== undefined && isSignedBy(transaction.payload, transaction.signature, creator.publicKey);
}

/**
 * Judges a block's transactions in their order, as every Fabric peer does: form, creator and endorsements first, then
 * double ids, then reads against the state that earlier blocks and earlier transactions of this block left.
 */
export async function validate(envelopes: readonly Uint8Array[], scope: ValidationScope): Promise<Judged[]> {
  const seen = new Set<string>();
  const updates = new BlockUpdates();
  const judged: Judged[] = [];
  for (const envelope of envelopes) {
    const transaction = tryRead(envelope);
    let code = transaction ? checkForm(transaction, scope) : codes.BAD_PAYLOAD;
    if (transaction?.action && code === codes.VALID) {
      code =
        seen.has(transaction.txId) || scope.isKnown(transaction.txId)
          ? codes.DUPLICATE_TXID
          : await checkReads(transaction.action.sets, scope, updates);
      seen.add(transaction.txId);
      if (code === codes.VALID) updates.apply(transaction.action.sets);
    }
    judged.push({ transaction, code });
  }
  return judged;
}

function tryRead(envelope: Uint8Array): Transaction | undefined {
  try {
    return readTransaction(envelope);
  } catch {
    return undefined;
  }
}

function checkForm(transaction: Transaction, { consortium, members }: ValidationScope): Code {
  const { action } = transaction;
  if (transaction.channel !== consortium.channel) return codes.TARGET_CHAIN_NOT_FOUND;
  if (transaction.type !== common.HeaderType.ENDORSER_TRANSACTION || !action)
    return codes.UNSUPPORTED_TX_PAYLOAD;
  const creator = members.identify(transaction.creator);
  if (!creator || !consortium.members.includes(creator.mspId) || !isSignedByCreator(transaction, members)) {
    return codes.BAD_CREATOR_SIGNATURE;
  }
  if (transaction.txId !== transactionId(transaction.nonce, transaction.creator))
    return codes.BAD_PROPOSAL_TXID;
  const hash = proposalHash(action.channelHeader, action.signatureHeader, action.publicPayload);
  if (!hash.equals(action.proposalHash)) return codes.INVALID_ENDORSER_TRANSACTION;
  const chaincode = consortium.chaincodes.find(({ name }) => name === action.result.chaincode);
  if (!chaincode) return codes.INVALID_CHAINCODE;
  if (action.sets.some(({ namespace }) => namespace !== chaincode.name)) return codes.INVALID_WRITESET;
  return isEndorsed(action, chaincode, consortium, members) ? codes.VALID : codes.ENDORSEMENT_POLICY_FAILURE;
}

function isEndorsed(
  action: TransactionAction,
  { policy }: ChaincodePlan,
  consortium: ConsortiumPlan,
  members: Members,
): boolean {
  const endorsers = new Set<string>();
  for (const { endorser, signature } of action.endorsements) {
    const peerOf = members.identify(endorser);
    const signed = Buffer.concat([action.endorsed, endorser]);
    if (
      peerOf?.role === 'peer' &&
      consortium.members.includes(peerOf.mspId) &&
      isSignedBy(signed, signature, peerOf.publicKey)
    ) {
      endorsers.add(peerOf.mspId);
    }
  }
  return satisfiesPolicy(policy, endorsers);
}

/** Keys that valid transactions of the block under validation have written so far. */
class BlockUpdates {
  readonly #state = new Map<string, Map<string, boolean>>();
  readonly #hashes = new Set<string>();

  /** Per key of a namespace: whether it exists after the block's transactions so far. */
  of(namespace: string): ReadonlyMap<string, boolean> {
    return this.#state.get(namespace) ?? new Map<string, boolean>();
  }

  hasHash(namespace: string, collection: string, keyHash: Uint8Array): boolean {
    return this.#hashes.has(hashName(namespace, collection, keyHash));
  }

  apply(sets: readonly NamespaceSet[]): void {
    for (const { namespace, writes, collections } of sets) {
      const rows = this.#state.get(namespace) ?? new Map<string, boolean>();
      for (const { key, value } of writes) rows.set(key, value !== undefined);
      this.#state.set(namespace, rows);
      for (const { collection, writes: hashes } of collections) {
        for (const { keyHash } of hashes) this.#hashes.add(hashName(namespace, collection, keyHash));
      }
    }
  }
}

function hashName(namespace: string, collection: string, keyHash: Uint8Array): string {
  return `${namespace}/${collection}/${Buffer.from(keyHash).toString('hex')}`;
}

async function checkReads(
  sets: readonly NamespaceSet[],
  { view, consortium }: ValidationScope,
  updates: BlockUpdates,
): Promise<Code> {
  for (const set of sets) {
    const copy = new Copy(view, consortium.members[0] ?? '', consortium.channel, set.namespace);
    const written = updates.of(set.namespace);
    if (set.reads.some(({ key, version }) => written.has(key) || !same(copy.get(key)?.version, version))) {
      return codes.MVCC_READ_CONFLICT;
    }
    for (const range of set.ranges) {
      if (!(await isUnchanged(range, copy, written))) return codes.PHANTOM_READ_CONFLICT;
    }
    for (const { collection, reads } of set.collections) {
      const stale = reads.some(
        ({ keyHash, version }) =>
          updates.hasHash(set.namespace, collection, keyHash) ||
          !same(copy.hashOf(collection, keyHash)?.version, version),
      );
      if (stale) return codes.MVCC_READ_CONFLICT;
    }
  }
  return codes.VALID;
}

/** Reads the range again, over the state with this block's writes so far, and compares keys and versions. */
async function isUnchanged(
  range: RangeRead,
  copy: Copy,
  written: ReadonlyMap<string, boolean>,
): Promise<boolean> {
  const scan = copy.range(range.start, range.end, !range.exhausted);
  const found = new Set<string>();
  try {
    let index = 0;
    for (let rows = await scan.next(500); rows.length > 0; rows = await scan.next(500)) {
      for (const { key, version } of rows) {
        const read = range.reads[index];
        if (read?.key !== key || !same(read.version, version) || written.has(key)) return false;
        found.add(key);
        index += 1;
      }
    }
    if (index !== range.reads.length) return false;
  } finally {
    await scan.close();
  }
  return ![...written].some(([key, exists]) => exists && !found.has(key) && isWithin(key, range));
}

function isWithin(key: string, { start, end, exhausted }: RangeRead): boolean {
  const bytes = Buffer.from(key);
  if (Buffer.compare(bytes, Buffer.from(start)) < 0) return false;
  if (end === '') return true;
  const order = Buffer.compare(bytes, Buffer.from(end));
  return exhausted ? order < 0 : order <= 0;
}

function same(a: Version | undefined, b: Version | undefined): boolean {
  return a?.block === b?.block && a?.tx === b?.tx;
}
