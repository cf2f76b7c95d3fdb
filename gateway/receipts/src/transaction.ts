// SPDX-License-Identifier: Apache-2.0
import { hash, sameBytes, toHex } from './bytes.js';
import { fail } from './checks.js';
import {
  chaincode as invocation,
  common,
  kvrwset,
  proposal,
  proposalResponse,
  rwset,
  transaction as messages,
} from './messages.js';

/** A chaincode transaction, taken apart; its hashes fit one another, no signature has been verified. */
export interface Transaction {
  readonly txId: string;
  readonly channel: string;
  /** Chosen by the client within the peers’ window, milliseconds since 1970. */
  readonly time: number;
  /** Serialised identity of the caller. */
  readonly creator: Uint8Array;
  /** What the caller signed, and the signature. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly chaincode: string;
  /** The function and its arguments, as sent. */
  readonly args: readonly Uint8Array[];
  /** What the chaincode returned. */
  readonly result: Uint8Array;
  /** What each endorser signed, with its serialised identity appended. */
  readonly endorsed: Uint8Array;
  readonly endorsements: readonly { readonly endorser: Uint8Array; readonly signature: Uint8Array }[];
  /** Namespaces written to. */
  readonly written: readonly string[];
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
}

/** What the endorsers wrote to a public key; no value: they deleted it. */
export interface Write {
  readonly namespace: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** A key that the endorsers read, with the place of the transaction that wrote it last. */
export interface Read {
  readonly namespace: string;
  readonly key: string;
  readonly block: number;
  readonly index: number;
}

/**
 * Reads an envelope. Fails when it is no chaincode transaction, its id does not follow from caller and nonce, or what
 * was endorsed is not the answer to its proposal (protoutil.CheckTxID, GetProposalHash2).
 */
export function readTransaction(bytes: Uint8Array): Transaction {
  const envelope = common.Envelope.deserializeBinary(bytes);
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader() ?? fail('the transaction has no header');
  const channelHeaderBytes = header.getChannelHeader_asU8();
  const channelHeader = common.ChannelHeader.deserializeBinary(channelHeaderBytes);
  if (channelHeader.getType() !== common.HeaderType.ENDORSER_TRANSACTION) {
    fail('the envelope holds no chaincode transaction');
  }
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const creator = signatureHeader.getCreator_asU8();
  const txId = channelHeader.getTxId();
  if (toHex(hash(signatureHeader.getNonce_asU8(), creator)) !== txId) {
    fail('the transaction id does not follow from caller and nonce');
  }
  const actions = messages.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  const [only] = actions;
  if (!only || actions.length !== 1) fail('the transaction has not exactly one action');
  const action = messages.ChaincodeActionPayload.deserializeBinary(only.getPayload_asU8());
  const proposed = action.getChaincodeProposalPayload_asU8();
  const endorsed = action.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  const response = proposalResponse.ProposalResponsePayload.deserializeBinary(endorsed);
  if (!sameBytes(only.getHeader_asU8(), header.getSignatureHeader_asU8())) {
    fail('the action and the transaction name different callers');
  }
  const proposalHash = hash(channelHeaderBytes, only.getHeader_asU8(), proposed);
  if (!sameBytes(proposalHash, response.getProposalHash_asU8())) {
    fail('what was endorsed is not the answer to what was asked');
  }
  return {
    txId,
    channel: channelHeader.getChannelId(),
    time:
      (channelHeader.getTimestamp()?.getSeconds() ?? 0) * 1000 +
      Math.floor((channelHeader.getTimestamp()?.getNanos() ?? 0) / 1e6),
    creator,
    payload: envelope.getPayload_asU8(),
    signature: envelope.getSignature_asU8(),
    args: argumentsOf(proposed),
    endorsed,
    endorsements: (action.getAction()?.getEndorsementsList() ?? []).map((endorsement) => ({
      endorser: endorsement.getEndorser_asU8(),
      signature: endorsement.getSignature_asU8(),
    })),
    ...readAction(response.getExtension_asU8()),
  };
}

/** The same of an envelope that may hold anything: undefined when it is no chaincode transaction. */
export function transactionIn(bytes: Uint8Array): Transaction | undefined {
  try {
    return readTransaction(bytes);
  } catch {
    return undefined;
  }
}

/** An envelope without its sender’s signature: nobody can have it ordered. */
export function withoutSignature(bytes: Uint8Array): Uint8Array {
  const envelope = common.Envelope.deserializeBinary(bytes);
  envelope.setSignature(new Uint8Array());
  return envelope.serializeBinary();
}

/** The arguments of a call, its function first, from Fabric’s ChaincodeProposalPayload message. */
export function argumentsOf(proposed: Uint8Array): Uint8Array[] {
  const input = proposal.ChaincodeProposalPayload.deserializeBinary(proposed).getInput_asU8();
  const spec = invocation.ChaincodeInvocationSpec.deserializeBinary(input).getChaincodeSpec();
  return spec?.getInput()?.getArgsList_asU8() ?? [];
}

function readAction(
  bytes: Uint8Array,
): Pick<Transaction, 'chaincode' | 'result' | 'written' | 'writes' | 'reads'> {
  const action = proposal.ChaincodeAction.deserializeBinary(bytes);
  const sets = rwset.TxReadWriteSet.deserializeBinary(action.getResults_asU8()).getNsRwsetList();
  const written: string[] = [];
  const writes: Write[] = [];
  const reads: Read[] = [];
  for (const set of sets) {
    const namespace = set.getNamespace();
    const keys = kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8());
    if (
      keys.getWritesList().length > 0 ||
      keys.getMetadataWritesList().length > 0 ||
      set.getCollectionHashedRwsetList().length > 0
    ) {
      written.push(namespace);
    }
    for (const write of keys.getWritesList()) {
      const value = write.getValue_asU8();
      // To Fabric, an empty value deletes too.
      const gone = write.getIsDelete() || value.length === 0;
      writes.push({ namespace, key: write.getKey(), value: gone ? undefined : value });
    }
    for (const read of keys.getReadsList()) {
      const version = read.getVersion();
      if (!version) continue;
      const place = { block: version.getBlockNum(), index: version.getTxNum() };
      reads.push({ namespace, key: read.getKey(), ...place });
    }
  }
  return {
    chaincode: action.getChaincodeId()?.getName() ?? '',
    result: action.getResponse()?.getPayload_asU8() ?? new Uint8Array(),
    written,
    writes,
    reads,
  };
}
