// SPDX-License-Identifier: Apache-2.0
import {
  memberOf,
  Refusal,
  type Hop,
  type operations,
  type Output,
  type RefusalData,
  type TracedThing,
  type Verdict,
} from '@thingledger/protocol';

type Trace = Output<typeof operations.traceThing>;

/** One station of a thing: where it was handed over, as far as the public may know. */
export interface Station {
  /** When it happened, RFC 3339. */
  readonly at: string;
  readonly verdict: Verdict;
  readonly reason?: Pick<RefusalData, 'code' | 'detail'>;
  /** The members that gave and took; absent where no data shows that something of the station is open to the public. */
  readonly from?: string;
  readonly to?: string;
  /** What is open of its data. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** How many members of the data are not open. */
  readonly hidden?: number;
  /** Path of the copy of the data, to be checked against `dataHash` off-line. */
  readonly disclosure?: string;
  readonly dataHash?: string;
}

/** A thing with its stations and what happened to its identifier, oldest first. */
export interface PublicThing {
  readonly thing: string;
  readonly kind: string;
  readonly stations: readonly Station[];
  readonly changes: readonly { readonly at: string; readonly type: string }[];
}

/** What everybody may know of a thing (requirements T7, T9). Members are named, never people. */
export interface PublicTrace extends PublicThing {
  /**
   * intact: it goes back to its origins, and all data that could be looked at is what was announced; altered: some is
   * not, or is gone; unchecked: some could not be looked at now, or the origin is not on the ledger.
   */
  readonly verdict: 'intact' | 'altered' | 'unchecked';
  /** When the data was fetched and hashed, RFC 3339. */
  readonly checkedAt: string;
  /** What it was made of and its parts, nearest first. */
  readonly sources: readonly PublicThing[];
}

/**
 * A trace as the public may see it. Refuses with `TL-THING-UNKNOWN` a thing of which no station is open: that it exists
 * is then its members' own business.
 */
export function publicTraceOf(trace: Trace, checkedAt: string): PublicTrace {
  const own = publicThingOf(trace);
  const sources = trace.sources.map(publicThingOf);
  const stations = [own, ...sources].flatMap((thing) => thing.stations);
  if (stations.every(isClosed)) throw new Refusal('TL-THING-UNKNOWN', { thing: trace.thing.thing });
  return { ...own, verdict: verdictOn(stations, trace.reachesOrigin), checkedAt, sources };
}

const isClosed = ({ verdict }: Station): boolean => verdict === 'not-entitled';

function verdictOn(stations: readonly Station[], reachesOrigin: boolean): PublicTrace['verdict'] {
  if (stations.some(({ verdict }) => verdict === 'altered' || verdict === 'missing')) return 'altered';
  return reachesOrigin && stations.every(({ verdict }) => verdict !== 'unreachable') ? 'intact' : 'unchecked';
}

function publicThingOf({ thing: { thing, kind }, hops, changes }: TracedThing): PublicThing {
  return {
    thing,
    kind,
    stations: hops.map(stationOf).reverse(),
    changes: changes.map(({ eventTime, type }) => ({ at: eventTime, type })).reverse(),
  };
}

/** Members are named beside open data only: of what could not be looked at nobody knows whether it is open. */
function stationOf({ record: { record }, verdict, reason, data, hidden }: Hop): Station {
  const at = record.eventTime;
  if (verdict === 'not-entitled') return { at, verdict };
  const { from, to, recordId, dataHash } = record;
  return {
    at,
    verdict,
    ...(reason && { reason: { code: reason.code, detail: reason.detail } }),
    ...(data && {
      ...(from !== undefined && { from: memberOf(from) }),
      to: memberOf(to),
      data,
      hidden: hidden ?? 0,
      disclosure: `/disclosures/${recordId}`,
      dataHash,
    }),
  };
}
