// SPDX-License-Identifier: Apache-2.0
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { EndorseError, GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { encodeRefusal, Refusal } from '@thingledger/protocol';
import { LedgerError } from '../port.js';
import { contractRefusal, refusalOf } from '../refusal-of.js';
import { endorsementError, ledgerErrorOf } from './errors.js';

const coded = `chaincode response 500, ${encodeRefusal(new Refusal('TL-CALLER-SUSPENDED', { caller: 'farm@maker' }))}`;
const from = (mspId: string, message: string): ErrorDetail => ({
  address: `peer.${mspId}:7051`,
  mspId,
  message,
});

function propertiesOf(code: status, details: ErrorDetail[]): ConstructorParameters<typeof GatewayError>[0] {
  const cause: ServiceError = Object.assign(new Error('grpc'), {
    code,
    details: 'grpc',
    metadata: new Metadata(),
  });
  return { code, details, cause, message: `${code} grpc` };
}
const gatewayError = (code: status, details: ErrorDetail[] = []): GatewayError =>
  new GatewayError(propertiesOf(code, details));
const endorseError = (code: status, details: ErrorDetail[]): EndorseError =>
  new EndorseError({ ...propertiesOf(code, details), transactionId: 'tx-1' });

describe('errors of the SDK', () => {
  it.each([
    ['a refusal of the chaincode', status.UNKNOWN, [from('maker', coded)], 'refused'],
    ['the limit of concurrent calls', status.UNKNOWN, [], 'unavailable'],
    [
      'a signature that a peer does not take',
      status.FAILED_PRECONDITION,
      [from('maker', 'access denied')],
      'denied',
    ],
    ['no peers that fit the policy', status.FAILED_PRECONDITION, [], 'unavailable'],
    ['an access rule', status.PERMISSION_DENIED, [], 'denied'],
    ['a peer that is away', status.UNAVAILABLE, [], 'unavailable'],
    ['a chaincode that is away', status.ABORTED, [from('maker', 'stream terminated')], 'unavailable'],
    ['no answer in time', status.DEADLINE_EXCEEDED, [], 'deadline'],
    ['a call given up', status.CANCELLED, [], 'deadline'],
    ['anything else', status.INVALID_ARGUMENT, [], 'unknown'],
  ] as const)('%s', (_name, code, details, kind) => {
    const error = ledgerErrorOf(gatewayError(code, [...details]));
    expect(error).toBeInstanceOf(LedgerError);
    expect(error).toMatchObject({ kind, peers: details });
  });

  it('keep the transaction id and the reasons of all peers', () => {
    const error = ledgerErrorOf(endorseError(status.UNAVAILABLE, [from('maker', 'a'), from('customs', 'b')]));
    expect(error.txId).toBe('tx-1');
    expect(refusalOf(error)).toMatchObject({
      code: 'TL-LEDGER-UNAVAILABLE',
      fields: { txId: 'tx-1', peers: ['maker peer.maker:7051: a', 'customs peer.customs:7051: b'] },
    });
  });

  it('that are none of theirs are unknown', () => {
    expect(ledgerErrorOf(new TypeError('odd'))).toMatchObject({ kind: 'unknown', message: 'odd' });
  });
});

describe('an aborted endorsement', () => {
  const why = (...details: ErrorDetail[]): LedgerError | undefined =>
    endorsementError(endorseError(status.ABORTED, details), 'maker');

  it('is a refusal when the own peer gives a coded one', () => {
    const error = why(from('maker', coded));
    expect(error?.kind).toBe('refused');
    expect(error && contractRefusal(error)).toMatchObject({
      code: 'TL-CALLER-SUSPENDED',
      fields: { caller: 'farm@maker' },
    });
  });

  it.each([
    ['results differ', 'ProposalResponsePayloads do not match'],
    ['another refuses what the own peer endorsed', coded],
  ])('is a mismatch when %s', (_name, message) => {
    expect(why(from('customs', message))?.kind).toBe('mismatch');
  });

  it('is unavailable when only others could not be asked', () => {
    expect(why(from('customs', 'connection refused'))?.kind).toBe('unavailable');
  });

  it('can not be told from its reasons when the own peer gives one without a code', () => {
    expect(why(from('maker', 'chaincode response 500, boom'))).toBeUndefined();
  });
});
