// SPDX-License-Identifier: Apache-2.0
import {
  memberOf,
  operations,
  type CustodyChain,
  type DecidedRecord,
  type Hop,
  type Input,
  type Output,
  type TracedThing,
} from '@thingledger/protocol';
import PQueue from 'p-queue';
import { fault, type DataRequest, type DataSource, type Fetched } from '../information-server/index.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Asker, Principal } from '../principal.js';
import { verdictOf } from './verdict.js';

/** What a trace is made with. */
export interface TraceOptions {
  readonly reader: LedgerReader;
  readonly source: DataSource;
  /** Hops whose data is fetched at the same time. */
  readonly concurrency: number;
  /** For all hops together, in milliseconds; those not fetched by then are `unreachable`. */
  readonly timeoutMillis: number;
}

type TraceInput = Input<typeof operations.traceThing>;
type Trace = Output<typeof operations.traceThing>;
type Provenance = Output<typeof operations.getProvenance>;

/** What may be otherwise in a trace. */
export interface TraceSettings {
  /** Who gets to see the data; who asks the ledger unless said otherwise. */
  readonly asker?: Asker;
  /** The ledger’s answer to begin with, where it was asked before; then each hop has its disclosure, for the proof. */
  readonly provenance?: Provenance | undefined;
}

/** Fetches the data of a hop and judges it. */
type Judge = (record: DecidedRecord) => Promise<Hop>;

/** Where the data of a record lies, for who was led to it by the trace of a thing. */
export function requestFor({ record }: DecidedRecord, traced: string): DataRequest {
  const { informationServer: address, dataHash: hash, thing } = record;
  return {
    address,
    hash,
    // The member that served the data when the record was announced: that of the account that announced it.
    member: memberOf(record.from ?? record.to),
    ...(thing !== traced && { through: traced }),
  };
}

/**
 * Traces a thing back to its origin, and all that it was made of (requirement T6): the custody chains from the
 * ledger, then every hop's data, fetched afresh and re-hashed each time, because an answer kept from yesterday would
 * hide what was altered today.
 *
 * @param as who asks the ledger
 */
export async function traceThing(
  options: TraceOptions,
  input: TraceInput,
  as: Principal,
  { asker = as, provenance }: TraceSettings = {},
): Promise<Trace> {
  const { reader, concurrency, timeoutMillis } = options;
  const { chains, complete } = provenance ?? (await reader.evaluate(operations.getProvenance, input, as));
  const signal = AbortSignal.timeout(timeoutMillis);
  const queue = new PQueue({ concurrency });
  const hops = new Map<string, Promise<Hop>>();
  // Many sources may have lain in one container, whose data is fetched once.
  const judge: Judge = (record) => {
    const { recordId } = record.record;
    const hop =
      hops.get(recordId) ??
      queue.add(async () => {
        const fetched = await fetchHop(options, record, input.thing, asker, signal);
        return judged(record, fetched, provenance !== undefined);
      });
    hops.set(recordId, hop);
    return hop;
  };
  const [own, ...sources] = await Promise.all(chains.map((chain) => tracedOf(chain, judge)));
  if (!own) throw new RangeError('provenance begins with the thing that was asked for');
  const { holder, pending } = chains[0] ?? {};
  const reachesOrigin = complete && [own, ...sources].every(begins);
  return {
    ...own,
    ...(holder === undefined ? {} : { holder }),
    ...(pending ? { pending } : {}),
    sources,
    reachesOrigin,
    complete: reachesOrigin && [own, ...sources].every(isAsAnnounced),
  };
}

async function tracedOf({ thing, records, changes }: CustodyChain, judge: Judge): Promise<TracedThing> {
  return { thing, hops: await Promise.all(records.map(judge)), changes };
}

/** It begins with an origin or was made of what is traced beside it. */
function begins({ thing, hops }: TracedThing): boolean {
  const last = hops.at(-1)?.record.record;
  return thing.made !== undefined || (last !== undefined && last.from === undefined);
}

function isAsAnnounced({ hops }: TracedThing): boolean {
  return hops.every(({ verdict }) => verdict === 'ok');
}

async function fetchHop(
  { source }: TraceOptions,
  decided: DecidedRecord,
  traced: string,
  asker: Asker,
  signal: AbortSignal,
): Promise<Fetched> {
  const { informationServer: address } = decided.record;
  const isLate = (): boolean => signal.aborted;
  const late = (): Fetched => ({ ok: false, fault: fault('TL-VERIFY-SLOW', { address }) });
  if (isLate()) return late();
  try {
    return await source.fetch(requestFor(decided, traced), asker, signal);
  } catch (error) {
    if (isLate()) return late();
    throw error;
  }
}

function judged(record: DecidedRecord, fetched: Fetched, proving: boolean): Hop {
  if (!fetched.ok) return { record, verdict: verdictOf(fetched.fault.code), reason: fetched.fault };
  const { document, hidden, disclosure } = fetched;
  return { record, verdict: 'ok', data: document, hidden, ...(proving && { disclosure }) };
}
