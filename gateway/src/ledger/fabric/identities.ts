// SPDX-License-Identifier: Apache-2.0
import type { Client } from '@grpc/grpc-js';
import { connect, hash, type Gateway, type Signer } from '@hyperledger/fabric-gateway';
import { msp } from '@hyperledger/fabric-protos';
import { sha256 } from '@thingledger/protocol';
import { LRUCache } from 'lru-cache';
import { LedgerError, type Identity } from '../port.js';
import { nativeSigner } from './signer.js';

/** What signs and sends for one identity. */
export interface Session {
  readonly gateway: Gateway;
  readonly sign: Signer;
  /** The identity as it stands in messages that we build ourselves. */
  readonly creator: Uint8Array;
}

const KEPT_SESSIONS = 1_000;

/** Sessions by identity over one connection; the least used are dropped. */
export class Sessions {
  readonly #client: Client;
  readonly #sessions = new LRUCache<string, Session>({ max: KEPT_SESSIONS });

  constructor(client: Client) {
    this.#client = client;
  }

  /** The session of an identity. Throws a LedgerError (`denied`) when its key can not sign. */
  of(identity: Identity): Session {
    // The key counts: a certificate is public, and whoever shows it alone must not sign with another's session.
    const name = sha256(`${identity.mspId}\n${identity.certificatePem}\n${identity.privateKeyPem}`);
    const known = this.#sessions.get(name);
    if (known) return known;
    const session = this.#open(identity);
    this.#sessions.set(name, session);
    return session;
  }

  #open({ mspId, certificatePem, privateKeyPem }: Identity): Session {
    const credentials = Buffer.from(certificatePem);
    const creator = new msp.SerializedIdentity();
    creator.setMspid(mspId);
    creator.setIdBytes(credentials);
    try {
      const sign = nativeSigner(privateKeyPem);
      // hash.none hands the whole message to the signer, which hashes it natively.
      const gateway = connect({
        client: this.#client,
        identity: { mspId, credentials },
        signer: sign,
        hash: hash.none,
      });
      return { gateway, sign, creator: creator.serializeBinary() };
    } catch (error) {
      throw new LedgerError('denied', 'The private key of the identity can not be used', { cause: error });
    }
  }
}
