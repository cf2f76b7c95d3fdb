// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import type { Identity } from '../ledger/port.js';
import type { Principal } from '../principal.js';
import type { ApiKeys } from './api-keys.js';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Where the keys of the member's participants come from: the crypto material of the organisation. */
export interface IdentitySource {
  /** The identity of a name, or undefined when it was never enrolled. */
  read(name: string): Promise<Identity | undefined>;
  /** Makes a key and has the member's certificate authority certify it. */
  enrol(name: string): Promise<Identity>;
}

/** What a {@link Wallet} needs. */
export interface WalletOptions {
  readonly member: string;
  readonly source: IdentitySource;
  readonly apiKeys: ApiKeys;
}

/** The identities this gateway holds for its member's participants, and the API keys that lead to them. */
export class Wallet {
  readonly member: string;
  readonly apiKeys: ApiKeys;
  readonly #source: IdentitySource;
  readonly #principals = new Map<string, Promise<Principal | undefined>>();

  constructor({ member, source, apiKeys }: WalletOptions) {
    this.member = member;
    this.apiKeys = apiKeys;
    this.#source = source;
  }

  /** The principal of a name, `farm`, or participant id, `farm@maker`; undefined when this wallet holds no such key. */
  async principal(nameOrId: string): Promise<Principal | undefined> {
    const at = nameOrId.indexOf('@');
    if (at >= 0 && nameOrId.slice(at + 1) !== this.member) return undefined;
    const name = at >= 0 ? nameOrId.slice(0, at) : nameOrId;
    if (!NAME.test(name)) return undefined;
    const known = this.#principals.get(name);
    if (known) return known;
    const loading = this.#source.read(name).then((identity) => identity && principalOf(identity));
    this.#principals.set(name, loading);
    const found = await loading.catch(() => undefined);
    // Only what was found is remembered: names are the caller's to choose, and a later enrolment must be seen.
    if (!found) this.#principals.delete(name);
    return loading;
  }

  /** The principal an API key was issued to. */
  async byApiKey(key: string): Promise<Principal | undefined> {
    const participant = this.apiKeys.participantOf(key);
    return participant === undefined ? undefined : this.principal(participant);
  }

  /** The identity of a name, made when there is none yet. */
  async enrol(name: string): Promise<Principal> {
    const held = await this.principal(name);
    if (held) return held;
    const principal = principalOf(await this.#source.enrol(name));
    this.#principals.set(name, Promise.resolve(principal));
    return principal;
  }
}

/** Who an identity is, read from its certificate the way the chaincode reads it. */
export function principalOf(identity: Identity): Principal {
  const subject = new X509Certificate(identity.certificatePem).subject.split('\n');
  const values = (name: string): string[] =>
    subject.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  return {
    id: `${values('CN')[0] ?? ''}@${identity.mspId}`,
    member: identity.mspId,
    administrator: values('OU').includes('admin'),
    identity,
  };
}
