// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { serializeIdentity } from './identity.js';
import { privateKey, sha256, signMessage } from './signing.js';

/** One invocation of a chaincode function. */
export interface Proposal {
  readonly channel: string;
  readonly chaincode: string;
  /** `contract:operation`, as Fabric calls a transaction function. */
  readonly fn: string;
  readonly args: readonly string[];
  /** Reaches the chaincode, and no block. */
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

/** Who signs; PEM. */
export interface Signer {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What a client may fix about a proposal. */
export interface ProposalOptions {
  /** 24 bytes; with the creator it determines the transaction id. Random when left out. */
  readonly nonce?: Uint8Array;
  /** Now, when left out. Peers refuse times outside their window. */
  readonly timestamp?: Date;
}

/** A proposal as its creator signed it, together with the parts that peers look at. */
export interface SignedProposal {
  readonly txId: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly args: readonly Uint8Array[];
  readonly creator: Uint8Array;
  readonly timestamp: Date;
  readonly hasTransient: boolean;
  readonly channelHeader: Uint8Array;
  readonly signatureHeader: Uint8Array;
  /** The proposal's payload without transient data: what goes into the transaction. */
  readonly publicPayload: Uint8Array;
  /** Fabric's SignedProposal message, which the chaincode's stub is made from. */
  readonly message: peer.SignedProposal;
}

/** Fabric's transaction id. */
export function transactionId(nonce: Uint8Array, creator: Uint8Array): string {
  return sha256(nonce, creator).toString('hex');
}

/** Builds and signs a proposal as a client does. */
export function signProposal(proposal: Proposal, as: Signer, options: ProposalOptions = {}): SignedProposal {
  const creator = serializeIdentity(as.mspId, as.certificatePem);
  const nonce = options.nonce ?? randomBytes(24);
  const timestamp = options.timestamp ?? new Date();
  const txId = transactionId(nonce, creator);
  const args = [proposal.fn, ...proposal.args].map((arg) => Buffer.from(arg));

  const channelHeader = encodeChannelHeader(proposal, txId, timestamp);
  const signatureHeader = encodeSignatureHeader(creator, nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader);
  header.setSignatureHeader(signatureHeader);

  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(encodeInvocation(proposal.chaincode, args));
  const publicPayload = payload.serializeBinary();
  const transient = Object.entries(proposal.transient ?? {});
  for (const [name, value] of transient) payload.getTransientmapMap().set(name, value);

  const unsigned = new peer.Proposal();
  unsigned.setHeader(header.serializeBinary());
  unsigned.setPayload(payload.serializeBinary());
  const message = new peer.SignedProposal();
  message.setProposalBytes(unsigned.serializeBinary());
  message.setSignature(signMessage(message.getProposalBytes_asU8(), privateKey(as.privateKeyPem)));
  return {
    txId,
    channel: proposal.channel,
    chaincode: proposal.chaincode,
    args,
    creator,
    timestamp,
    hasTransient: transient.length > 0,
    channelHeader,
    signatureHeader,
    publicPayload,
    message,
  };
}

/** The arguments of a call, its function first, from the payload of its proposal; none when it is no such payload. */
export function argumentsOf(publicPayload: Uint8Array): Uint8Array[] {
  try {
    const input = peer.ChaincodeProposalPayload.deserializeBinary(publicPayload).getInput_asU8();
    const spec = peer.ChaincodeInvocationSpec.deserializeBinary(input).getChaincodeSpec();
    return spec?.getInput()?.getArgsList_asU8() ?? [];
  } catch {
    return [];
  }
}

/** What endorsers sign over instead of the proposal itself, so that transient data stays out. */
export function proposalHash(
  channelHeader: Uint8Array,
  signatureHeader: Uint8Array,
  publicPayload: Uint8Array,
): Buffer {
  return sha256(channelHeader, signatureHeader, publicPayload);
}

function encodeChannelHeader({ channel, chaincode }: Proposal, txId: string, timestamp: Date): Uint8Array {
  const id = new peer.ChaincodeID();
  id.setName(chaincode);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const header = new common.ChannelHeader();
  header.setType(common.HeaderType.ENDORSER_TRANSACTION);
  header.setTimestamp(timestamps.Timestamp.fromDate(timestamp));
  header.setChannelId(channel);
  header.setTxId(txId);
  header.setExtension$(extension.serializeBinary());
  return header.serializeBinary();
}

function encodeSignatureHeader(creator: Uint8Array, nonce: Uint8Array): Uint8Array {
  const header = new common.SignatureHeader();
  header.setCreator(creator);
  header.setNonce(nonce);
  return header.serializeBinary();
}

function encodeInvocation(chaincode: string, args: readonly Uint8Array[]): Uint8Array {
  const id = new peer.ChaincodeID();
  id.setName(chaincode);
  const input = new peer.ChaincodeInput();
  input.setArgsList([...args]);
  const spec = new peer.ChaincodeSpec();
  spec.setType(peer.ChaincodeSpec.Type.NODE);
  spec.setChaincodeId(id);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  return invocation.serializeBinary();
}
