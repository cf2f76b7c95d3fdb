// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeInterface } from 'fabric-shim';
import { noteReady, type ShimMessage } from './multi-key';

/** How a peer reaches a chaincode and proves itself to it. */
export interface ServeOptions {
  /** The package id that the peer installed. */
  readonly ccid: string;
  /** `host:port` to listen on. */
  readonly address: string;
  /** Mutual TLS, PEM. */
  readonly tls: { readonly key: Buffer; readonly cert: Buffer; readonly clientCa: Buffer };
}

/** A peer's chat stream, as far as it is used here. */
interface ChatStream {
  on(event: 'data', listener: (message: ShimMessage) => void): void;
}

/** The shim's chaincode server; its types leave out what a subclass needs. */
const ChaincodeServer = require('fabric-shim/lib/server') as new (
  chaincode: ChaincodeInterface,
  options: Record<string, unknown>,
) => {
  start(): Promise<void>;
  connect(stream: ChatStream): void;
  readonly _server: { forceShutdown(): void };
};

/** The shim's server, listening in on READY messages for the multi-key offer, which the shim itself drops. */
class MultiKeyServer extends ChaincodeServer {
  override connect(stream: ChatStream): void {
    stream.on('data', (message) => noteReady(stream, message));
    super.connect(stream);
  }
}

/** Serves a chaincode to peers (chaincode as a service) until closed. */
export async function serveChaincode(
  chaincode: ChaincodeInterface,
  { ccid, address, tls }: ServeOptions,
): Promise<{ close(): void }> {
  const server = new MultiKeyServer(chaincode, {
    ccid,
    address,
    tlsProps: { key: tls.key, cert: tls.cert, clientCACerts: tls.clientCa },
    // Fabric's own peers send up to 100 MB.
    'grpc.max_receive_message_length': 104_857_600,
    'grpc.max_send_message_length': 104_857_600,
  });
  await server.start();
  return { close: () => server._server.forceShutdown() };
}
