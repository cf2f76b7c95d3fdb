// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { parseEpcisQuery, type EpcisQuery } from '@thingledger/protocol/epcis';
import type { BareEvent } from './documents.js';
import type { OwnEvents } from './own-events.js';
import { keyOf } from './store.js';
import { pageOf, pageToken, type NextPage } from './pages.js';

/** A page of a query's answer. */
export interface Page {
  readonly events: readonly BareEvent[];
  /** Present when there is more. */
  readonly nextPageToken?: string;
}

const PER_PAGE = 30;
const MOST_PER_PAGE = 1000;

/**
 * Answers a query over the member's own events (EPCIS 2.0, section 8.2.7), its parameters in the form of a request's
 * address. Refuses with `TL-EPCIS-QUERY-PARAMETER`, `TL-EPCIS-QUERY-TOO-LARGE`, `TL-EPCIS-QUERY-TOO-COMPLEX`.
 */
export async function answerQuery(own: OwnEvents, pageKey: Uint8Array, parameters: string): Promise<Page> {
  const query = parseEpcisQuery(parameters);
  const { nextPageToken, perPage = PER_PAGE, eventCountLimit = Infinity } = query;
  const asked = queryNameOf(query);
  const begin: NextPage | undefined =
    nextPageToken === undefined ? undefined : pageOf(pageKey, asked, nextPageToken);
  // With more events than this there is no answer; a next page was given because there were not.
  const most = begin ? 0 : (query.maxEventCount ?? 0);
  const given = begin?.given ?? 0;
  const size = Math.min(perPage, MOST_PER_PAGE, eventCountLimit - given);
  const found = await own.select(query, Math.max(size, most) + 1, begin);
  if (most > 0 && found.length > most) throw new Refusal('TL-EPCIS-QUERY-TOO-LARGE', { maxEventCount: most });
  const page = found.slice(0, size);
  const events = (await Promise.all(page.map((event) => own.answer(event)))).filter(
    (event) => event !== undefined,
  );
  const last = page.at(-1);
  const total = given + page.length;
  if (!last || found.length <= size || total >= eventCountLimit) return { events };
  const next = { time: last.times[query.orderBy], key: keyOf(last), given: total };
  return { events, nextPageToken: pageToken(pageKey, asked, next) };
}

/** What a query asks, without the page it is at and its size. */
function queryNameOf(query: EpcisQuery): string {
  return JSON.stringify({ ...query, nextPageToken: undefined, perPage: undefined });
}
