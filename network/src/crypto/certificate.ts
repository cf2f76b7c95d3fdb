// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { name: 'ECDSA', hash: 'SHA-256' };
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
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
  const publicKey = await x509.PublicKey.create(keys.publicKey);
  const name = distinguishedName(subject);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      ...validity(caYears),
      serialNumber: serial(),
      subject: name,
      issuer: name,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: signing,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    },
    lowS,
  );
  return pem(certificate, keys.privateKey);
}

/** What an authority signs with: its certificate and key, read. */
interface Signer {
  readonly name: x509.Name;
  readonly keyIdentifier: x509.Extension;
  readonly key: webcrypto.CryptoKey;
}

/** A certificate authority that issues leaf certificates. Its own certificate and key are read once, when it first does. */
export class Authority {
  #signer: Promise<Signer> | undefined;

  constructor(private readonly issued: Issued) {}

  /** Its certificate, PEM. */
  get certificatePem(): string {
    return this.issued.certificatePem;
  }

  /**
   * A leaf certificate with a new key.
   *
   * @param hosts given: a TLS certificate for these DNS names and addresses (none: a TLS client); left out: a signing certificate
   */
  async issueLeaf(subject: Subject, hosts?: readonly string[]): Promise<Issued> {
    const { name, keyIdentifier, key } = await (this.#signer ??= signerOf(this.issued));
    const keys = await newKeys();
    const publicKey = await x509.PublicKey.create(keys.publicKey);
    const certificate = await x509.X509CertificateGenerator.create(
      {
        ...validity(leafYears),
        serialNumber: serial(),
        subject: distinguishedName(subject),
        issuer: name,
        publicKey,
        signingKey: key,
        signingAlgorithm: signing,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          keyIdentifier,
          await x509.SubjectKeyIdentifierExtension.create(publicKey),
          ...tlsExtensions(hosts),
        ],
      },
      lowS,
    );
    return pem(certificate, keys.privateKey);
  }
}

async function signerOf({ certificatePem, privateKeyPem }: Issued): Promise<Signer> {
  const { subjectName, publicKey } = new x509.X509Certificate(certificatePem);
  const der = x509.PemConverter.decodeFirst(privateKeyPem);
  return {
    name: subjectName,
    keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(publicKey),
    key: await webcrypto.subtle.importKey('pkcs8', der, curve, false, ['sign']),
  };
}

function tlsExtensions(hosts: readonly string[] | undefined): x509.Extension[] {
  if (hosts === undefined) return [];
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const usage = new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]);
  if (hosts.length === 0) return [usage];
  const names = hosts.map((value) => ({
    type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
    value,
  }));
  return [usage, new x509.SubjectAlternativeNameExtension(names)];
}

/** The unit (OU) a certificate was issued for. */
export function unitOf(certificatePem: string): string | undefined {
  return new x509.X509Certificate(certificatePem).subjectName.getField('OU')[0];
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
}

async function pem(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Issued> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
  };
}

/**
 * Signs with a low S: (r, n − s) is as good a signature as (r, s). Fabric rewrites a certificate with a high S when it
 * reads one, and then the same identity has two byte forms, which do not compare equal.
 */
const lowS = {
  subtle: {
    async sign(...[algorithm, key, data]: Parameters<webcrypto.SubtleCrypto['sign']>): Promise<ArrayBuffer> {
      const signature = await webcrypto.subtle.sign(algorithm, key, data);
      const half = Buffer.from(signature, 32);
      const s = BigInt(`0x${half.toString('hex')}`);
      if (s > order / 2n) half.write((order - s).toString(16).padStart(64, '0'), 'hex');
      return signature;
    },
  },
} as unknown as webcrypto.Crypto;

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
