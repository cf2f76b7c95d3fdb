// SPDX-License-Identifier: Apache-2.0
import { common, gateway, msp, peer } from '@hyperledger/fabric-protos';
import type { Call } from '../port.js';

/**
 * Who endorsed last, by channel, chaincode and function. Left to choose by itself, the peer's gateway service asks its
 * own peer first and the others after that; told whom to ask, it asks all of them at the same time.
 */
export class EndorsersInMind {
  readonly #members = new Map<string, { readonly channel: string; readonly members: readonly string[] }>();

  /** The members whose peers to ask; undefined when the service has to find out, as for calls with private values. */
  of(call: Call): readonly string[] | undefined {
    return call.transient ? undefined : this.#members.get(nameOf(call))?.members;
  }

  /** Keeps in mind who endorsed a prepared transaction. */
  keep(call: Call, preparedTransaction: Uint8Array): void {
    if (call.transient) return;
    const members = membersOf(preparedTransaction);
    if (members.length > 0) this.#members.set(nameOf(call), { channel: call.channel, members });
  }

  /** They could not, or their endorsements do not suffice any more. */
  forget(channel: string): void {
    for (const [name, known] of this.#members) if (known.channel === channel) this.#members.delete(name);
  }
}

function nameOf({ channel, chaincode, fn }: Call): string {
  return [channel, chaincode, fn].join('|');
}

function membersOf(preparedTransaction: Uint8Array): string[] {
  const envelope = gateway.PreparedTransaction.deserializeBinary(preparedTransaction).getEnvelope();
  if (!envelope) return [];
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  if (!action) return [];
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
  const members = (endorsed?.getEndorsementsList() ?? []).map((endorsement) =>
    msp.SerializedIdentity.deserializeBinary(endorsement.getEndorser_asU8()).getMspid(),
  );
  return [...new Set(members)];
}
