// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { variables, type Env } from './env.js';

/** A certificate chain and its key, as PEM files. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Bearer tokens of one OpenID provider. */
export interface OidcConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** The claim that names the participant, `farm` or `farm@maker`. */
  readonly claim: string;
}

/** Bounds on a query in SQL. */
export interface QueryLimits {
  /** How long it may run. */
  readonly seconds: number;
  /** Most rows of an answer; what comes after them is left out, and the answer says so. */
  readonly rows: number;
  /** Most bytes of an answer. */
  readonly bytes: number;
}

/** Where the read model is kept, and how far queries may go. The URL holds a password: it is never logged. */
export type ReadModelConfig = (
  { readonly kind: 'off' | 'pglite' } | { readonly kind: 'postgres'; readonly url: string }
) & {
  readonly limits: QueryLimits;
};

/** Bounds on what callers can make the gateway hold or do. */
export interface Limits {
  readonly bodyBytes: number;
  readonly bulkBodyBytes: number;
  readonly bulkItems: number;
  readonly depth: number;
  readonly rate: number;
  /** Requests without account that an address has in a rate window. */
  readonly publicRate: number;
  readonly rateWindowSeconds: number;
  /** Failed authentications an address has in a minute. */
  readonly authFailures: number;
  readonly inFlight: number;
  readonly bytesInFlight: number;
  readonly eventStreams: number;
  readonly headersSeconds: number;
  readonly requestSeconds: number;
  readonly answerSeconds: number;
  readonly drainSeconds: number;
}

/** All that a gateway is told at its start; secrets come apart (`secrets.ts`). */
export interface GatewayConfig {
  readonly member: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute. */
  readonly cryptoDir: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly tls?: TlsFiles;
    readonly corsOrigins: readonly string[];
    /** Origin at which everybody reaches this gateway. */
    readonly publicAddress?: string;
  };
  readonly ledger: {
    readonly channel: string;
    readonly chaincode: string;
    /** The member's own peer; absent on the embedded network. */
    readonly peer?: {
      readonly address: string;
      /** The member's own authority, from the crypto folder, when left out. */
      readonly tlsCaFile?: string;
      readonly hostName?: string;
    };
  };
  readonly informationServer: {
    readonly host: string;
    readonly port: number;
    /** The https origin as registered on the ledger. */
    readonly address: string;
    /** The member's own, from the crypto folder, when left out. */
    readonly tls?: TlsFiles;
  };
  /** Largest traceability document, in bytes. */
  readonly documentBytes: number;
  readonly allowPrivateAddresses: boolean;
  /** Further authorities of subscribers' servers. */
  readonly webhookCaFile?: string;
  /** Name of the participant that the verifier agent votes as. */
  readonly verifierAgent?: string;
  /** How long the agent tries again what may pass, in seconds. */
  readonly verifierPatienceSeconds: number;
  readonly readModel: ReadModelConfig;
  readonly oidc?: OidcConfig;
  readonly limits: Limits;
  readonly logLevel: string;
}

/** The environment does not make a configuration; the message names each variable and what to set it to. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Values = ReturnType<typeof variables.parse>;

/** Either every named variable is set, or none; the first missing one is named. */
function together<N extends keyof Values>(
  values: Values,
  ...names: N[]
): { [M in N]: NonNullable<Values[M]> } | undefined {
  const set = names.filter((name) => values[name] !== undefined);
  if (set.length === 0) return undefined;
  const missing = names.find((name) => values[name] === undefined);
  if (missing !== undefined) {
    throw new ConfigError(
      `${missing} is missing: ${set.join(', ')} needs it. Set ${missing}: ${help(missing)}.`,
    );
  }
  return values as { [M in N]: NonNullable<Values[M]> };
}

function help(name: keyof Values): string {
  return variables.shape[name].description ?? '';
}

