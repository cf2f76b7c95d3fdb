// SPDX-License-Identifier: Apache-2.0
import {
  memberOf,
  operations,
  type DecidedRecord,
  type Hop,
  type Input,
  type Output,
} from '@thingledger/protocol';
import PQueue from 'p-queue';
import { fault, type DataSource, type Fetched } from '../information-server/index.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';
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

/** The member that served the data when the record was announced: that of the account that announced it. */
const announcerMember = ({ record }: DecidedRecord): string => memberOf(record.from ?? record.to);

/**
 * Traces a thing back to its origin (requirement T6): the custody chain from the ledger, then every hop's data, fetched
 * afresh and re-hashed each time, because an answer kept from yesterday would hide what was altered today.
 */
export async function traceThing(options: TraceOptions, input: TraceInput, as: Principal): Promise<Trace> {
  const chain = await options.reader.evaluate(operations.getCustodyChain, input, as);
  const signal = AbortSignal.timeout(options.timeoutMillis);
  const queue = new PQueue({ concurrency: options.concurrency });
  const hops = await Promise.all(
    chain.records.map((record) =>
      queue.add(async () => judge(record, await fetchHop(options, record, as, signal))),
    ),
  );
  const last = chain.records.at(-1);
  const { records: _, ...rest } = chain;
  return {
    ...rest,
    hops,
    complete:
      last !== undefined && last.record.from === undefined && hops.every(({ verdict }) => verdict === 'ok'),
  };
}

async function fetchHop(
  { source }: TraceOptions,
  decided: DecidedRecord,
  as: Principal,
  signal: AbortSignal,
): Promise<Fetched> {
  const { informationServer: address, dataHash: hash } = decided.record;
  const isLate = (): boolean => signal.aborted;
  const late = (): Fetched => ({ ok: false, fault: fault('TL-VERIFY-SLOW', { address }) });
  if (isLate()) return late();
  try {
    return await source.fetch({ address, hash, member: announcerMember(decided) }, as, signal);
  } catch (error) {
    if (isLate()) return late();
    throw error;
  }
}

function judge(record: DecidedRecord, fetched: Fetched): Hop {
  return fetched.ok
    ? { record, verdict: 'ok', data: fetched.document }
    : { record, verdict: verdictOf(fetched.fault.code), reason: fetched.fault };
}
