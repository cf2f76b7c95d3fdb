// SPDX-License-Identifier: Apache-2.0
import { BEHIND } from './lifecycle.js';
import { patiently } from './patience.js';

/** Fails with each of these in turn, then succeeds. */
const failing = (...failures: string[]) => {
  const left = [...failures];
  return () => {
    const failure = left.shift();
    return failure === undefined ? Promise.resolve('done') : Promise.reject(new Error(failure));
  };
};

describe('work on peers that are behind', () => {
  const mayPass = (error: unknown): boolean => BEHIND.test(String(error));

  it('is done again while one of them lacks the last block', async () => {
    const work = failing(
      'failed to create signed transaction: ProposalResponsePayloads do not match (base64): …',
      'chaincode definition for traceability at sequence 1 not agreed to by this org (carrier)',
    );
    await expect(patiently(work, mayPass)).resolves.toBe('done');
  });

  it('fails at once for any other reason', async () => {
    await expect(patiently(failing('access denied', 'unreached'), mayPass)).rejects.toThrow('access denied');
  });

  it('fails as it did last when patience is over', async () => {
    const work = failing('payloads', 'not agreed to by this org', 'unreached');
    await expect(patiently(work, () => true, -1)).rejects.toThrow('payloads');
  });
});
