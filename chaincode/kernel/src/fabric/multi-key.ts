// SPDX-License-Identifier: Apache-2.0
import { peer } from '@hyperledger/fabric-protos';
import type { StateWrite } from '../state-port';

/** What a peer offers in its READY message (Fabric 3.1, `chaincode.runtimeParams`). */
export interface MultiKeyOffer {
  readonly reads: number;
  readonly writes: number;
}

/** The parts of a chaincode message that matter here; the class itself belongs to the shim. */
export interface ShimMessage {
  getType(): number;
  getPayload_asU8(): Uint8Array;
  setType(type: number): void;
  setPayload(payload: Uint8Array): void;
  setTxid(txId: string): void;
  setChannelId(channel: string): void;
}

/** The stock shim's connection to one peer, as far as it is used: its stream, and its one-at-a-time request queue. */
interface ShimHandler {
  readonly _stream: object;
  _askPeerAndListen(message: ShimMessage, method: string): Promise<Uint8Array>;
}

/** What a request says of its transaction. */
interface ShimStub {
  getTxID(): string;
  getChannelID(): string;
}

interface Connection {
  readonly offer: MultiKeyOffer;
  readonly newMessage: () => ShimMessage;
}

/** Offers by connection; set once when a peer connects and forgotten with its stream. */
const connections = new WeakMap<object, Connection>();

/** Keeps what a peer offers when its READY message passes on a stream. */
export function noteReady(stream: object, message: ShimMessage): void {
  if (message.getType() !== peer.ChaincodeMessage.Type.READY) return;
  const payload = message.getPayload_asU8();
  if (payload.length === 0) return;
  const offer = peer.ChaincodeAdditionalParams.deserializeBinary(payload);
  const Message = message.constructor as new () => ShimMessage;
  connections.set(stream, {
    offer: {
      reads: offer.getUseGetMultipleKeys() ? offer.getMaxSizeGetMultipleKeys() : 0,
      writes: offer.getUseWriteBatch() ? offer.getMaxSizeWriteBatch() : 0,
    },
    newMessage: () => new Message(),
  });
}

/**
 * Many keys in one message over the stock shim, which does not speak these messages itself. Undefined when the peer
 * does not offer both. A transaction's requests still go one at a time through the shim's own queue.
 */
export function multiKeyMessages(stub: ShimStub):
  | {
      getMultipleStates(keys: readonly string[]): Promise<readonly Uint8Array[]>;
      putMultipleStates(writes: readonly StateWrite[]): Promise<void>;
    }
  | undefined {
  const { handler } = stub as ShimStub & { handler?: ShimHandler };
  const connection = handler && connections.get(handler._stream);
  if (!handler || !connection || connection.offer.reads < 1 || connection.offer.writes < 1) return undefined;
  const ask = (type: number, payload: Uint8Array, method: string): Promise<Uint8Array> => {
    const message = connection.newMessage();
    message.setType(type);
    message.setPayload(payload);
    message.setTxid(stub.getTxID());
    message.setChannelId(stub.getChannelID());
    return handler._askPeerAndListen(message, method);
  };
  return {
    async getMultipleStates(keys) {
      const values: Uint8Array[] = [];
      for (const part of chunks(keys, connection.offer.reads)) {
        const request = new peer.GetStateMultiple();
        request.setKeysList([...part]);
        const reply = await ask(
          peer.ChaincodeMessage.Type.GET_STATE_MULTIPLE,
          request.serializeBinary(),
          'GetStateMultiple',
        );
        values.push(...peer.GetStateMultipleResult.deserializeBinary(reply).getValuesList_asU8());
      }
      return values;
    },
    async putMultipleStates(writes) {
      for (const part of chunks(writes, connection.offer.writes)) {
        const request = new peer.WriteBatchState();
        request.setRecList(part.map(recordOf));
        await ask(peer.ChaincodeMessage.Type.WRITE_BATCH_STATE, request.serializeBinary(), 'WriteBatchState');
      }
    },
  };
}

function recordOf({ key, value }: StateWrite): peer.WriteRecord {
  const record = new peer.WriteRecord();
  record.setKey(key);
  if (value === undefined) record.setType(peer.WriteRecord.Type.DEL_STATE);
  else {
    record.setType(peer.WriteRecord.Type.PUT_STATE);
    record.setValue(value);
  }
  return record;
}

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
