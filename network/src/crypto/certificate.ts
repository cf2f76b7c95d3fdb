// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { name: 'ECDSA', hash: 'SHA-256' };
const halfOrder = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;
const caYears = 15;
const leafYears = 5;
/** Certificates count from a little before now, for machines whose clocks differ. In milliseconds. */
const clockSlack = 5 * 60_000;

/** A certificate with its private key (PKCS#8), both PEM. */
export interface Issued {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What a certificate says about its holder. */
export interface Subject {
  readonly commonName: string;
  readonly organisation: string;
  /** Fabric's NodeOU: client, admin, peer or orderer. */
  readonly unit?: string;
}

/** A self-signed certificate authority on P-256. */
export async function issueAuthority(subject: Subject): Promise<Issued> {
  const keys = await newKeys();
  const extensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  const certificate = await lowS(() =>
    x509.X509CertificateGenerator.createSelfSigned({
      ...validity(caYears),
      serialNumber: serial(),
      name: distinguishedName(subject),
      keys,
      signingAlgorithm: signing,
      extensions,
    }),
  );
  return pem(certificate, keys.privateKey);
}

/**
 * A leaf certificate of an authority.
 *
 * @param hosts given: a TLS certificate for these DNS names and addresses (none: a TLS client); left out: a signing certificate
 */
export async function issueLeaf(
  authority: Issued,
  subject: Subject,
  hosts?: readonly string[],
): Promise<Issued> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const signingKey = await readKey(authority.privateKeyPem);
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    await x509.AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
  if (hosts !== undefined) {
    extensions.push(
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
    );
  }
  if (hosts !== undefined && hosts.length > 0) {
    extensions.push(
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({
          type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
          value,
        })),
      ),
    );
  }
  const certificate = await lowS(() =>
    x509.X509CertificateGenerator.create({
      ...validity(leafYears),
      serialNumber: serial(),
      subject: distinguishedName(subject),
      issuer: issuer.subject,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: signing,
      extensions,
    }),
  );
  return pem(certificate, keys.privateKey);
}

/** The unit (OU) a certificate was issued for. */
export function unitOf(certificatePem: string): string | undefined {
  return new x509.X509Certificate(certificatePem).subjectName.getField('OU')[0];
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
}

function readKey(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(privateKeyPem);
  return webcrypto.subtle.importKey('pkcs8', der, curve, false, ['sign']);
}

async function pem(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Issued> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
  };
}

/**
 * Signs until the signature has a low S. Fabric rewrites a high-S certificate when it reads one, and then the same
 * identity has two byte forms, which do not compare equal.
 */
async function lowS(sign: () => Promise<x509.X509Certificate>): Promise<x509.X509Certificate> {
  for (;;) {
    const certificate = await sign();
    if (!highS(Buffer.from(certificate.signature))) return certificate;
  }
}

/** The signature is DER: SEQUENCE { INTEGER r, INTEGER s }, each shorter than 128 bytes. */
function highS(signature: Buffer): boolean {
  const s = signature.subarray(4 + (signature[3] ?? 0) + 2);
  return BigInt(`0x${s.toString('hex')}`) > halfOrder;
}

function validity(years: number): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(Date.now() - clockSlack);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years);
  return { notBefore, notAfter };
}

/** 127 random bits; the first byte keeps the number positive and its length fixed. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function distinguishedName({ commonName, organisation, unit }: Subject): x509.JsonName {
  return [{ O: [organisation] }, ...(unit === undefined ? [] : [{ OU: [unit] }]), { CN: [commonName] }];
}
