// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { argumentsOf, headerBytes } from '@thingledger/receipts';
import { creatorOf, timeOf } from '../committed.js';
import { calledIn } from '../subjects.js';
import type { CommittedBlock, CommittedTransaction, CommittedWrite } from '../port.js';
import { codeName } from './codes.js';
import { reopened } from './streams.js';

const { rwset } = ledger;

/** Follows a breaking stream of blocks without a gap and without a repeat. */
export async function* followBlocks(
  open: (from: bigint) => Promise<CloseableAsyncIterable<common.Block>>,
  from: bigint,
  signal: AbortSignal,
): AsyncGenerator<CommittedBlock, void, void> {
  let next = from;
  for await (const message of reopened(() => open(next), signal)) {
    const block = readBlock(message);
    if (block.number !== next) continue;
    next += 1n;
    yield block;
  }
}

/** A block of Fabric, taken apart. */
export function readBlock(block: common.Block): CommittedBlock {
  const header = block.getHeader() ?? new common.BlockHeader();
  const metadata = block.getMetadata()?.getMetadataList_asU8() ?? [];
  const codes = metadata[common.BlockMetadataIndex.TRANSACTIONS_FILTER] ?? new Uint8Array();
  return {
    number: BigInt(header.getNumber()),
    hash: createHash('sha256').update(headerBytes(header)).digest(),
    previousHash: header.getPreviousHash_asU8(),
    transactions: (block.getData()?.getDataList_asU8() ?? []).map((envelope, index) => {
      const code = codes[index] ?? peer.TxValidationCode.NOT_VALIDATED;
      return readTransaction(envelope, codeName(code));
    }),
  };
}

const unreadable: Omit<CommittedTransaction, 'code'> = {
  txId: '',
  creator: undefined,
  timestamp: undefined,
  operations: [],
  subjects: [],
  writes: [],
  event: undefined,
};

/** Whoever may write to the channel can have garbage ordered, which the peers then mark as invalid. */
function readTransaction(bytes: Uint8Array, code: string): CommittedTransaction {
  try {
    const envelope = common.Envelope.deserializeBinary(bytes);
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const channelHeader = common.ChannelHeader.deserializeBinary(
      payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
    );
    const timestamp = channelHeader.getTimestamp();
    const transaction = {
      ...unreadable,
      txId: channelHeader.getTxId(),
      code,
      creator: readCreator(payload),
      timestamp: timestamp && timeOf(timestamp.getSeconds() * 1000 + Math.floor(timestamp.getNanos() / 1e6)),
    };
    const endorsed = channelHeader.getType() === common.HeaderType.ENDORSER_TRANSACTION;
    return endorsed ? { ...transaction, ...readAction(payload.getData_asU8()) } : transaction;
  } catch {
    return { ...unreadable, code };
  }
}

function readCreator(payload: common.Payload): CommittedTransaction['creator'] {
  const bytes = payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array();
  const creator = common.SignatureHeader.deserializeBinary(bytes).getCreator_asU8();
  const identity = msp.SerializedIdentity.deserializeBinary(creator);
  return creatorOf(identity.getMspid(), Buffer.from(identity.getIdBytes_asU8()).toString('utf8'));
}

function readAction(
  data: Uint8Array,
): Pick<CommittedTransaction, 'operations' | 'subjects' | 'writes' | 'event'> {
  const [only] = peer.Transaction.deserializeBinary(data).getActionsList();
  const payload = peer.ChaincodeActionPayload.deserializeBinary(only?.getPayload_asU8() ?? new Uint8Array());
  const response = peer.ProposalResponsePayload.deserializeBinary(
    payload.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array(),
  );
  const action = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  const event = action.getEvents_asU8();
  const writes = readWrites(action.getResults_asU8());
  return {
    ...calledIn(argumentsOf(payload.getChaincodeProposalPayload_asU8()), writes),
    writes,
    event: event.length === 0 ? undefined : readEvent(peer.ChaincodeEvent.deserializeBinary(event)),
  };
}

function readEvent(event: peer.ChaincodeEvent): CommittedTransaction['event'] {
  return { name: event.getEventName(), payload: event.getPayload_asU8() };
}

function readWrites(results: Uint8Array): CommittedWrite[] {
  return rwset.TxReadWriteSet.deserializeBinary(results)
    .getNsRwsetList()
    .flatMap((set) =>
      rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8())
        .getWritesList()
        .map((write) => {
          const value = write.getValue_asU8();
          // To Fabric, an empty value deletes too.
          const deleted = write.getIsDelete() || value.length === 0;
          return {
            namespace: set.getNamespace(),
            key: write.getKey(),
            value: deleted ? undefined : value,
          };
        }),
    );
}
