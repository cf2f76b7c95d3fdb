// SPDX-License-Identifier: Apache-2.0
import { common, gateway, msp, peer } from '@hyperledger/fabric-protos';
import { isTextName } from '@thingledger/protocol';
import type { Call } from '../port.js';

/**
 * Who endorsed last, by channel, chaincode and function. Left to choose by itself, the peer's gateway service asks its
 * own peer first and the others after that; told whom to ask, it asks all of them at the same time.
 */
export class EndorsersInMind {
  /** By channel, then by chaincode and function. */
  readonly #members = new Map<string, Map<string, readonly string[]>>();

  /** The members whose peers to ask; undefined when the service has to find out, as for calls with private values. */
  of(call: Call): readonly string[] | undefined {
    return isPrivate(call) ? undefined : this.#members.get(call.channel)?.get(nameOf(call));
  }

  /** Keeps in mind who endorsed a prepared transaction. */
  keep(call: Call, preparedTransaction: Uint8Array): void {
    if (isPrivate(call)) return;
    const members = membersOf(preparedTransaction);
    if (members.length === 0) return;
    const known = this.#members.get(call.channel) ?? new Map<string, readonly string[]>();
    this.#members.set(call.channel, known.set(nameOf(call), members));
  }

  /** They could not, or their endorsements do not suffice any more. */
  forget(channel: string): void {
    this.#members.delete(channel);
  }
}

function isPrivate({ transient = {} }: Call): boolean {
  return !Object.keys(transient).every(isTextName);
}

function nameOf({ chaincode, fn }: Call): string {
  return `${chaincode}|${fn}`;
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
