// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultTopologyFile,
  issueCrypto,
  loadTopology,
  planNetwork,
  readIdentity,
  readServerTls,
  type ServerTls,
} from '@thingledger/network';
import type { Participant } from '@thingledger/protocol';
import type { Principal } from '../../principal.js';
import { publicKeyOf } from '../../wallet/signing.js';

/** The default consortium with real keys and certificates, in a folder of its own. */
export class People {
  private constructor(readonly dir: string) {}

  static async gather(): Promise<People> {
    const dir = await mkdtemp(join(tmpdir(), 'thingledger-people-'));
    await issueCrypto(planNetwork(loadTopology(defaultTopologyFile)), dir);
    return new People(dir);
  }

  principal(id: string): Principal {
    const [name = '', member = ''] = id.split('@');
    const identity = readIdentity(this.dir, member, name);
    return { id, member, administrator: name === 'admin', identity };
  }

  /** The certificate of a member's information server, for localhost and 127.0.0.1. */
  tls(member: string): ServerTls {
    return readServerTls(this.dir, member, 'informationServer');
  }

  /** PEM of the authority that issues a member's signing certificates. */
  authority(member: string): Promise<string> {
    return readFile(join(this.dir, 'crypto', member, 'ca', 'cert.pem'), 'utf8');
  }

  participant(id: string, roles: Participant['roles'], over: Partial<Participant> = {}): Participant {
    const { member, identity } = this.principal(id);
    const decision = { by: `admin@${member}`, at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };
    return {
      participant: id,
      member,
      status: 'active',
      roles,
      publicKey: publicKeyOf(identity),
      decision,
      ...over,
    };
  }

  /** A folder that goes when the people go. */
  folder(): Promise<string> {
    return mkdtemp(join(this.dir, 'data-'));
  }

  async leave(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
