// SPDX-License-Identifier: Apache-2.0
import { common, peer } from '@hyperledger/fabric-protos';
import { sha256 } from './signing.js';

/** Places in a block's metadata that Fabric fixes; the transactions' validation codes are the third. */
const metadataSlots = 5;
const codesSlot = common.BlockMetadataIndex.TRANSACTIONS_FILTER;

const codeNames = new Map(
  Object.entries(peer.TxValidationCode).map(([name, code]) => [code as number, name]),
);

/** Fabric's name of a validation code. */
export function codeName(code: number): string {
  return codeNames.get(code) ?? String(code);
}

/** A block: the envelopes in order, and what validation said of each. */
export interface Block {
  readonly number: number;
  readonly previousHash: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
  readonly codes: Uint8Array;
}

/** The end of a channel's chain. */
export interface Tip {
  readonly number: number;
  readonly hash: Uint8Array;
}

/** Hash of a block's header as Fabric forms it; the next block carries it. Validation codes are not part of it. */
export function blockHash({ number, previousHash, envelopes }: Omit<Block, 'codes'>): Buffer {
  return sha256(sequence([integer(number), octets(previousHash), octets(dataHash(envelopes))]));
}

/** Fabric's Block message. */
export function encodeBlock(block: Block): Buffer {
  const header = new common.BlockHeader();
  header.setNumber(block.number);
  header.setPreviousHash(block.previousHash);
  header.setDataHash(dataHash(block.envelopes));
  const data = new common.BlockData();
  data.setDataList([...block.envelopes]);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList(
    Array.from({ length: metadataSlots }, (_, slot) => (slot === codesSlot ? block.codes : new Uint8Array())),
  );
  const message = new common.Block();
  message.setHeader(header);
  message.setData(data);
  message.setMetadata(metadata);
  return Buffer.from(message.serializeBinary());
}

/** @throws Error when the bytes are no block, or its data do not match its header */
export function decodeBlock(bytes: Uint8Array): Block {
  const message = common.Block.deserializeBinary(bytes);
  const header = message.getHeader();
  const envelopes = message.getData()?.getDataList_asU8() ?? [];
  if (!header || !dataHash(envelopes).equals(header.getDataHash_asU8()))
    throw new Error('block data do not match');
  return {
    number: header.getNumber(),
    previousHash: header.getPreviousHash_asU8(),
    envelopes,
    codes: message.getMetadata()?.getMetadataList_asU8()[codesSlot] ?? new Uint8Array(),
  };
}

/** The first block of a channel: one configuration transaction that names who takes part. */
export function genesisBlock(channel: string, configuration: string): Block {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(Buffer.from(configuration));
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const codes = Uint8Array.of(peer.TxValidationCode.VALID);
  return { number: 0, previousHash: new Uint8Array(), envelopes: [envelope.serializeBinary()], codes };
}

function dataHash(envelopes: readonly Uint8Array[]): Buffer {
  return sha256(...envelopes);
}

// X.690: the three fields together stay below 128 bytes, so every length is one byte.
function sequence(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function octets(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x04, bytes.length]), bytes]);
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const positive = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}
