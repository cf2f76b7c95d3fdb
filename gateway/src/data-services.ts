// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  disclose,
  normaliseIdentifier,
  operations,
  Refusal,
  type Disclosure,
  type Output,
} from '@thingledger/protocol';
import type { Logger } from 'pino';
import { listQueue, VerifierAgent, type VerifierOptions } from './agents/verifier/index.js';
import type { LocalHandlers } from './http/handlers.js';
import {
  documentIn,
  fault,
  InformationServerClient,
  LedgerDirectory,
  startInformationServer,
  viewOf,
  type DataSource,
  type FetchOptions,
  type RunningServer,
  type ServerOptions,
} from './information-server/index.js';
import type { LedgerReader } from './ledger/reader.js';
import type { Asker, Principal } from './principal.js';
import { OwnVaultFirst, requestFor, traceThing } from './trace/index.js';
import { issueDeletionCertificate, saltedBytes, Vault } from './vault/index.js';

/** What a member's data services are made of. */
export interface DataServicesOptions {
  /** The gateway's data folder; the vault and the agent's queue lie in it. */
  readonly dir: string;
  /** The member's own identity (its administrator): reads the ledger for the server, signs deletion certificates. */
  readonly service: Principal;
  readonly reader: LedgerReader;
  /** `port` 0 takes a free one. */
  readonly informationServer: Pick<
    ServerOptions,
    'address' | 'host' | 'port' | 'certificatePem' | 'privateKeyPem' | 'limits'
  >;
  /** How others' information servers are fetched from. */
  readonly fetch: Pick<FetchOptions, 'allowPrivateAddresses' | 'resolver'> & Partial<FetchOptions>;
  /** Present where the member is a regulator. */
  readonly verifier?: Pick<VerifierOptions, 'as' | 'channel' | 'chaincode' | 'ledger' | 'writer'> &
    Partial<Pick<VerifierOptions, 'patience' | 'concurrency' | 'votesInFlight'>>;
  readonly log: Logger;
  /** Largest document stored, in bytes. */
  readonly maxDocumentBytes?: number;
}

/** The local operations that these services answer. */
export type DataHandlers = Pick<
  LocalHandlers,
  | 'storeTraceabilityData'
  | 'getTraceabilityData'
  | 'getDisclosure'
  | 'deleteTraceabilityData'
  | 'traceThing'
  | 'listVerificationQueue'
>;

/** What the gateway shows to everybody, whoever they are (requirement T7). */
export interface PublicServices {
  /** {@link traceThing} with what the access matrix gives to the public. */
  trace(thing: string): Promise<Output<typeof operations.traceThing>>;
  /**
   * What the public may see of the data of an accepted record. Refuses with `TL-RECORD-UNKNOWN` when that is nothing, and
   * else as `getDisclosure` does, without a word on where the data lies.
   */
  disclosure(recordId: string): Promise<Disclosure>;
}

