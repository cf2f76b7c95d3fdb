// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { OrganisationPlan, Plan } from '../plan/types.js';
import { Authority, type Issued, issueAuthority, type Subject, unitOf } from './certificate.js';
import { memberFolders, msp, nodeOus, readIssued, tls, writeIssued, writePem } from './folders.js';

/** Someone who can sign for a member: certificate and private key (PKCS#8), PEM. */
export interface Identity {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The NodeOUs an identity can be enrolled with. */
export type Unit = 'client' | 'admin' | 'peer' | 'orderer';

/** The keys a runner asked for are not there. The message names the fix. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
}

/**
 * Makes every key and certificate the plan needs that is not there yet: authorities, nodes, administrators and
 * participants in Fabric's MSP folder shape, TLS for peers, orderers, chaincode servers, gateways and information
 * servers. What exists is left alone, so it can run at every start.
 *
 * @param dir the network's data folder; keys go below `dir/crypto`, private ones readable by the owner only
 */
export async function issueCrypto(plan: Plan, dir: string): Promise<void> {
  await Promise.all(plan.organisations.map((organisation) => issueMember(organisation, dir)));
}

/**
 * Enrols a further participant (or administrator) with the member's own authority. Repeating it gives the same
 * identity back.
 *
 * @param member organisation whose authority signs
 * @param name common name: lower-case letters, digits, dots, dashes and underscores, at most 63
 * @throws CryptoError when the member has no authority here, or the name is taken with another unit
 */
export async function enrol(
  dir: string,
  member: string,
  name: string,
  unit: Unit = 'client',
): Promise<Identity> {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) throw new CryptoError(`${name} is no participant name`);
  const folders = memberFolders(dir, member);
  const authority = readIssued(folders.authority, authorityFiles);
  const tlsAuthority = readIssued(folders.tlsAuthority, authorityFiles);
  if (authority === undefined || tlsAuthority === undefined) throw noAuthority(member);
  const authorities = { authority: new Authority(authority), tlsAuthority: new Authority(tlsAuthority) };
  return enrolWith(authorities, folders.user(name), { commonName: name, organisation: member, unit });
}

/**
 * The administrator (`admin`) or a participant of a member.
 *
 * @throws CryptoError when nobody of that name is enrolled
 */
export function readIdentity(dir: string, member: string, name: string): Identity {
  const issued = readIssued(join(memberFolders(dir, member).user(name), 'msp'), msp);
  if (issued === undefined)
    throw new CryptoError(`${name}@${member} is not enrolled in ${dir}: call enrol() first`);
  return { mspId: member, ...issued };
}

/** A TLS key pair with the authority that signed it, all PEM. */
export interface ServerTls extends Issued {
  readonly authorityPem: string;
}

/**
 * TLS of one of a member's servers, valid for `localhost`, 127.0.0.1 and the server's name in the plan.
 *
 * @throws CryptoError before issueCrypto has run
 */
export function readServerTls(
  dir: string,
  member: string,
  server: 'peer' | 'orderer' | 'chaincode' | 'gateway' | 'informationServer',
): ServerTls {
  const folders = memberFolders(dir, member);
  const issued = readIssued(join(folders[server], 'tls'), tls);
  const authority = readIssued(folders.tlsAuthority, authorityFiles);
  if (issued === undefined || authority === undefined) throw noAuthority(member);
  return { ...issued, authorityPem: authority.certificatePem };
}

const authorityFiles = { certificate: 'cert.pem', key: 'key.pem' };
const clientFiles = { certificate: 'client.crt', key: 'client.key' };

interface Authorities {
  readonly authority: Authority;
  readonly tlsAuthority: Authority;
}

async function issueMember(organisation: OrganisationPlan, dir: string): Promise<void> {
  const { name: member, peer, orderer, chaincodeHost, gateway } = organisation;
  const folders = memberFolders(dir, member);
  const authorities: Authorities = {
    authority: await authorityIn(folders.authority, root('ca', member)),
    tlsAuthority: await authorityIn(folders.tlsAuthority, root('tlsca', member)),
  };
  writeMspBase(folders.msp, authorities);

  const node = async (folder: string, commonName: string, unit: Unit): Promise<void> => {
    await signer(authorities, join(folder, 'msp'), { commonName, organisation: member, unit });
    await server(authorities, join(folder, 'tls'), commonName, member);
  };
  if (peer !== undefined) await node(folders.peer, peer.name, 'peer');
  if (orderer !== undefined) await node(folders.orderer, orderer.name, 'orderer');
  if (chaincodeHost !== undefined) {
    const folder = join(folders.chaincode, 'tls');
    await server(authorities, folder, chaincodeHost.name, member);
    await client(authorities, folder, `peer.${member}`, member);
  }
  await server(authorities, join(folders.gateway, 'tls'), gateway.name, member);
  await server(authorities, join(folders.informationServer, 'tls'), `information.${member}`, member);

  const user = (commonName: string, unit: Unit): Promise<Identity> =>
    enrolWith(authorities, folders.user(commonName), { commonName, organisation: member, unit });
  await user('admin', 'admin');
  await client(authorities, join(folders.user('admin'), 'tls'), 'admin', member);
  for (const participant of organisation.participants) await user(participant.name, 'client');
}

async function authorityIn(folder: string, subject: Subject): Promise<Authority> {
  return new Authority(await kept(folder, authorityFiles, () => issueAuthority(subject)));
}

async function enrolWith(
  authorities: Authorities,
  folder: string,
  subject: Subject & { readonly unit: Unit },
): Promise<Identity> {
  const { commonName, organisation, unit } = subject;
  const issued = await signer(authorities, join(folder, 'msp'), subject);
  const enrolled = unitOf(issued.certificatePem);
  if (enrolled !== unit)
    throw new CryptoError(`${commonName}@${organisation} is enrolled already, as ${String(enrolled)}`);
  return { mspId: organisation, ...issued };
}

function root(kind: string, member: string): Subject {
  return { commonName: `${kind}.${member}`, organisation: member };
}

async function signer(authorities: Authorities, folder: string, subject: Subject): Promise<Issued> {
  const issued = await kept(folder, msp, () => authorities.authority.issueLeaf(subject));
  writeMspBase(folder, authorities);
  return issued;
}

async function server(
  authorities: Authorities,
  folder: string,
  commonName: string,
  member: string,
): Promise<void> {
  const hosts = [commonName, 'localhost', '127.0.0.1'];
  await kept(folder, tls, () =>
    authorities.tlsAuthority.issueLeaf({ commonName, organisation: member }, hosts),
  );
  writePem(join(folder, tls.authority), authorities.tlsAuthority.certificatePem);
}

async function client(
  authorities: Authorities,
  folder: string,
  commonName: string,
  member: string,
): Promise<void> {
  await kept(folder, clientFiles, () =>
    authorities.tlsAuthority.issueLeaf({ commonName, organisation: member }, []),
  );
}

function writeMspBase(folder: string, { authority, tlsAuthority }: Authorities): void {
  writePem(join(folder, msp.authority), authority.certificatePem);
  writePem(join(folder, msp.tlsAuthority), tlsAuthority.certificatePem);
  writePem(join(folder, 'config.yaml'), nodeOus);
}

async function kept(
  folder: string,
  names: { certificate: string; key: string },
  issue: () => Promise<Issued>,
): Promise<Issued> {
  const before = readIssued(folder, names);
  if (before !== undefined) return before;
  const issued = await issue();
  writeIssued(folder, names, issued);
  return issued;
}

function noAuthority(member: string): CryptoError {
  return new CryptoError(`${member} has no certificate authority here: call issueCrypto() first`);
}
