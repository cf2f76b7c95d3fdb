// SPDX-License-Identifier: Apache-2.0
import { type KeyObject, X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';

/** Fabric's NodeOU roles, taken from the certificate's organisational unit. */
export type Role = 'client' | 'admin' | 'peer' | 'orderer';

/** What the network knows of a member: whom it trusts, and its peer's own identity. */
export interface MemberIdentity {
  readonly mspId: string;
  readonly caCertificatesPem: readonly string[];
  readonly peer: { readonly certificatePem: string; readonly privateKeyPem: string };
}

/** An identity that a member's certificate authority vouches for. */
export interface Certified {
  readonly mspId: string;
  readonly role: Role;
  readonly publicKey: KeyObject;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The parts of a serialised identity; undefined when it is none. Says nothing of who vouches for it. */
export function readIdentity(bytes: Uint8Array): { mspId: string; certificatePem: string } | undefined {
  try {
    const identity = msp.SerializedIdentity.deserializeBinary(bytes);
    const certificatePem = Buffer.from(identity.getIdBytes_asU8()).toString('utf8');
    return { mspId: identity.getMspid(), certificatePem };
  } catch {
    return undefined;
  }
}

const mostCertificates = 10_000;

/** The members' certificate authorities; decides who an X.509 creator is. */
export class Members {
  readonly #authorities = new Map<string, readonly X509Certificate[]>();
  readonly #known = new Map<string, Certified | undefined>();

  constructor(members: readonly MemberIdentity[]) {
    for (const { mspId, caCertificatesPem } of members) {
      this.#authorities.set(
        mspId,
        caCertificatesPem.map((pem) => new X509Certificate(pem)),
      );
    }
  }

  /** A member's certificate authorities, PEM. */
  authoritiesOf(member: string): string[] {
    return (this.#authorities.get(member) ?? []).map((authority) => authority.toString());
  }

  /**
   * Who signed, given serialised identity bytes; undefined when they do not parse, the member is unknown, its
   * authority did not issue the certificate, or the certificate names no Fabric role. Time is not looked at: a block
   * must be judged the same whenever it is read.
   */
  identify(creator: Uint8Array): Certified | undefined {
    const id = Buffer.from(creator).toString('latin1');
    if (this.#known.has(id)) return this.#known.get(id);
    if (this.#known.size >= mostCertificates) this.#known.clear();
    const found = this.#certify(creator);
    this.#known.set(id, found);
    return found;
  }

  #certify(creator: Uint8Array): Certified | undefined {
    try {
      const identity = msp.SerializedIdentity.deserializeBinary(creator);
      const certificate = new X509Certificate(identity.getIdBytes_asU8());
      const authorities = this.#authorities.get(identity.getMspid()) ?? [];
      const issued = authorities.some(
        (ca) => ca.ca && certificate.checkIssued(ca) && certificate.verify(ca.publicKey),
      );
      const role = roleOf(certificate);
      if (!issued || certificate.ca || role === undefined) return undefined;
      return {
        mspId: identity.getMspid(),
        role,
        publicKey: certificate.publicKey,
        notBefore: Date.parse(certificate.validFrom),
        notAfter: Date.parse(certificate.validTo),
      };
    } catch {
      return undefined;
    }
  }
}

/** Whether the certificate may be used at this moment. */
export function isValidAt({ notBefore, notAfter }: Certified, now: number): boolean {
  return notBefore <= now && now <= notAfter;
}

/** Identity bytes as they stand in headers and endorsements. */
export function serializeIdentity(mspId: string, certificatePem: string): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificatePem));
  return identity.serializeBinary();
}

function roleOf(certificate: X509Certificate): Role | undefined {
  const units = certificate.subject
    .split(/[\n+]/)
    .flatMap((part) => (part.startsWith('OU=') ? [part.slice(3)] : []));
  return (['admin', 'peer', 'orderer', 'client'] as const).find((role) => units.includes(role));
}
