// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Authority, type Issued, issueAuthority } from '../../crypto/certificate.js';
import { isValidAt, Members, serializeIdentity } from './identity.js';

describe('members', () => {
  let authority: Issued;
  let stranger: Issued;
  let members: Members;

  beforeAll(async () => {
    authority = await issueAuthority({ commonName: 'ca.maker', organisation: 'maker' });
    // The same names, another key.
    stranger = await issueAuthority({ commonName: 'ca.maker', organisation: 'maker' });
    const peer = { certificatePem: '', privateKeyPem: '' };
    members = new Members([{ mspId: 'maker', caCertificatesPem: [authority.certificatePem], peer }]);
  });

  const issued = async (by: Issued, unit?: string): Promise<Uint8Array> => {
    const leaf = await new Authority(by).issueLeaf({
      commonName: 'farm',
      organisation: 'maker',
      ...(unit !== undefined && { unit }),
    });
    return serializeIdentity('maker', leaf.certificatePem);
  };

  test.each(['client', 'admin', 'peer', 'orderer'] as const)('know their %s by the unit', async (unit) => {
    const found = members.identify(await issued(authority, unit));
    expect(found).toMatchObject({ mspId: 'maker', role: unit });
    expect(isValidAt(found!, Date.now())).toBe(true);
    expect(isValidAt(found!, Date.now() + 20 * 365 * 86_400_000)).toBe(false);
    expect(isValidAt(found!, 0)).toBe(false);
  });

  test('do not know others', async () => {
    expect(members.identify(await issued(stranger, 'client'))).toBeUndefined();
    expect(members.identify(await issued(authority))).toBeUndefined();
    expect(members.identify(await issued(authority, 'clients'))).toBeUndefined();
    expect(members.identify(serializeIdentity('maker', authority.certificatePem))).toBeUndefined();
    expect(members.identify(serializeIdentity('maker', 'no certificate'))).toBeUndefined();
    expect(members.identify(Buffer.from('rubbish'))).toBeUndefined();
    const leaf = await new Authority(authority).issueLeaf({
      commonName: 'farm',
      organisation: 'maker',
      unit: 'client',
    });
    expect(members.identify(serializeIdentity('customs', leaf.certificatePem))).toBeUndefined();
  });
});
