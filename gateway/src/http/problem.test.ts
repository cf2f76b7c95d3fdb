// SPDX-License-Identifier: Apache-2.0
import { encodeRefusal, Problem, Refusal, refusalCodes } from '@thingledger/protocol';
import { LedgerError } from '../ledger/port.js';
import { problemOf, problemOfError, retryAfter } from './problem.js';
import { problemAnswer } from './respond.js';

describe('problem documents', () => {
  test.each(refusalCodes)('%s is a valid problem', (code) => {
    const problem = problemOfError(new Refusal(code, { limit: 5 }), { instance: '/things', requestId: 'r1' });
    expect(Problem.parse(problem)).toEqual(problem);
    expect(problem).toMatchObject({
      type: `/problems/${code}`,
      code,
      instance: '/things',
      requestId: 'r1',
      fields: { limit: 5 },
    });
  });

  test('each thing wrong with an input has its JSON pointer', () => {
    const problems = ['quantity.value: a decimal', '(body): unknown member', 'without a field'];
    expect(
      problemOf({ code: 'TL-INPUT-INVALID', detail: 'x', fields: { fields: ['quantity.value'], problems } })
        .errors,
    ).toEqual([
      { pointer: '/quantity/value', detail: 'a decimal' },
      { detail: 'unknown member' },
      { detail: 'without a field' },
    ]);
  });

  test('the transaction and the peers stand at the top', () => {
    const peers = ['maker 127.0.0.1:7051: chaincode response 500, not so', 'no form'];
    const problem = problemOf({ code: 'TL-LEDGER-REFUSED', detail: 'x', fields: { txId: 'abc', peers } });
    expect(problem.txId).toBe('abc');
    expect(problem.fields).toBeUndefined();
    expect(problem.peers).toEqual([
      { mspId: 'maker', address: '127.0.0.1:7051', message: 'chaincode response 500, not so' },
      { mspId: '', address: '', message: 'no form' },
    ]);
    expect(problemAnswer(problem).headers['X-Transaction-Id']).toBe('abc');
  });

  test('a ledger error gives the contract’s own refusal', () => {
    const message = `chaincode response 500, ${encodeRefusal(new Refusal('TL-THING-UNKNOWN', { thing: 'x:y' }))}`;
    const error = new LedgerError('refused', 'aborted', {
      peers: [{ address: 'a:1', mspId: 'maker', message }],
      txId: 't1',
    });
    expect(problemOfError(error)).toMatchObject({
      code: 'TL-THING-UNKNOWN',
      status: 404,
      txId: 't1',
      fields: { thing: 'x:y' },
    });
  });

  test('what nobody foresaw is 500 and says nothing of itself', () => {
    const problem = problemOfError(new TypeError('password=hunter2 at /srv/secret.ts'));
    expect(problem).toMatchObject({ code: 'TL-INTERNAL', status: 500 });
    expect(JSON.stringify(problem)).not.toMatch(/hunter2|secret/);
  });

  test('only what waiting can mend says how long to wait', () => {
    expect(retryAfter('TL-OVERLOADED')).toBe(1);
    expect(retryAfter('TL-DRAINING')).toBe(5);
    expect(retryAfter('TL-IDEMPOTENCY-RUNNING')).toBe(1);
    expect(retryAfter('TL-INPUT-INVALID')).toBeUndefined();
    expect(problemAnswer(problemOf(new Refusal('TL-OVERLOADED').toData())).headers['Retry-After']).toBe('1');
  });

  test('401 names the way to authenticate (RFC 6750)', () => {
    const header = (code: 'TL-AUTH-MISSING' | 'TL-AUTH-EXPIRED'): string | undefined =>
      problemAnswer(problemOf(new Refusal(code).toData())).headers['WWW-Authenticate'];
    expect(header('TL-AUTH-MISSING')).toBe('Bearer realm="thingledger"');
    expect(header('TL-AUTH-EXPIRED')).toContain('error="invalid_token"');
  });
});
