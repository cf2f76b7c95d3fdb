// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { X509Certificate, X509Crl, BasicConstraintsExtension } from '@peculiar/x509';
import { own, sameBytes, toHex } from './bytes.js';
import { fail } from './checks.js';
import { identities, mspConfig } from './messages.js';
import { pointOf, type Verify, verifyWith } from './signature.js';

/** The roles a certificate can give in Fabric, by the organisational unit in its subject. */
export type Role = 'admin' | 'client' | 'orderer' | 'peer';

/** Somebody whose certificate an organisation’s authorities issued. */
export interface Signer {
  /** MSP id of the organisation. */
  readonly member: string;
  /** Common name in the certificate. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly certificate: Uint8Array;
  /** Whether a signature over a message is this one’s. */
  readonly verify: Verify;
}

/** The longest chain from a certificate to a root. */
const LONGEST_CHAIN = 5;

/** An organisation’s certificate authorities and what it has revoked: Fabric’s membership service provider. */
export class Msp {
  readonly #roots: readonly X509Certificate[];
  readonly #intermediates: readonly X509Certificate[];
  readonly #revocations: readonly X509Crl[];
  readonly #admins: readonly Uint8Array[];
  readonly #units: ReadonlyMap<string, Role>;
  readonly #known = new Map<string, Promise<readonly X509Certificate[]>>();
  readonly #keys = new Map<string, Verify>();

  /** @param authorities certificates of the roots, PEM or DER */
  constructor(
    readonly member: string,
    authorities: readonly (Uint8Array | string)[],
    more: {
      readonly intermediates?: readonly Uint8Array[];
      readonly revocations?: readonly Uint8Array[];
      readonly admins?: readonly Uint8Array[];
      readonly units?: ReadonlyMap<string, Role>;
    } = {},
  ) {
    this.#roots = authorities.map(certificateOf);
    this.#intermediates = (more.intermediates ?? []).map(certificateOf);
    this.#revocations = (more.revocations ?? []).map((list) => revocationsOf(list, member));
    this.#admins = (more.admins ?? []).map((pem) => new Uint8Array(certificateOf(pem).rawData));
    this.#units = more.units ?? defaultUnits;
  }

  /** From the MSP value of an organisation’s group in the channel configuration. */
  static of(bytes: Uint8Array): Msp {
    const outer = mspConfig.MSPConfig.deserializeBinary(bytes);
    if (outer.getType() !== 0) fail('an organisation’s identities are not X.509 certificates');
    const config = mspConfig.FabricMSPConfig.deserializeBinary(outer.getConfig_asU8());
    return new Msp(config.getName(), config.getRootCertsList_asU8(), {
      intermediates: config.getIntermediateCertsList_asU8(),
      revocations: config.getRevocationListList_asU8(),
      admins: config.getAdminsList_asU8(),
      units: unitsOf(config.getFabricNodeOus()),
    });
  }

  /**
   * Who a certificate stands for. Fails when no chain leads to a root of this organisation, a certificate of it was not
   * valid at the time, or the configuration revokes it.
   *
   * @param at milliseconds since 1970
   */
  async identify(certificateBytes: Uint8Array, at: number): Promise<Signer> {
    const certificate = certificateOf(certificateBytes);
    const name = certificate.subjectName.getField('CN')[0] ?? certificate.subject;
    const who = `${name} of ${this.member}`;
    const der = new Uint8Array(certificate.rawData);
    const key = toHex(der);
    const chain = this.#known.get(key) ?? this.#chain(certificate, who);
    this.#known.set(key, chain);
    for (const link of await chain) {
      if (at < link.notBefore.getTime() || at > link.notAfter.getTime()) {
        const whose = link === certificate ? `the certificate of ${who}` : `an authority of ${this.member}`;
        fail(`${whose} was not valid at ${new Date(at).toISOString()}`);
      }
      if (this.#revocations.some((list) => revokes(list, link))) {
        fail(`the certificate of ${who} is revoked`);
      }
    }
    const verify = this.#keys.get(key) ?? verifyWith(pointOf(new Uint8Array(certificate.publicKey.rawData)));
    this.#keys.set(key, verify);
    return {
      member: this.member,
      name,
      roles: this.#rolesOf(certificate, der),
      certificate: der,
      verify,
    };
  }

