// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Refusal,
  type getCapturedEvent,
  type getThing,
  type Input,
  type Operation,
  type Role,
} from '@thingledger/protocol';
import { Router } from 'express';
import type { GatewayConfig, Limits } from '../../config/config.js';
import {
  Admission,
  createApp,
  createLogger,
  guards,
  listen,
  Metrics,
  type EpcisNumbers,
} from '../../http/index.js';
import type { LedgerReader } from '../../ledger/index.js';
import type { Principal } from '../../principal.js';
import { Vault } from '../../vault/index.js';
import { openEpcis } from '../epcis.js';
import type { SocketParts, WebhookOptions } from '../subscriptions/index.js';
import type { ScriptedCustody } from './scripted-custody.js';
import type { ScriptedWriter } from './scripted-writer.js';

const LIMITS: Limits = {
  bodyBytes: 1 << 20,
  bulkBodyBytes: 2 << 20,
  bulkItems: 1000,
  depth: 32,
  rate: 100_000,
  publicRate: 1000,
  rateWindowSeconds: 10,
  authFailures: 300,
  inFlight: 100,
  bytesInFlight: 64 << 20,
  eventStreams: 1,
  headersSeconds: 10,
  requestSeconds: 30,
  answerSeconds: 20,
  drainSeconds: 5,
};
const ROLES: Readonly<Record<string, readonly Role[]>> = {
  'farm@maker': ['accounting'],
  'processor@maker': ['accounting'],
  'watcher@maker': ['auditor'],
  'thermometer@maker': ['device'],
  'leaver@maker': ['accounting'],
};
/** Whose key is in the wallet no longer at a next start. */
const GONE = 'leaver@maker';

const principal = (id: string): Principal => ({
  id,
  member: 'maker',
  administrator: false,
  identity: { mspId: 'maker', certificatePem: '', privateKeyPem: '' },
});

/** The ledger's answer to who somebody is, and to where things and events stand. */
const readerOf = (suspended: ReadonlySet<string>, custody: ScriptedCustody): LedgerReader =>
  ({
    async evaluate({ name }: Operation, input: unknown, { id }: Principal) {
      await Promise.resolve();
      if (name === 'getThing') return custody.thing(input as Input<typeof getThing>);
      if (name === 'getCapturedEvent') return custody.event(input as Input<typeof getCapturedEvent>);
      const roles = ROLES[id];
      if (!roles) throw new Refusal('TL-CALLER-UNKNOWN', { caller: id });
      if (suspended.has(id)) throw new Refusal('TL-CALLER-SUSPENDED', { caller: id });
      return { participant: id, roles };
    },
  }) as unknown as LedgerReader;

/** A member's EPCIS interface over HTTP, with a vault and a store of its own, and a scripted ledger. */
export interface EpcisMember {
  readonly dir: string;
  readonly vault: Vault;
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** Whom the ledger refuses for now. */
  readonly suspended: Set<string>;
  /** How subscriptions fare, as metrics have it. */
  stats(): EpcisNumbers;
  /** Sends a request as `farm@maker`, or as whom `as` names. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Leaves everything as it is but the port, for a test that took a copy of what a killed process leaves. */
  abandon(): Promise<void>;
  /** Stops as a gateway does. */
  close(): Promise<void>;
  /** Takes the folder away, after {@link close}. */
  remove(): Promise<void>;
}

/** A captured event in an answer. */
export type EventBody = Readonly<Record<string, unknown>> & { readonly eventID: string };

/** The members of all answers' JSON; a test looks at those of the answer that it asked for. */
export interface Body {
  readonly captureID: string;
  readonly running: boolean;
  readonly captured: readonly {
    readonly event: number;
    readonly eventHash: string;
    readonly recordId: string;
  }[];
  readonly handedOver?: readonly {
    readonly event: number;
    readonly thing?: string;
    readonly recordId?: string;
    readonly problem?: { readonly code: string };
  }[];
  readonly errors: readonly { readonly code: string; readonly fields: Readonly<Record<string, unknown>> }[];
  readonly member: readonly string[];
  readonly epcisBody: {
    readonly queryResults: {
      readonly queryName: string;
      readonly resultsBody: { readonly eventList: readonly EventBody[] };
    };
  };
}

