// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { BIZ_STEP, DISPOSITION, parseEpcisQuery, wordOf, type Vocabulary } from '@thingledger/protocol/epcis';
import { Router } from 'express';
import { jsonAnswer, otherMethods } from '../../http/index.js';
import { canonicalOr, epcsOf } from '../documents.js';
import type { IndexedEvent } from '../own-events.js';
import { CONTEXT } from '../query-document.js';
import { queryDocument } from './events.js';
import { asking, linkToNext, parametersOf, type EpcisParts } from './parts.js';

interface Resource {
  /** The query parameter that its names are values of. */
  readonly parameter: string;
  readonly valuesOf: (event: IndexedEvent) => readonly string[];
}

const word = (vocabulary: Vocabulary, text: string | undefined): string[] =>
  text === undefined ? [] : [wordOf(vocabulary, text.trim()) ?? text.trim()];
const place = (location: { readonly id: string } | undefined): string[] =>
  location ? [canonicalOr(location.id.trim())] : [];

/** The top-level resources of EPCIS 2.0, section 12.5. */
export const RESOURCES: Readonly<Record<string, Resource>> = {
  eventTypes: { parameter: 'eventType', valuesOf: ({ event }) => [event.type] },
  epcs: { parameter: 'MATCH_anyEPC', valuesOf: ({ event }) => epcsOf(event) },
  bizSteps: { parameter: 'EQ_bizStep', valuesOf: ({ event }) => word(BIZ_STEP, event.bizStep) },
  bizLocations: { parameter: 'EQ_bizLocation', valuesOf: ({ event }) => place(event.bizLocation) },
  readPoints: { parameter: 'EQ_readPoint', valuesOf: ({ event }) => place(event.readPoint) },
  dispositions: {
    parameter: 'EQ_disposition',
    valuesOf: ({ event }) => word(DISPOSITION, event.disposition),
  },
};

const PER_PAGE = 100;
const MOST_PER_PAGE = 1000;

/** `/{resource}`, `/{resource}/{name}` and `/{resource}/{name}/events`, of what the member's own events say. */
export function resourceRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { own } = parts;
  for (const [path, { parameter, valuesOf }] of Object.entries(RESOURCES)) {
    const list = asking(parts, async (request) => {
      const { conditions, perPage = PER_PAGE, nextPageToken } = parseEpcisQuery(parametersOf(request));
      if (conditions.length > 0)
        throw new Refusal('TL-EPCIS-QUERY-PARAMETER', {
          parameter: '',
          problem: 'perPage and nextPageToken only',
        });
      const size = Math.min(perPage, MOST_PER_PAGE);
      const rest = (await own.distinct(valuesOf)).filter(
        (name) => nextPageToken === undefined || name > nextPageToken,
      );
      const member = rest.slice(0, size);
      // The token is the last name itself: a page says nothing that the list does not.
      const next = rest.length > size ? member.at(-1) : undefined;
      return jsonAnswer(200, collectionOf(member), linkToNext(request, next));
    });
    const parametersFor = async (name: string): Promise<string> => {
      const parameters = `${parameter}=${encodeURIComponent(name)}`;
      const [known] = await own.select(parseEpcisQuery(parameters), 1);
      if (!known) throw new Refusal('TL-EPCIS-RESOURCE-UNKNOWN', { [path]: name.slice(0, 200) });
      return parameters;
    };
    const one = asking(parts, async (request) => {
      await parametersFor(String(request.params['name']));
      return jsonAnswer(200, collectionOf(['events']));
    });
    const events = asking(parts, async (request) => {
      const parameters = await parametersFor(String(request.params['name']));
      return queryDocument(parts, request, `${parameters}&${parametersOf(request)}`);
    });
    router
      .route(`/${path}`)
      .get(...list)
      .all(otherMethods(['get']));
    router
      .route(`/${path}/:name`)
      .get(...one)
      .all(otherMethods(['get']));
    router
      .route(`/${path}/:name/events`)
      .get(...events)
      .all(otherMethods(['get']));
  }
  return router;
}

/** A list of names as EPCIS gives it. */
export function collectionOf(member: readonly unknown[]): Readonly<Record<string, unknown>> {
  return { '@context': [CONTEXT], type: 'Collection', member };
}
