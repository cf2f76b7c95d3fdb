// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import * as x509 from '@peculiar/x509';
import { identities } from '../messages.js';

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { name: 'ECDSA', hash: 'SHA-256' };
const DAY = 86_400_000;

/** A certificate authority of a test. */
export interface Authority {
  readonly member: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** Somebody with a key of its own. */
export interface Holder {
  readonly member: string;
  readonly certificate: x509.X509Certificate;
  /** As headers and endorsements carry it. */
  readonly identity: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** From when until when certificates hold, in days before and after now. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

const year: Validity = { from: -1, to: 365 };
const dates = ({ from, to }: Validity): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() + from * DAY),
  notAfter: new Date(Date.now() + to * DAY),
});

export async function newAuthority(member: string, validity = year): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=ca.${member},O=${member}`,
    keys,
    signingAlgorithm: signing,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    ...dates(validity),
  });
  return { member, certificate, keys };
}

/** A key with a certificate of the authority; the unit is Fabric’s role. */
export async function issue(
  authority: Authority,
  name: string,
  unit: string,
  validity = year,
): Promise<Holder> {
  const keys = await crypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name},OU=${unit},O=${authority.member}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: signing,
    ...dates(validity),
  });
  const { member } = authority;
  const { d = '' } = await crypto.subtle.exportKey('jwk', keys.privateKey);
  const secret = new Uint8Array(Buffer.from(d, 'base64url'));
  return {
    member,
    certificate,
    identity: identityOf({ member, certificate }),
    sign: (message) => p256.sign(message, secret, { format: 'der', lowS: true, prehash: true }),
  };
}

/** The other signature of the same key over the same message: DER, with n − s in place of s. */
export function mirrored(signature: Uint8Array): Uint8Array {
  const { r, s } = p256.Signature.fromBytes(signature, 'der');
  return new p256.Signature(r, p256.Point.Fn.ORDER - s).toBytes('der');
}

/** A certificate as headers and endorsements carry it. */
export function identityOf({ member, certificate }: Pick<Holder, 'member' | 'certificate'>): Uint8Array {
  const identity = new identities.SerializedIdentity();
  identity.setMspid(member);
  identity.setIdBytes(pem(certificate));
  return identity.serializeBinary();
}

/** A list that revokes a certificate. */
export async function revocationOf(
  { certificate }: Holder,
  { certificate: ca, keys }: Authority,
  nextUpdate: Date | null = new Date(Date.now() + DAY),
): Promise<Uint8Array> {
  const list = await x509.X509CrlGenerator.create({
    issuer: ca.subject,
    thisUpdate: new Date(),
    ...(nextUpdate && { nextUpdate }),
    entries: [{ serialNumber: certificate.serialNumber, revocationDate: new Date() }],
    signingAlgorithm: signing,
    signingKey: keys.privateKey,
  });
  return new Uint8Array(list.rawData);
}

export function pem(certificate: x509.X509Certificate): Uint8Array {
  return new TextEncoder().encode(certificate.toString('pem'));
}
