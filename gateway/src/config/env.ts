// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const text = z.string().min(1);
const whole = (minimum: number, maximum: number): z.ZodCodec<z.ZodString, z.ZodNumber> =>
  z.codec(
    z.string().regex(/^\d{1,12}$/, 'not a whole number'),
    z
      .number()
      .min(minimum, `below ${String(minimum)}`)
      .max(maximum, `above ${String(maximum)}`),
    { decode: Number, encode: String },
  );
const yesOrNo = z
  .enum(['true', 'false'], { error: 'neither "true" nor "false"' })
  .transform((word) => word === 'true');
const list = z.string().transform((words) =>
  words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);

/**
 * Every environment variable the gateway knows: how it is read and, as its description, what to set it to. The table
 * of the README is made from this one object; nothing else in the gateway reads the environment.
 */
export const variables = z.object({
  THINGLEDGER_MEMBER: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'not a member name')
    .describe('The member this gateway serves, e.g. `maker`'),
  THINGLEDGER_DATA_DIR: text.describe(
    'Folder of this gateway alone: API keys, open transactions, stored answers, vault',
  ),
  THINGLEDGER_CRYPTO_DIR: text.describe(
    'Folder with the crypto material of the organisations, as `npm run up` writes it',
  ),
  THINGLEDGER_HOST: text.default('127.0.0.1').describe('Address to listen on'),
  THINGLEDGER_PORT: whole(0, 65535).default(8080).describe('Port of the REST interface; 0 takes a free one'),
  THINGLEDGER_TLS_CERT_FILE: text
    .optional()
    .describe('PEM certificate chain; with the key, REST is served over HTTPS'),
  THINGLEDGER_TLS_KEY_FILE: text.optional().describe('PEM private key of that certificate'),
  THINGLEDGER_PUBLIC_ADDRESS: z
    .string()
    .regex(/^https?:\/\/[a-z0-9.-]+(:[1-9]\d{0,4})?$/, { error: 'not an origin' })
    .optional()
    .describe(
      'Origin at which everybody reaches this gateway, for the links of scanned codes; default: as each request names it',
    ),
  THINGLEDGER_CORS_ORIGINS: list
    .default([])
    .describe('Origins, with commas, whose pages may call; none by default'),
  THINGLEDGER_PEER_ADDRESS: text.optional().describe('`host:port` of the member’s own peer'),
  THINGLEDGER_PEER_TLS_CA_FILE: text
    .optional()
    .describe(
      'PEM of the certificate authority of the peer’s TLS; default: the member’s own, from the crypto folder',
    ),
  THINGLEDGER_PEER_HOST_NAME: text
    .optional()
    .describe('Name in the peer’s TLS certificate, where the address has another'),
  THINGLEDGER_CHANNEL: text.default('traceability').describe('Channel of the consortium'),
  THINGLEDGER_CHAINCODE: text.default('traceability').describe('Name of the chaincode on it'),
  THINGLEDGER_INFORMATION_SERVER_HOST: text
    .default('127.0.0.1')
    .describe('Address the information server listens on'),
  THINGLEDGER_INFORMATION_SERVER_PORT: whole(0, 65535)
    .default(8081)
    .describe('Port of the information server'),
  THINGLEDGER_INFORMATION_SERVER_ADDRESS: z
    .string()
    .regex(/^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/, 'not an https origin')
    .describe('The https origin of the information server as registered on the ledger'),
  THINGLEDGER_INFORMATION_SERVER_TLS_CERT_FILE: text
    .optional()
    .describe('PEM certificate chain of the information server; default: from the crypto folder'),
  THINGLEDGER_INFORMATION_SERVER_TLS_KEY_FILE: text
    .optional()
    .describe('PEM private key of that certificate'),
  THINGLEDGER_ALLOW_PRIVATE_ADDRESSES: yesOrNo
    .default(false)
    .describe(
      '`true` lets information servers and subscribers be in private networks; for local networks only',
    ),
  THINGLEDGER_WEBHOOK_CA_FILE: text
    .optional()
    .describe(
      'PEM of further certificate authorities that servers of EPCIS subscribers may have, beside those that Node has',
    ),
  THINGLEDGER_VERIFIER_AGENT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'not a participant name')
    .optional()
    .describe(
      'Name of the participant, e.g. `agent`, whose key the verifier agent votes with; none, no agent',
    ),
  THINGLEDGER_VERIFIER_PATIENCE_SECONDS: whole(1, 86_400)
    .default(600)
    .describe(
      'How long the agent tries again what may pass, such as a server that is down, before it rejects; at most half the time to the deadline',
    ),
  THINGLEDGER_READ_MODEL: z
    .string()
    .regex(/^(off|pglite|postgres(ql)?:\/\/\S+)$/, 'neither "off", "pglite" nor a URL of PostgreSQL')
    .default('pglite')
    .describe(
      'Where the SQL read model is kept: `pglite`, in the data folder; `postgres://user:password@host/database`, on a server of version 16 or later; `off`, nowhere',
    ),
  THINGLEDGER_SQL_SECONDS: whole(1, 60).default(5).describe('Time a query in SQL may take'),
  THINGLEDGER_SQL_ROWS: whole(1, 10_000).default(10_000).describe('Most rows of an answer to a query in SQL'),
  THINGLEDGER_SQL_LIMIT_BYTES: whole(1024, 64 << 20)
    .default(4 << 20)
    .describe('Most bytes of an answer to a query in SQL'),
  THINGLEDGER_OIDC_ISSUER: z
    .url({ error: 'not a URL' })
    .optional()
    .describe('Issuer whose bearer tokens are accepted'),
  THINGLEDGER_OIDC_AUDIENCE: text.optional().describe('Audience a token must be made for'),
  THINGLEDGER_OIDC_JWKS_URL: z
    .url({ error: 'not a URL' })
    .optional()
    .describe('Where the issuer publishes its keys (RFC 7517)'),
  THINGLEDGER_OIDC_CLAIM: text.default('sub').describe('Claim that names the participant'),
  THINGLEDGER_API_KEY_SECRET: text
    .optional()
    .describe(
      'At least 32 bytes in base64url: keys the digests of API keys; default: a file in the data folder',
    ),
  THINGLEDGER_DOCUMENT_LIMIT_BYTES: whole(1024, 64 << 20)
    .default(512 << 10)
    .describe('Largest traceability document'),
  THINGLEDGER_BODY_LIMIT_BYTES: whole(1024, 64 << 20)
    .default(1 << 20)
    .describe('Largest body of a request'),
  THINGLEDGER_BULK_BODY_LIMIT_BYTES: whole(1024, 256 << 20)
    .default(8 << 20)
    .describe('Largest body of a bulk request'),
  THINGLEDGER_BULK_ITEMS: whole(1, 10_000).default(1000).describe('Most items of a bulk request'),
  THINGLEDGER_DEPTH_LIMIT: whole(2, 512).default(32).describe('Deepest nesting of a body'),
  THINGLEDGER_RATE_LIMIT: whole(1, 10_000_000)
    .default(600_000)
    .describe('Operations a caller has in a rate window; each item of a bulk request is one'),
  THINGLEDGER_PUBLIC_RATE_LIMIT: whole(1, 1_000_000)
    .default(100)
    .describe('Requests without account that an address has in a rate window'),
  THINGLEDGER_RATE_WINDOW_SECONDS: whole(1, 3600).default(10).describe('Length of the rate window'),
  THINGLEDGER_AUTH_FAILURES: whole(1, 1_000_000)
    .default(300)
    .describe('Failed authentications an address has in a minute'),
  THINGLEDGER_MAX_IN_FLIGHT: whole(1, 100_000)
    .default(1000)
    .describe('Requests worked on at once; more are shed with 503'),
  THINGLEDGER_MAX_BYTES_IN_FLIGHT: whole(1024, 0x7fffffff)
    .default(128 << 20)
    .describe('Bytes of bodies worked on at once; more are shed with 503'),
  THINGLEDGER_MAX_EVENT_STREAMS: whole(0, 10_000)
    .default(100)
    .describe('Event streams open at once, and WebSockets'),
  THINGLEDGER_HEADERS_SECONDS: whole(1, 600).default(10).describe('Time a client has to send the headers'),
  THINGLEDGER_REQUEST_SECONDS: whole(1, 3600)
    .default(30)
    .describe('Time a client has to send a whole request'),
  THINGLEDGER_ANSWER_SECONDS: whole(1, 3600).default(90).describe('Time the gateway has to answer'),
  THINGLEDGER_DRAIN_SECONDS: whole(0, 3600)
    .default(30)
    .describe('Time requests in flight have to finish when the gateway stops'),
  THINGLEDGER_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { error: 'not a log level' })
    .default('info')
    .describe('`debug` logs each successful request too'),
});

/** The variables as the environment has them: all optional, all text. */
export type Env = { readonly [N in keyof z.input<typeof variables>]?: string | undefined };

/** The gateway's variables out of an environment; an empty one counts as not set. */
export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  const names = Object.keys(variables.shape);
  const set = names.map((name) => [name, source[name]] as const).filter(([, value]) => value);
  return Object.fromEntries<string | undefined>(set);
}