/** An answer, its JSON read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The events in the answer to a query. */
export const listed = ({ body }: Reply): readonly EventBody[] =>
  body.epcisBody.queryResults.resultsBody.eventList;

/** The path, below `/epcis`, of an answer's next page; empty when there is none. */
export const nextOf = ({ headers }: Reply): string =>
  /^<\/epcis(.*)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1] ?? '';

/** Opens a member on a folder, which is a new one unless `dir` names it. */
export async function openMember(
  writer: ScriptedWriter,
  over: {
    readonly dir?: string;
    readonly limits?: Partial<Limits>;
    readonly queryMs?: number;
    readonly webhooks?: Partial<WebhookOptions>;
    readonly patience?: NonNullable<SocketParts['patience']>;
    readonly pauses?: { readonly first: number; readonly most: number };
  } = {},
): Promise<EpcisMember> {
  const dir = over.dir ?? (await mkdtemp(join(tmpdir(), 'thingledger-epcis-')));
  const limits = { ...LIMITS, ...over.limits };
  const suspended = new Set<string>();
  const reader = readerOf(suspended, writer.custody);
  const logger = createLogger('maker', 'silent');
  const vault = await Vault.open({ dir: join(dir, 'vault'), maxBytes: 512 * 1024 });
  const epcis = await openEpcis({
    dir: join(dir, 'epcis'),
    vault,
    writer,
    informationServer: 'https://localhost:7443',
    principalOf: async (id) => Promise.resolve(ROLES[id] && id !== GONE ? principal(id) : undefined),
    reader,
    locationOf: (identifier) => writer.custody.locationOf(identifier),
    webhooks: { allowPrivateAddresses: true, timeoutMillis: 500, ...over.webhooks },
    log: logger,
    pauses: over.pauses ?? { first: 5, most: 20 },
    ...(over.queryMs !== undefined && { queryMs: over.queryMs }),
  });
  const sources = {
    admission: () => ({ requests: 0, bytes: 0, shed: 0 }),
    eventStreams: () => 0,
    writer: () => ({}),
  };
  const metrics = new Metrics('maker', sources, false);
  const doors = guards({
    authenticate: async (request) => {
      await Promise.resolve();
      const id = request.headers['x-api-key'];
      if (typeof id !== 'string') throw new Refusal('TL-AUTH-MISSING');
      return principal(id);
    },
    admission: new Admission({ requests: limits.inFlight, bytes: limits.bytesInFlight }),
    limits,
    metrics,
    draining: () => false,
  });
  const stopping = new AbortController();
  const app = createApp({
    logger,
    metrics,
    corsOrigins: [],
    tls: false,
    service: Router(),
    events: [],
    operations: Router(),
    epcis: epcis.routes({
      guards: doors,
      limits,
      origins: ['https://app.example.com'],
      stopping: stopping.signal,
      ...(over.patience && { patience: over.patience }),
    }),
    resolver: (_request, _response, next) => next(),
  });
  const server = await listen(app, { http: { host: '127.0.0.1', port: 0 }, limits } as GatewayConfig);
  await epcis.resume();
  return {
    dir,
    vault,
    url: server.url,
    suspended,
    stats: () => epcis.stats(),
    async send(method, path, body, headers = {}) {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(`${server.url}/epcis${path}`, {
        method,
        headers: { 'X-API-Key': 'farm@maker', 'Content-Type': 'application/json', ...headers },
        ...(text !== undefined && { body: text }),
      });
      const answer = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (answer === '' ? {} : JSON.parse(answer)) as Body,
      };
    },
    abandon: () => server.drain(0),
    async close() {
      stopping.abort();
      await epcis.stop();
      await server.drain(1);
      await epcis.close();
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** The job behind a `Location`, once it is finished. */
export async function finishedJob(
  member: EpcisMember,
  location: string | null,
  headers: Record<string, string> = {},
): Promise<Body> {
  const path = (location ?? '').replace('/epcis', '');
  for (let tries = 0; tries < 1000; tries++) {
    const { body } = await member.send('GET', path, undefined, headers);
    if (!body.running) return body;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the job did not finish in time');
}
