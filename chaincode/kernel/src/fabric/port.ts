// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeStub } from 'fabric-shim';
import type { StateWrite, TransactionPort } from '../state-port';
import { multiKeyMessages } from './multi-key';

/** Fabric's stub, as far as the kernel uses it; its interface, so that any network's stub fits. */
export type PortStub = Pick<
  ChaincodeStub,
  | 'getTxID'
  | 'getChannelID'
  | 'getDateTimestamp'
  | 'getCreator'
  | 'getState'
  | 'putState'
  | 'deleteState'
  | 'setEvent'
  | 'getTransient'
>;

/** A stub that carries many keys in one call by itself, as the embedded network's does. */
interface MultiKeyStub {
  getMultipleStates(keys: readonly string[]): Promise<readonly Uint8Array[]>;
  putMultipleStates(writes: readonly StateWrite[]): Promise<void>;
}

/** The kernel's port over a Fabric stub: multi-key messages where the peer offers them, else key by key. */
export function portOver(stub: PortStub): TransactionPort {
  const creator = stub.getCreator();
  const many = multiKeyOf(stub);
  return {
    txId: stub.getTxID(),
    timestamp: stub.getDateTimestamp(),
    creator: { mspId: creator.mspid, certificate: creator.idBytes },
    async getMany(keys) {
      const values = many ? await many.getMultipleStates(keys) : await oneByOne(stub, keys);
      return values.map((value) => (value.length === 0 ? undefined : value));
    },
    async writeAll(writes) {
      if (many) return many.putMultipleStates(writes);
      for (const { key, value } of writes) {
        await (value === undefined ? stub.deleteState(key) : stub.putState(key, value));
      }
    },
    transient: (name) => stub.getTransient().get(name),
    setEvent: (name, payload) => stub.setEvent(name, payload),
  };
}

function multiKeyOf(stub: PortStub): MultiKeyStub | undefined {
  const candidate = stub as PortStub & Partial<MultiKeyStub>;
  return candidate.getMultipleStates && candidate.putMultipleStates
    ? (candidate as PortStub & MultiKeyStub)
    : multiKeyMessages(stub);
}

// The peer drops overlapping requests of one transaction, so the shim queues them: asking in parallel gains nothing.
async function oneByOne(stub: PortStub, keys: readonly string[]): Promise<Uint8Array[]> {
  const values: Uint8Array[] = [];
  for (const key of keys) values.push(await stub.getState(key));
  return values;
}
