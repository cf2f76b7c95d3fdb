// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { generateKeyPairSync, sign, webcrypto, type KeyObject } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import type { PublicKey } from '@thingledger/protocol';
import type { TestCaller } from './test-ledger';

/** A caller with its key: what a test needs to register it and to sign for it. */
export interface TestParticipant extends TestCaller {
  readonly id: string;
  readonly publicKey: PublicKey;
  /** ES256 over the text, base64url of r ‖ s. */
  sign(text: string): string;
}

/** A certificate with the subject that a member's CA would give, self-signed: Fabric checks chains, contracts do not. */
export async function testCaller(id: string, unit: 'client' | 'admin' = 'client'): Promise<TestParticipant> {
  const [name = '', mspId = ''] = id.split('@');
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const imported = async (key: KeyObject, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> =>
    webcrypto.subtle.importKey('jwk', key.export({ format: 'jwk' }), algorithm, true, [usage]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}, OU=${unit}, O=${mspId}`,
    keys: {
      publicKey: await imported(keys.publicKey, 'verify'),
      privateKey: await imported(keys.privateKey, 'sign'),
    },
    signingAlgorithm: algorithm,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2120-01-01T00:00:00Z'),
  });
  const { x = '', y = '' } = keys.publicKey.export({ format: 'jwk' });
  return {
    id,
    mspId,
    certificate: Buffer.from(certificate.toString('pem')),
    publicKey: { kty: 'EC', crv: 'P-256', x, y },
    sign: (text) =>
      sign('sha256', Buffer.from(text), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      ),
  };
}
