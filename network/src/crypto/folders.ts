// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Issued } from './certificate.js';

/** Where a member's keys and certificates are, all below `<dir>/crypto/<member>`. */
export function memberFolders(dir: string, member: string) {
  const root = join(dir, 'crypto', member);
  return {
    root,
    /** The authority that names people and nodes. */
    authority: join(root, 'ca'),
    /** The authority of TLS certificates. */
    tlsAuthority: join(root, 'tlsca'),
    /** What others must know to recognise this member: authorities only. */
    msp: join(root, 'msp'),
    peer: join(root, 'peer'),
    orderer: join(root, 'orderer'),
    /** TLS of the chaincode servers, and what the peer shows them. */
    chaincode: join(root, 'chaincode'),
    gateway: join(root, 'gateway'),
    informationServer: join(root, 'information-server'),
    user: (name: string): string => join(root, 'users', name),
  } as const;
}

/** File names within a TLS folder. */
export const tls = { certificate: 'server.crt', key: 'server.key', authority: 'ca.crt' } as const;
/** File names within an MSP folder. */
export const msp = {
  certificate: join('signcerts', 'cert.pem'),
  key: join('keystore', 'key.pem'),
  authority: join('cacerts', 'ca.pem'),
  tlsAuthority: join('tlscacerts', 'tlsca.pem'),
} as const;

/** Fabric's NodeOUs: the OU of a certificate says what its holder is. */
export const nodeOus = `NodeOUs:
  Enable: true
  ClientOUIdentifier: { Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: client }
  PeerOUIdentifier: { Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: peer }
  AdminOUIdentifier: { Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: admin }
  OrdererOUIdentifier: { Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: orderer }
`;

/** Writes through a temporary file, so that a kill leaves the old file or the new one. */
export function writePem(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${String(process.pid)}.new`;
  writeFileSync(temporary, text, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, file);
}

/** Writes key, then certificate: a certificate without its key never exists. */
export function writeIssued(
  folder: string,
  names: { certificate: string; key: string },
  issued: Issued,
): void {
  writePem(join(folder, names.key), issued.privateKeyPem, 0o600);
  writePem(join(folder, names.certificate), issued.certificatePem);
}

/** What was written before, or undefined. */
export function readIssued(folder: string, names: { certificate: string; key: string }): Issued | undefined {
  const certificate = join(folder, names.certificate);
  const key = join(folder, names.key);
  if (!existsSync(certificate) || !existsSync(key)) return undefined;
  return { certificatePem: readFileSync(certificate, 'utf8'), privateKeyPem: readFileSync(key, 'utf8') };
}
