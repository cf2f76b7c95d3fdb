// SPDX-License-Identifier: Apache-2.0
import { catalogue, refusalCodes } from './catalogue';
import { decodeRefusal, encodeRefusal, Refusal } from './refusal';

describe('refusals cross Fabric as a message string and come back whole', () => {
  test('with the words a peer puts before them', () => {
    const refusal = new Refusal('TL-CUSTODY-NOT-HOLDER', { holder: 'farm@maker', tried: ['a', 'b'] });
    const decoded = decodeRefusal(`chaincode response 500, ${encodeRefusal(refusal)}`);
    expect(decoded?.toData()).toEqual(refusal.toData());
  });

  test.each([
    '',
    'no refusal here',
    'TL-REFUSAL {broken',
    'TL-REFUSAL {"code":"TL-NOT-A-CODE","detail":"x"}',
  ])('%j holds none', (message) => {
    expect(decodeRefusal(message)).toBeUndefined();
  });
});

test('every code of the catalogue has an HTTP status and says what it means and how to mend it', () => {
  for (const code of refusalCodes) {
    const { status, title, fix } = catalogue[code];
    expect({
      code,
      status: status >= 400 && status < 600,
      title: title !== '',
      fix: fix.endsWith('.'),
    }).toEqual({
      code,
      status: true,
      title: true,
      fix: true,
    });
  }
});