/** The variables checked, defaulted and put in their places. Throws {@link ConfigError}. */
export function loadConfig(env: Env): GatewayConfig {
  const parsed = variables.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]) as keyof Values;
      const wrong = env[name] === undefined ? 'is not set' : `is ${issue.message}`;
      return `${name} ${wrong}. Set it to: ${help(name)}.`;
    });
    throw new ConfigError(lines.join('\n'));
  }
  const v = parsed.data;
  const tls = together(v, 'THINGLEDGER_TLS_CERT_FILE', 'THINGLEDGER_TLS_KEY_FILE');
  const oidc = together(
    v,
    'THINGLEDGER_OIDC_ISSUER',
    'THINGLEDGER_OIDC_AUDIENCE',
    'THINGLEDGER_OIDC_JWKS_URL',
  );
  if (oidc) requireSafeJwksUrl(oidc.THINGLEDGER_OIDC_JWKS_URL);
  const serverTls = together(
    v,
    'THINGLEDGER_INFORMATION_SERVER_TLS_CERT_FILE',
    'THINGLEDGER_INFORMATION_SERVER_TLS_KEY_FILE',
  );
  return {
    member: v.THINGLEDGER_MEMBER,
    dataDir: resolve(v.THINGLEDGER_DATA_DIR),
    cryptoDir: resolve(v.THINGLEDGER_CRYPTO_DIR),
    http: {
      host: v.THINGLEDGER_HOST,
      port: v.THINGLEDGER_PORT,
      corsOrigins: v.THINGLEDGER_CORS_ORIGINS,
      ...(v.THINGLEDGER_PUBLIC_ADDRESS !== undefined && { publicAddress: v.THINGLEDGER_PUBLIC_ADDRESS }),
      ...(tls && {
        tls: { certificateFile: tls.THINGLEDGER_TLS_CERT_FILE, keyFile: tls.THINGLEDGER_TLS_KEY_FILE },
      }),
    },
    ledger: {
      channel: v.THINGLEDGER_CHANNEL,
      chaincode: v.THINGLEDGER_CHAINCODE,
      ...(v.THINGLEDGER_PEER_ADDRESS !== undefined && {
        peer: {
          address: v.THINGLEDGER_PEER_ADDRESS,
          ...(v.THINGLEDGER_PEER_TLS_CA_FILE !== undefined && { tlsCaFile: v.THINGLEDGER_PEER_TLS_CA_FILE }),
          ...(v.THINGLEDGER_PEER_HOST_NAME !== undefined && { hostName: v.THINGLEDGER_PEER_HOST_NAME }),
        },
      }),
    },
    informationServer: {
      host: v.THINGLEDGER_INFORMATION_SERVER_HOST,
      port: v.THINGLEDGER_INFORMATION_SERVER_PORT,
      address: v.THINGLEDGER_INFORMATION_SERVER_ADDRESS,
      ...(serverTls && {
        tls: {
          certificateFile: serverTls.THINGLEDGER_INFORMATION_SERVER_TLS_CERT_FILE,
          keyFile: serverTls.THINGLEDGER_INFORMATION_SERVER_TLS_KEY_FILE,
        },
      }),
    },
    documentBytes: v.THINGLEDGER_DOCUMENT_LIMIT_BYTES,
    allowPrivateAddresses: v.THINGLEDGER_ALLOW_PRIVATE_ADDRESSES,
    ...(v.THINGLEDGER_WEBHOOK_CA_FILE !== undefined && { webhookCaFile: v.THINGLEDGER_WEBHOOK_CA_FILE }),
    ...(v.THINGLEDGER_VERIFIER_AGENT !== undefined && { verifierAgent: v.THINGLEDGER_VERIFIER_AGENT }),
    verifierPatienceSeconds: v.THINGLEDGER_VERIFIER_PATIENCE_SECONDS,
    readModel: readModelOf(v),
    ...(oidc && {
      oidc: {
        issuer: oidc.THINGLEDGER_OIDC_ISSUER,
        audience: oidc.THINGLEDGER_OIDC_AUDIENCE,
        jwksUrl: oidc.THINGLEDGER_OIDC_JWKS_URL,
        claim: v.THINGLEDGER_OIDC_CLAIM,
      },
    }),
    limits: {
      bodyBytes: v.THINGLEDGER_BODY_LIMIT_BYTES,
      bulkBodyBytes: v.THINGLEDGER_BULK_BODY_LIMIT_BYTES,
      bulkItems: v.THINGLEDGER_BULK_ITEMS,
      depth: v.THINGLEDGER_DEPTH_LIMIT,
      rate: v.THINGLEDGER_RATE_LIMIT,
      publicRate: v.THINGLEDGER_PUBLIC_RATE_LIMIT,
      rateWindowSeconds: v.THINGLEDGER_RATE_WINDOW_SECONDS,
      authFailures: v.THINGLEDGER_AUTH_FAILURES,
      inFlight: v.THINGLEDGER_MAX_IN_FLIGHT,
      bytesInFlight: v.THINGLEDGER_MAX_BYTES_IN_FLIGHT,
      eventStreams: v.THINGLEDGER_MAX_EVENT_STREAMS,
      headersSeconds: v.THINGLEDGER_HEADERS_SECONDS,
      requestSeconds: v.THINGLEDGER_REQUEST_SECONDS,
      answerSeconds: v.THINGLEDGER_ANSWER_SECONDS,
      drainSeconds: v.THINGLEDGER_DRAIN_SECONDS,
    },
    logLevel: v.THINGLEDGER_LOG_LEVEL,
  };
}

function readModelOf(v: Values): ReadModelConfig {
  const limits = {
    seconds: v.THINGLEDGER_SQL_SECONDS,
    rows: v.THINGLEDGER_SQL_ROWS,
    bytes: v.THINGLEDGER_SQL_LIMIT_BYTES,
  };
  const where = v.THINGLEDGER_READ_MODEL;
  return where === 'off' || where === 'pglite'
    ? { kind: where, limits }
    : { kind: 'postgres', url: where, limits };
}

/** Keys fetched in the clear could be anybody's; only a provider on this very machine may do without TLS. */
function requireSafeJwksUrl(text: string): void {
  const url = new URL(text);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && local)) return;
  throw new ConfigError(
    'THINGLEDGER_OIDC_JWKS_URL is not an https URL. Set it to the https address of the issuer’s keys.',
  );
}
