// SPDX-License-Identifier: Apache-2.0
import { concat, hash, sameBytes, toHex } from './bytes.js';
import { fail } from './checks.js';
import { common } from './messages.js';

/** Places in a block’s metadata that Fabric fixes. */
const { SIGNATURES, TRANSACTIONS_FILTER } = common.BlockMetadataIndex;

/** A block, taken apart; its data fit its header, nothing else has been verified. */
export interface Block {
  readonly number: number;
  /** SHA-256 of the header as Fabric forms it, hexadecimal: what the next block carries. */
  readonly hash: string;
  /** The envelopes in order. */
  readonly envelopes: readonly Uint8Array[];
  /** The configuration block in force, as the orderers signed it. */
  readonly lastConfiguration: number;
  readonly signatures: readonly OrdererSignature[];
  /** Fabric’s validation code of each transaction. The peer wrote them after ordering: nobody signed them. */
  readonly codes: Uint8Array;
}

/** What one orderer signed, and its signature. */
export interface OrdererSignature {
  readonly consenter: number;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Reads a block and recomputes its data hash. Fails when the data do not match the header, or an entry is not exactly one
 * envelope: the hash is over the entries without their lengths, so only the one way to cut them may pass
 * (protoutil.VerifyTransactionsAreWellFormed).
 */
export function readBlock(bytes: Uint8Array): Block {
  const message = common.Block.deserializeBinary(bytes);
  const header = message.getHeader() ?? fail('a block has no header');
  const number = header.getNumber();
  const envelopes = message.getData()?.getDataList_asU8() ?? [];
  if (envelopes.length === 0) fail(`block ${String(number)} holds no transaction`);
  for (const [index, envelope] of envelopes.entries()) {
    if (!sameBytes(common.Envelope.deserializeBinary(envelope).serializeBinary(), envelope)) {
      fail(`entry ${String(index)} of block ${String(number)} is not exactly one envelope`);
    }
  }
  if (!sameBytes(hash(...envelopes), header.getDataHash_asU8())) {
    fail(`the data of block ${String(number)} do not match the data hash in its header`);
  }
  const signed = headerBytes(header);
  const metadata = message.getMetadata()?.getMetadataList_asU8() ?? [];
  return {
    number,
    hash: toHex(hash(signed)),
    envelopes,
    codes: metadata[TRANSACTIONS_FILTER] ?? new Uint8Array(),
    ...readSignatures(metadata[SIGNATURES] ?? new Uint8Array(), signed),
  };
}

/**
 * When the envelopes of a block were made, as their senders state it; milliseconds since 1970. Whoever may write to a
 * channel can have garbage ordered: what has no time is left out.
 */
export function timesOf({ envelopes }: Block): number[] {
  return envelopes.flatMap((bytes) => {
    try {
      const envelope = common.Envelope.deserializeBinary(bytes);
      const header = common.Payload.deserializeBinary(envelope.getPayload_asU8()).getHeader();
      const channelHeader = common.ChannelHeader.deserializeBinary(
        header?.getChannelHeader_asU8() ?? new Uint8Array(),
      );
      const seconds = channelHeader.getTimestamp()?.getSeconds();
      return seconds === undefined ? [] : [seconds * 1000];
    } catch {
      return [];
    }
  });
}

/**
 * What orderers sign: the metadata’s value, their own header, the block’s header
 * (protoutil.BlockSignatureVerifier, for SmartBFT’s identifier headers).
 */
function readSignatures(
  bytes: Uint8Array,
  signed: Uint8Array,
): Pick<Block, 'lastConfiguration' | 'signatures'> {
  const metadata = common.Metadata.deserializeBinary(bytes);
  const value = metadata.getValue_asU8();
  const lastConfig = common.OrdererBlockMetadata.deserializeBinary(value).getLastConfig();
  return {
    lastConfiguration: lastConfig?.getIndex() ?? 0,
    signatures: metadata.getSignaturesList().map((signature) => {
      const identifier = signature.getIdentifierHeader_asU8();
      if (identifier.length === 0)
        fail('a block was not ordered by SmartBFT: its signatures name no consenter');
      return {
        consenter: common.IdentifierHeader.deserializeBinary(identifier).getIdentifier(),
        message: concat(value, identifier, signed),
        signature: signature.getSignature_asU8(),
      };
    }),
  };
}

/**
 * ASN.1 of a block’s header, DER (protoutil.BlockHeaderBytes): what a block’s hash is over. The three fields stay below 128
 * bytes together; fails for a header with longer ones.
 */
export function headerBytes(header: common.BlockHeader): Uint8Array {
  const number = header.getNumber();
  const previousHash = header.getPreviousHash_asU8();
  const dataHash = header.getDataHash_asU8();
  if (previousHash.length > 32 || dataHash.length > 32)
    fail('a hash in the header of a block is not SHA-256');
  if (!Number.isSafeInteger(number)) fail('the number of a block is too large');
  const body = concat(integer(number), octets(previousHash), octets(dataHash));
  return concat(Uint8Array.of(0x30, body.length), body);
}

function octets(bytes: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0x04, bytes.length), bytes);
}

function integer(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  if ((bytes[0] ?? 0) > 0x7f) bytes.unshift(0);
  return Uint8Array.of(0x02, bytes.length, ...bytes);
}
