// SPDX-License-Identifier: Apache-2.0
import {
  Client,
  credentials,
  InterceptingCall,
  status,
  type CallOptions,
  type Interceptor,
} from '@grpc/grpc-js';

/** How to reach the member's own peer. */
export interface PeerConnection {
  readonly mspId: string;
  /** `host:port`. */
  readonly endpoint: string;
  /** The certificate authority that the peer's TLS certificate chains to. */
  readonly tlsAuthorityPem: string;
  /** The name in the peer's certificate where it is not the host. */
  readonly hostAlias?: string;
  /** For peers that ask for a client certificate. */
  readonly clientTls?: { readonly certificatePem: string; readonly privateKeyPem: string };
}

/** Peers close connections that ping more often than their `peer.keepalive.minInterval`, 60 s by default. */
const KEEPALIVE_MS = 90_000;

/** Envelopes of full batches pass gRPC's default of 4 MB; the orderers' own limit comes first. */
const MESSAGE_BYTES = 100 * 1024 * 1024;

/** The one gRPC client of a gateway; every identity shares its connection. */
export function openClient({ endpoint, tlsAuthorityPem, hostAlias, clientTls }: PeerConnection): Client {
  const key = clientTls ? Buffer.from(clientTls.privateKeyPem) : null;
  const certificate = clientTls ? Buffer.from(clientTls.certificatePem) : null;
  return new Client(endpoint, credentials.createSsl(Buffer.from(tlsAuthorityPem), key, certificate), {
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 3_000,
    'grpc.max_receive_message_length': MESSAGE_BYTES,
    'grpc.max_send_message_length': MESSAGE_BYTES,
    ...(hostAlias === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': hostAlias, 'grpc.default_authority': hostAlias }),
  });
}

/** Options of one call: its deadline, and its end at the peer, too, when the signal aborts. */
export function callOptions(deadlineMs: number, signal?: AbortSignal): CallOptions {
  const deadline = Date.now() + deadlineMs;
  return signal === undefined ? { deadline } : { deadline, interceptors: [cancelledBy(signal)] };
}

function cancelledBy(signal: AbortSignal): Interceptor {
  return (options, nextCall) => {
    const call = new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        const cancel = (): void => call.cancelWithStatus(status.CANCELLED, 'given up by the gateway');
        next(metadata, {
          onReceiveStatus: (ended, pass) => {
            signal.removeEventListener('abort', cancel);
            pass(ended);
          },
        });
        signal.addEventListener('abort', cancel, { once: true });
        if (signal.aborted) cancel();
      },
    });
    return call;
  };
}
