// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, randomBytes } from 'node:crypto';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, signers, type Contract, type Network } from '@hyperledger/fabric-gateway';
import type { Identity, PeerConnection } from '@thingledger/network';
import type { Request } from './measure.js';

/** The SDK's client as its documentation shows it, with its default signer. */
export function openContract(
  peer: PeerConnection,
  identity: Identity,
  chaincode: string,
): { contract: Contract; network: Network; close(): void } {
  const tls = credentials.createSsl(Buffer.from(peer.tlsAuthorityPem));
  const client = new Client(peer.endpoint, tls, { 'grpc.ssl_target_name_override': peer.hostAlias });
  const gateway = connect({
    client,
    identity: { mspId: identity.mspId, credentials: Buffer.from(identity.certificatePem) },
    signer: signers.newPrivateKeySigner(createPrivateKey(identity.privateKeyPem)),
  });
  const network = gateway.getNetwork('traceability');
  return {
    contract: network.getContract(chaincode),
    network,
    close() {
      gateway.close();
      client.close();
    },
  };
}

/** The plain way of writing: a minimal contract that creates one record a transaction if it is not there. */
export function openPlain(peer: PeerConnection, identity: Identity): { request: Request; close(): void } {
  const { contract, close } = openContract(peer, identity, 'behaviour');
  return {
    async request() {
      await contract.submitTransaction('create', `plain-${randomBytes(12).toString('hex')}`, plainRecord());
      return 1;
    },
    close,
  };
}

/** As many bytes as one of our announcements has. */
function plainRecord(): string {
  return JSON.stringify({ dataHash: randomBytes(32).toString('hex'), filler: 'x'.repeat(230) });
}
