// SPDX-License-Identifier: Apache-2.0
import { common, peer } from '@hyperledger/fabric-protos';
import type { SignedProposal, Signer } from './proposal.js';
import { decodeReadWriteSet, type NamespaceSet } from './rwset.js';
import { privateKey, signMessage } from './signing.js';

/** What the chaincode answered, as its endorsers signed it. */
export interface ChaincodeResult {
  readonly chaincode: string;
  readonly version: string;
  readonly response: { readonly status: number; readonly message: string; readonly payload: Uint8Array };
  /** Serialised read and write set. */
  readonly results: Uint8Array;
  readonly event: ChaincodeEvent | undefined;
}

/** The one event a transaction can carry. */
export interface ChaincodeEvent {
  readonly name: string;
  readonly payload: Uint8Array;
}

/** An endorser's serialised identity and its signature over result and identity. */
export interface Endorsement {
  readonly endorser: Uint8Array;
  readonly signature: Uint8Array;
}

/** An envelope, taken apart. Nothing in it has been verified. */
export interface Transaction {
  readonly txId: string;
  readonly channel: string;
  /** Fabric's header type; anything but ENDORSER_TRANSACTION carries no chaincode action. */
  readonly type: number;
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
  readonly creator: Uint8Array;
  readonly nonce: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly action: TransactionAction | undefined;
}

export interface TransactionAction {
  readonly signatureHeader: Uint8Array;
  readonly channelHeader: Uint8Array;
  readonly publicPayload: Uint8Array;
  readonly proposalHash: Uint8Array;
  /** Bytes the endorsers signed (with their identity appended). */
  readonly endorsed: Uint8Array;
  readonly endorsements: readonly Endorsement[];
  readonly result: ChaincodeResult;
  readonly sets: readonly NamespaceSet[];
}

/** Fabric's ProposalResponsePayload: equal results of equal proposals give equal bytes. */
export function encodeResult(proposalHash: Uint8Array, txId: string, result: ChaincodeResult): Uint8Array {
  const id = new peer.ChaincodeID();
  id.setName(result.chaincode);
  id.setVersion(result.version);
  const response = new peer.Response();
  response.setStatus(result.response.status);
  response.setMessage(result.response.message);
  response.setPayload(result.response.payload);
  const action = new peer.ChaincodeAction();
  action.setChaincodeId(id);
  action.setResponse(response);
  action.setResults(result.results);
  if (result.event) {
    const event = new peer.ChaincodeEvent();
    event.setChaincodeId(result.chaincode);
    event.setTxId(txId);
    event.setEventName(result.event.name);
    event.setPayload(result.event.payload);
    action.setEvents(event.serializeBinary());
  }
  const payload = new peer.ProposalResponsePayload();
  payload.setProposalHash(proposalHash);
  payload.setExtension$(action.serializeBinary());
  return payload.serializeBinary();
}

/** The transaction a client submits: proposal, endorsed result and endorsements, signed by the proposal's creator. */
export function sealTransaction(
  proposal: SignedProposal,
  endorsed: Uint8Array,
  endorsements: readonly Endorsement[],
  as: Signer,
): Uint8Array {
  const action = new peer.ChaincodeEndorsedAction();
  action.setProposalResponsePayload(endorsed);
  action.setEndorsementsList(
    endorsements.map(({ endorser, signature }) => {
      const message = new peer.Endorsement();
      message.setEndorser(endorser);
      message.setSignature(signature);
      return message;
    }),
  );
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.publicPayload);
  actionPayload.setAction(action);
  const transactionAction = new peer.TransactionAction();
  transactionAction.setHeader(proposal.signatureHeader);
  transactionAction.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([transactionAction]);

  const header = new common.Header();
  header.setChannelHeader(proposal.channelHeader);
  header.setSignatureHeader(proposal.signatureHeader);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  envelope.setSignature(signMessage(envelope.getPayload_asU8(), privateKey(as.privateKeyPem)));
  return envelope.serializeBinary();
}

/** @throws Error when the bytes are no envelope */
export function readTransaction(bytes: Uint8Array): Transaction {
  const envelope = common.Envelope.deserializeBinary(bytes);
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader();
  if (!header) throw new Error('envelope without header');
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const timestamp = channelHeader.getTimestamp();
  const type = channelHeader.getType();
  return {
    txId: channelHeader.getTxId(),
    channel: channelHeader.getChannelId(),
    type,
    timestamp: { seconds: timestamp?.getSeconds() ?? 0, nanos: timestamp?.getNanos() ?? 0 },
    creator: signatureHeader.getCreator_asU8(),
    nonce: signatureHeader.getNonce_asU8(),
    payload: envelope.getPayload_asU8(),
    signature: envelope.getSignature_asU8(),
    action:
      type === common.HeaderType.ENDORSER_TRANSACTION
        ? readAction(payload.getData_asU8(), header.getChannelHeader_asU8())
        : undefined,
  };
}

function readAction(data: Uint8Array, channelHeader: Uint8Array): TransactionAction {
  const actions = peer.Transaction.deserializeBinary(data).getActionsList();
  const [only] = actions;
  if (!only || actions.length !== 1) throw new Error('a transaction has one action');
  const payload = peer.ChaincodeActionPayload.deserializeBinary(only.getPayload_asU8());
  const endorsed = payload.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed);
  const action = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  return {
    signatureHeader: only.getHeader_asU8(),
    channelHeader,
    publicPayload: payload.getChaincodeProposalPayload_asU8(),
    proposalHash: response.getProposalHash_asU8(),
    endorsed,
    endorsements: (payload.getAction()?.getEndorsementsList() ?? []).map((endorsement) => ({
      endorser: endorsement.getEndorser_asU8(),
      signature: endorsement.getSignature_asU8(),
    })),
    result: readResult(action),
    sets: decodeReadWriteSet(action.getResults_asU8()),
  };
}

function readResult(action: peer.ChaincodeAction): ChaincodeResult {
  const events = action.getEvents_asU8();
  const event = events.length > 0 ? peer.ChaincodeEvent.deserializeBinary(events) : undefined;
  return {
    chaincode: action.getChaincodeId()?.getName() ?? '',
    version: action.getChaincodeId()?.getVersion() ?? '',
    response: {
      status: action.getResponse()?.getStatus() ?? 0,
      message: action.getResponse()?.getMessage() ?? '',
      payload: action.getResponse()?.getPayload_asU8() ?? new Uint8Array(),
    },
    results: action.getResults_asU8(),
    event: event && { name: event.getEventName(), payload: event.getPayload_asU8() },
  };
}