  #rolesOf(certificate: X509Certificate, der: Uint8Array): Role[] {
    const roles = certificate.subjectName.getField('OU').flatMap((unit) => this.#units.get(unit) ?? []);
    if (this.#admins.some((admin) => sameBytes(admin, der))) roles.push('admin');
    return roles;
  }

  /** The certificate and its issuers up to a root. */
  async #chain(certificate: X509Certificate, who: string): Promise<readonly X509Certificate[]> {
    if (isAuthority(certificate)) fail(`the certificate of ${who} is an authority’s, not an identity’s`);
    const chain = [certificate];
    for (let last = certificate; chain.length <= LONGEST_CHAIN;) {
      const root = await issuerOf(last, this.#roots);
      if (root) return [...chain, root];
      const intermediate = await issuerOf(last, this.#intermediates);
      if (!intermediate) break;
      chain.push(intermediate);
      last = intermediate;
    }
    return fail(`no authority of ${this.member} issued the certificate of ${who}`);
  }
}

/** The member and certificate of a serialised identity, as headers and endorsements carry it. Nothing is verified. */
export function serialisedIdentity(bytes: Uint8Array): { member: string; certificate: Uint8Array } {
  const identity = identities.SerializedIdentity.deserializeBinary(bytes);
  return { member: identity.getMspid(), certificate: identity.getIdBytes_asU8() };
}

/** The point of the key in a certificate. Fails for other curves than P-256. */
export function keyOf(certificate: Uint8Array): Uint8Array {
  return pointOf(new Uint8Array(certificateOf(certificate).publicKey.rawData));
}

const defaultUnits: ReadonlyMap<string, Role> = new Map([
  ['admin', 'admin'],
  ['client', 'client'],
  ['orderer', 'orderer'],
  ['peer', 'peer'],
]);

function unitsOf(units: mspConfig.FabricNodeOUs | undefined): ReadonlyMap<string, Role> {
  if (!units?.getEnable()) return new Map();
  const named = [
    ['admin', units.getAdminOuIdentifier()],
    ['client', units.getClientOuIdentifier()],
    ['orderer', units.getOrdererOuIdentifier()],
    ['peer', units.getPeerOuIdentifier()],
  ] as const;
  return new Map(
    named.flatMap(([role, unit]) => (unit ? [[unit.getOrganizationalUnitIdentifier(), role]] : [])),
  );
}

async function issuerOf(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): Promise<X509Certificate | undefined> {
  for (const authority of authorities) {
    if (authority.subject !== certificate.issuer || !isAuthority(authority)) continue;
    if (await certificate.verify({ publicKey: authority.publicKey, signatureOnly: true })) return authority;
  }
  return undefined;
}

/** Compared as numbers: the library keeps or drops the leading zero of a serial number as it comes. */
function revokes(list: X509Crl, { issuer, serialNumber }: X509Certificate): boolean {
  if (list.issuer !== issuer) return false;
  const number = BigInt(`0x${serialNumber}`);
  return list.entries.some((entry) => BigInt(`0x${entry.serialNumber}`) === number);
}

function isAuthority(certificate: X509Certificate): boolean {
  return certificate.getExtension(BasicConstraintsExtension)?.ca === true;
}

function certificateOf(bytes: Uint8Array | string): X509Certificate {
  return new X509Certificate(typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes));
}

/**
 * A revocation list. One without `nextUpdate`, which RFC 5280 (5.1.2.5) demands, fails: the library would read it as empty.
 */
function revocationsOf(bytes: Uint8Array, member: string): X509Crl {
  const pem = new TextDecoder().decode(bytes);
  const list = pem.startsWith('-----') ? new X509Crl(pem) : new X509Crl(own(bytes));
  if (!list.nextUpdate) fail(`a revocation list of ${member} does not say when the next one comes`);
  return list;
}
