// SPDX-License-Identifier: Apache-2.0
import {
  disclose,
  normaliseIdentifier,
  operations,
  Refusal,
  type Disclosure,
  type Output,
} from '@thingledger/protocol';
import { listQueue, type VerifierAgent } from './agents/verifier/index.js';
import type { LocalHandlers } from './http/handlers.js';
import {
  documentIn,
  fault,
  viewOf,
  type DataSource,
  type InformationServerClient,
  type LedgerDirectory,
} from './information-server/index.js';
import type { LedgerReader } from './ledger/reader.js';
import type { Asker, Principal } from './principal.js';
import { OwnVaultFirst, requestFor, traceThing, type TraceOptions } from './trace/index.js';
import { issueDeletionCertificate, saltedBytes, type Vault } from './vault/index.js';

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

/** What questions about data are answered from. */
export interface DataAnswerParts {
  /** The member’s own identity: reads the ledger for the public, signs deletion certificates. */
  readonly service: Principal;
  readonly reader: LedgerReader;
  /** Of the member’s own information server. */
  readonly address: string;
  readonly vault: Vault;
  readonly directory: LedgerDirectory;
  readonly client: InformationServerClient;
  /** Present where the member is a regulator. */
  readonly queue: VerifierAgent['queue'] | undefined;
}

/** For all hops of a trace, in milliseconds. */
const TRACE_TIMEOUT = 20_000;
/** Who scans a code waits no longer. */
const PUBLIC_TIMEOUT = 10_000;

/** The operations on traceability data, bound to a member’s vault, the servers of others, and the verifier’s queue. */
export function dataHandlers(parts: DataAnswerParts): DataHandlers {
  const { service, reader, address, vault, queue } = parts;
  const tracing = tracingOf(parts);
  const administers = (as: Principal): boolean => as.administrator && as.member === service.member;
  return {
    async storeTraceabilityData({ document }, as, { idempotencyKey }) {
      const thing = normaliseIdentifier(document.thing);
      const bytes = saltedBytes(document, () => vault.salts.salt(as.id, idempotencyKey));
      const hash = await vault.put(bytes, { kind: 'document', thing, owner: as.id });
      return { hash, size: bytes.length, informationServer: address };
    },
    getTraceabilityData: ({ hash }, as) => readOwn(parts, hash, as),
    async getDisclosure({ recordId, through }, as) {
      const decided = await reader.evaluate(operations.getMappingRecord, { recordId }, as);
      const fetched = await tracing.source.fetch(requestFor(decided, through ?? decided.record.thing), as);
      if (fetched.ok) return fetched.disclosure;
      const { code, fields, detail } = fetched.fault;
      throw new Refusal(code, fields, detail);
    },
    async deleteTraceabilityData({ hash, reason }, as) {
      // What was altered can not say whose it is: then only an administrator deletes it.
      if (!administers(as) && (await vault.get(hash)).facts.owner !== as.id) {
        throw new Refusal('TL-DATA-NOT-ENTITLED', { hash });
      }
      const deletedAt = new Date().toISOString();
      const facts = { hash, member: service.member, deletedBy: as.id, deletedAt, reason };
      return vault.delete(hash, () => issueDeletionCertificate(facts, service.identity));
    },
    traceThing: (input, as, { basis }) =>
      traceThing(tracing, input, as, {
        provenance: basis as Output<typeof operations.getProvenance> | undefined,
      }),
    async listVerificationQueue({ limit }, as) {
      return queue ? listQueue(queue, reader, limit, as) : { entries: [] };
    },
  };
}

/** What everybody may ask, bound to the same; the ledger is asked by the member itself. */
export function publicServices(parts: DataAnswerParts): PublicServices {
  const { service, reader, directory } = parts;
  const tracing = tracingOf(parts);
  /** Where the matrix gives the public nothing, nobody’s server is asked: that it is silent would tell of it. */
  const source: DataSource = {
    async fetch(request, asker, signal) {
      const { rows } = await directory.access();
      if (rows.some(({ who }) => who === 'public')) return tracing.source.fetch(request, asker, signal);
      return { ok: false, fault: fault('TL-VERIFY-REFUSED') };
    },
  };
  const open = { ...tracing, source, timeoutMillis: PUBLIC_TIMEOUT };
  return {
    trace: (thing) => traceThing(open, { thing }, service, { asker: 'public' }),
    async disclosure(recordId) {
      const decided = await reader.evaluate(operations.getMappingRecord, { recordId }, service);
      if (decided.status !== 'accepted') throw new Refusal('TL-RECORD-UNKNOWN', { recordId });
      const fetched = await source.fetch(requestFor(decided, decided.record.thing), 'public');
      if (fetched.ok) return fetched.disclosure;
      const { code } = fetched.fault;
      throw code === 'TL-VERIFY-REFUSED' ? new Refusal('TL-RECORD-UNKNOWN', { recordId }) : new Refusal(code);
    },
  };
}

function tracingOf(parts: DataAnswerParts): TraceOptions {
  const { reader, address, client } = parts;
  const own = (hash: string, as: Asker, through?: string): Promise<Disclosure> =>
    readOwn(parts, hash, as, through);
  const source = new OwnVaultFirst(address, own, client);
  return { reader, source, concurrency: 8, timeoutMillis: TRACE_TIMEOUT };
}

/** What somebody may see of a document in the own vault. Refuses with `TL-DATA-UNKNOWN` and `TL-DATA-NOT-ENTITLED`. */
async function readOwn(
  { service, vault, directory }: DataAnswerParts,
  hash: string,
  as: Asker,
  through?: string,
): Promise<Disclosure> {
  const object = await vault.get(hash);
  // A captured event lies in the same vault; it is asked for as such.
  if (object.facts.kind !== 'document') throw new Refusal('TL-DATA-UNKNOWN', { hash });
  // Administrators are no participants on the ledger; of their own member they see what their deputies see.
  if (as !== 'public' && as.administrator && as.member === service.member)
    return disclose(documentIn(object), 'all');
  const viewer = as === 'public' ? as : await directory.requireCaller(as.id, 'participant');
  return viewOf(viewer, object, through, directory);
}
