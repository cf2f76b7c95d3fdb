// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { concat, hash, toHex } from '../bytes.js';
import {
  chaincode,
  common,
  kvrwset,
  proposal,
  proposalResponse,
  rwset,
  transaction as messages,
} from '../messages.js';
import type { Holder } from './keys.js';

/** What a test puts into a transaction. */
export interface Content {
  readonly channel: string;
  readonly chaincode: string;
  readonly args: readonly (string | Uint8Array)[];
  readonly caller: Holder;
  readonly endorsers: readonly Holder[];
  readonly time?: number;
  readonly result?: Uint8Array;
  /** Namespaces written to. */
  readonly writes?: readonly string[];
  /** Where the definition that was read stands. */
  readonly definition?: { readonly block: number; readonly index: number };
}

const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? new TextEncoder().encode(value) : value;

/** A chaincode transaction, built as Fabric’s clients and peers build it. */
export function envelopeOf(content: Content): { txId: string; envelope: Uint8Array } {
  const { caller } = content;
  const nonce = new Uint8Array(randomBytes(24));
  const txId = toHex(hash(nonce, caller.identity));
  const channelHeader = header(content.channel, common.HeaderType.ENDORSER_TRANSACTION, content.time);
  channelHeader.setTxId(txId);
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(caller.identity);
  signatureHeader.setNonce(nonce);
  const headers = new common.Header();
  headers.setChannelHeader(channelHeader.serializeBinary());
  headers.setSignatureHeader(signatureHeader.serializeBinary());

  const proposed = new proposal.ChaincodeProposalPayload();
  proposed.setInput(invocation(content));
  const response = new proposalResponse.ProposalResponsePayload();
  response.setProposalHash(
    hash(headers.getChannelHeader_asU8(), headers.getSignatureHeader_asU8(), proposed.serializeBinary()),
  );
  response.setExtension$(actionOf(content));
  const endorsed = response.serializeBinary();
  const action = new messages.ChaincodeEndorsedAction();
  action.setProposalResponsePayload(endorsed);
  action.setEndorsementsList(
    content.endorsers.map((endorser) => {
      const endorsement = new proposalResponse.Endorsement();
      endorsement.setEndorser(endorser.identity);
      endorsement.setSignature(endorser.sign(concat(endorsed, endorser.identity)));
      return endorsement;
    }),
  );
  const payload = new messages.ChaincodeActionPayload();
  payload.setChaincodeProposalPayload(proposed.serializeBinary());
  payload.setAction(action);
  const only = new messages.TransactionAction();
  only.setHeader(headers.getSignatureHeader_asU8());
  only.setPayload(payload.serializeBinary());
  const transaction = new messages.Transaction();
  transaction.setActionsList([only]);
  return { txId, envelope: sealed(headers, transaction.serializeBinary(), caller) };
}

function invocation(content: Content): Uint8Array {
  const input = new chaincode.ChaincodeInput();
  input.setArgsList(content.args.map(bytesOf));
  const spec = new chaincode.ChaincodeSpec();
  spec.setInput(input);
  const whole = new chaincode.ChaincodeInvocationSpec();
  whole.setChaincodeSpec(spec);
  return whole.serializeBinary();
}

function actionOf(content: Content): Uint8Array {
  const sets = new rwset.TxReadWriteSet();
  const add = (name: string, set: kvrwset.KVRWSet): void => {
    const namespace = new rwset.NsReadWriteSet();
    namespace.setNamespace(name);
    namespace.setRwset(set.serializeBinary());
    sets.addNsRwset(namespace);
  };
  if (content.definition) {
    const version = new kvrwset.Version();
    version.setBlockNum(content.definition.block);
    version.setTxNum(content.definition.index);
    const read = new kvrwset.KVRead();
    read.setKey(`namespaces/fields/${content.chaincode}/Sequence`);
    read.setVersion(version);
    const set = new kvrwset.KVRWSet();
    set.addReads(read);
    add('_lifecycle', set);
  }
  for (const name of content.writes ?? [content.chaincode]) {
    const write = new kvrwset.KVWrite();
    write.setKey('key');
    write.setValue(bytesOf('value'));
    const set = new kvrwset.KVRWSet();
    set.addWrites(write);
    add(name, set);
  }
  const id = new chaincode.ChaincodeID();
  id.setName(content.chaincode);
  const answer = new proposalResponse.Response();
  answer.setStatus(200);
  answer.setPayload(content.result ?? bytesOf('"done"'));
  const action = new proposal.ChaincodeAction();
  action.setChaincodeId(id);
  action.setResponse(answer);
  action.setResults(sets.serializeBinary());
  return action.serializeBinary();
}

/** A channel header of now, or of another time. */
export function header(channel: string, type: number, time = Date.now()): common.ChannelHeader {
  const message = new common.ChannelHeader();
  message.setType(type);
  message.setChannelId(channel);
  message.setTimestamp(timestamps.Timestamp.fromDate(new Date(time)));
  return message;
}

/** An envelope over header and data, signed when there is somebody who signs. */
export function sealed(headers: common.Header, data: Uint8Array, signer?: Holder): Uint8Array {
  const payload = new common.Payload();
  payload.setHeader(headers);
  payload.setData(data);
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  if (signer) envelope.setSignature(signer.sign(envelope.getPayload_asU8()));
  return envelope.serializeBinary();
}
