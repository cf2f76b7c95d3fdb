// SPDX-License-Identifier: Apache-2.0
import { common, gateway, msp, peer } from '@hyperledger/fabric-protos';
import { privateName, textName } from '@thingledger/protocol';
import type { Call } from '../port.js';
import { EndorsersInMind } from './endorsers.js';

const call: Call = { channel: 'traceability', chaincode: 'traceability', fn: 'batch:runBatch', args: [] };

/** A prepared transaction as the peer's gateway service hands it out. */
function endorsedBy(...members: string[]): Uint8Array {
  const action = new peer.ChaincodeEndorsedAction();
  action.setEndorsementsList(
    members.map((member) => {
      const identity = new msp.SerializedIdentity();
      identity.setMspid(member);
      const endorsement = new peer.Endorsement();
      endorsement.setEndorser(identity.serializeBinary());
      return endorsement;
    }),
  );
  const chaincodeAction = new peer.ChaincodeActionPayload();
  chaincodeAction.setAction(action);
  const transactionAction = new peer.TransactionAction();
  transactionAction.setPayload(chaincodeAction.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([transactionAction]);
  const payload = new common.Payload();
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const prepared = new gateway.PreparedTransaction();
  prepared.setEnvelope(envelope);
  return prepared.serializeBinary();
}

describe('the endorsers of a call', () => {
  test('are those who endorsed such a call last, each once, until they are forgotten', () => {
    const endorsers = new EndorsersInMind();
    expect(endorsers.of(call)).toBeUndefined();
    endorsers.keep(call, endorsedBy('maker', 'inspection', 'maker'));
    expect(endorsers.of({ ...call, args: ['other'] })).toEqual(['maker', 'inspection']);
    endorsers.forget('finance');
    expect(endorsers.of(call)).toBeDefined();
    endorsers.forget('traceability');
    expect(endorsers.of(call)).toBeUndefined();
  });

  test('are found anew for another function and for private values: other policies may hold', () => {
    const endorsers = new EndorsersInMind();
    endorsers.keep(call, endorsedBy('maker', 'inspection'));
    expect(endorsers.of({ ...call, fn: 'other' })).toBeUndefined();
    const secret = { ...call, transient: { value: Buffer.from('x') } };
    expect(endorsers.of(secret)).toBeUndefined();
    endorsers.keep(secret, endorsedBy('carrier'));
    expect(endorsers.of(call)).toEqual(['maker', 'inspection']);
  });

  test('are asked again when what travels beside is the text of a statement: it is for all members', () => {
    const endorsers = new EndorsersInMind();
    const stated = { ...call, transient: { [textName('A'.repeat(86))]: Buffer.from('x') } };
    endorsers.keep(stated, endorsedBy('maker', 'inspection'));
    expect(endorsers.of(stated)).toEqual(['maker', 'inspection']);
    const secret = { ...stated, transient: { ...stated.transient, [privateName('x')]: Buffer.from('x') } };
    expect(endorsers.of(secret)).toBeUndefined();
  });

  test('are not made up from what can not be read', () => {
    const endorsers = new EndorsersInMind();
    endorsers.keep(call, new Uint8Array());
    expect(endorsers.of(call)).toBeUndefined();
  });
});
