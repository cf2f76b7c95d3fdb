// SPDX-License-Identifier: Apache-2.0
import { verify, X509Certificate } from 'node:crypto';
import { canonicalJson, type DeletionCertificate } from '@thingledger/protocol';
import type { Identity } from '../ledger/port.js';
import { signEs256 } from '../wallet/signing.js';

const signedText = (certificate: Omit<DeletionCertificate, 'signature'>): string =>
  canonicalJson({ ...certificate, type: 'ThingLedgerDeletionCertificate' });

/** Signs that a document and its key were destroyed (requirement X12): ES256 by the gateway's identity. */
export function issueDeletionCertificate(
  facts: Omit<DeletionCertificate, 'signature' | 'signedBy'>,
  signer: Identity,
): DeletionCertificate {
  const unsigned = { ...facts, signedBy: signer.certificatePem };
  return { ...unsigned, signature: signEs256(signer, signedText(unsigned)) };
}

/**
 * Whether a deletion certificate was signed by the holder of the certificate in it, and that certificate was issued by
 * the member's certificate authority (PEM). Needs no network.
 */
export function verifyDeletionCertificate(
  certificate: DeletionCertificate,
  memberAuthorityPem: string,
): boolean {
  const { signature, ...unsigned } = certificate;
  try {
    const signer = new X509Certificate(certificate.signedBy);
    return (
      signer.verify(new X509Certificate(memberAuthorityPem).publicKey) &&
      verify(
        'sha256',
        Buffer.from(signedText(unsigned)),
        { key: signer.publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      )
    );
  } catch {
    // A PEM that can not be read proves nothing.
    return false;
  }
}