/** A member's vault, information server, tracing and, for regulators, verifier agent: running. */
export interface DataServices {
  readonly handlers: DataHandlers;
  readonly forPublic: PublicServices;
  readonly vault: Vault;
  readonly informationServer: RunningServer;
  readonly verifier?: VerifierAgent;
  /** Stops in an order that loses nothing: the agent's votes first, then the server. */
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
/** Salts, pointers and digests of the most members that a document may have. */
const DISCLOSURE_EXTRA = MEBIBYTE;
const FETCH_TIMEOUT = 10_000;
const TRACE_TIMEOUT = 20_000;
/** Who scans a code waits no longer. */
const PUBLIC_TIMEOUT = 10_000;

/** Opens the vault, starts the information server, and the verifier agent where there is one. */
export async function createDataServices(options: DataServicesOptions): Promise<DataServices> {
  const { dir, service, reader, log, maxDocumentBytes = MEBIBYTE } = options;
  const vault = await Vault.open({ dir: join(dir, 'vault'), maxBytes: maxDocumentBytes });
  const directory = new LedgerDirectory(reader, service);
  const client = new InformationServerClient(directory, {
    timeoutMillis: FETCH_TIMEOUT,
    maxBytes: MEBIBYTE + DISCLOSURE_EXTRA,
    ...options.fetch,
  });
  const informationServer = await startInformationServer({
    ...options.informationServer,
    member: service.member,
    vault,
    directory,
    onError: (error) => log.error({ err: error }, 'the information server failed'),
  });
  const stop = async (): Promise<void> => {
    await informationServer.close();
    client.close();
  };
  let verifier: VerifierAgent | undefined;
  try {
    verifier =
      options.verifier &&
      (await VerifierAgent.start({
        ...options.verifier,
        dir: join(dir, 'verifier'),
        reader,
        log,
        source: client,
        // Its own: what it asks afresh, it does not make others ask afresh.
        directory: new LedgerDirectory(reader, service),
      }));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...dataAnswers({ ...options, vault, directory, client, verifier }),
    vault,
    informationServer,
    ...(verifier && { verifier }),
    async close() {
      await verifier?.close();
      await stop();
    },
  };
}

interface Parts extends Pick<DataServicesOptions, 'service' | 'reader' | 'informationServer'> {
  readonly vault: Vault;
  readonly directory: LedgerDirectory;
  readonly client: InformationServerClient;
  readonly verifier: VerifierAgent | undefined;
}

function dataAnswers({
  service,
  reader,
  informationServer,
  vault,
  directory,
  client,
  verifier,
}: Parts): Pick<DataServices, 'handlers' | 'forPublic'> {
  const readOwn = async (hash: string, as: Asker, through?: string): Promise<Disclosure> => {
    const object = await vault.get(hash);
    // A captured event lies in the same vault; it is asked for as such.
    if (object.facts.kind !== 'document') throw new Refusal('TL-DATA-UNKNOWN', { hash });
    // Administrators are no participants on the ledger; of their own member they see what their deputies see.
    if (as !== 'public' && as.administrator && as.member === service.member)
      return disclose(documentIn(object), 'all');
    const viewer = as === 'public' ? as : await directory.requireCaller(as.id, 'participant');
    return viewOf(viewer, object, through, directory);
  };
  const source = new OwnVaultFirst(informationServer.address, readOwn, client);

  const tracing = { reader, source, concurrency: 8, timeoutMillis: TRACE_TIMEOUT };
  const handlers: DataHandlers = {
    async storeTraceabilityData({ document }, as, { idempotencyKey }) {
      const thing = normaliseIdentifier(document.thing);
      const bytes = saltedBytes(document, () => vault.salts.salt(as.id, idempotencyKey));
      const hash = await vault.put(bytes, { kind: 'document', thing, owner: as.id });
      return { hash, size: bytes.length, informationServer: informationServer.address };
    },
    getTraceabilityData: ({ hash }, as) => readOwn(hash, as),
    async getDisclosure({ recordId, through }, as) {
      const decided = await reader.evaluate(operations.getMappingRecord, { recordId }, as);
      const fetched = await source.fetch(requestFor(decided, through ?? decided.record.thing), as);
      if (fetched.ok) return fetched.disclosure;
      const { code, fields, detail } = fetched.fault;
      throw new Refusal(code, fields, detail);
    },
    async deleteTraceabilityData({ hash, reason }, as) {
      const administers = as.administrator && as.member === service.member;
      // What was altered can not say whose it is: then only an administrator deletes it.
      if (!administers && (await vault.get(hash)).facts.owner !== as.id) {
        throw new Refusal('TL-DATA-NOT-ENTITLED', { hash });
      }
      const facts = {
        hash,
        member: service.member,
        deletedBy: as.id,
        deletedAt: new Date().toISOString(),
        reason,
      };
      return vault.delete(hash, () => issueDeletionCertificate(facts, service.identity));
    },
    traceThing: (input, as, { basis }) =>
      traceThing(tracing, input, as, {
        provenance: basis as Output<typeof operations.getProvenance> | undefined,
      }),
    async listVerificationQueue({ limit }, as) {
      return verifier ? listQueue(verifier.queue, reader, limit, as) : { entries: [] };
    },
  };
  /** Where the matrix gives the public nothing, nobody’s server is asked: that it is silent would tell of it. */
  const openSource: DataSource = {
    async fetch(request, asker, signal) {
      const { rows } = await directory.access();
      if (rows.some(({ who }) => who === 'public')) return source.fetch(request, asker, signal);
      return { ok: false, fault: fault('TL-VERIFY-REFUSED') };
    },
  };
  const forPublic: PublicServices = {
    trace: (thing) =>
      traceThing({ ...tracing, source: openSource, timeoutMillis: PUBLIC_TIMEOUT }, { thing }, service, {
        asker: 'public',
      }),
    async disclosure(recordId) {
      const decided = await reader.evaluate(operations.getMappingRecord, { recordId }, service);
      if (decided.status !== 'accepted') throw new Refusal('TL-RECORD-UNKNOWN', { recordId });
      const fetched = await openSource.fetch(requestFor(decided, decided.record.thing), 'public');
      if (fetched.ok) return fetched.disclosure;
      const { code } = fetched.fault;
      throw code === 'TL-VERIFY-REFUSED' ? new Refusal('TL-RECORD-UNKNOWN', { recordId }) : new Refusal(code);
    },
  };
  return { handlers, forPublic };
}
