// SPDX-License-Identifier: Apache-2.0
import { parseWith, Refusal } from '@thingledger/protocol';
import { parseEpcisQuery } from '@thingledger/protocol/epcis';
import { Router, type RequestHandler } from 'express';
import { jsonAnswer, localsOf, otherMethods, readJsonBody, upgradeOf } from '../../http/index.js';
import type { NamedQuery } from '../store.js';
import { controlsIn } from '../subscriptions/index.js';
import { queryDocument } from './events.js';
import { Definition } from './definition.js';
import { named } from './named.js';
import { JSON_LD } from './negotiation.js';
import { answering, asking, BASE, parametersOf, staffOnly, type EpcisParts } from './parts.js';
import { collectionOf } from './resources.js';

const MOST_QUERIES = 1000;
const BODY_BYTES = 64 * 1024;

/** `/queries`: queries that the member keeps under a name, and WebSockets that follow them (EPCIS 2.0, section 12.8). */
export function queryRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { store, limits, subscriptions, sockets } = parts;
  const define = asking(
    parts,
    async (request, as) => {
      const body = await readJsonBody(request, { bytes: BODY_BYTES, depth: limits.depth }, JSON_LD);
      const { name, query } = parseWith(Definition, body);
      const parameters = parametersIn(query);
      const { nextPageToken } = parseEpcisQuery(parameters);
      if (nextPageToken !== undefined)
        throw new Refusal('TL-EPCIS-QUERY-PARAMETER', {
          parameter: 'nextPageToken',
          problem: 'not under a name',
        });
      if (await store.query(name)) throw new Refusal('TL-EPCIS-QUERY-EXISTS', { name });
      if ((await store.queries()).length >= MOST_QUERIES)
        throw new Refusal('TL-OVERLOADED', { limit: MOST_QUERIES }, 'Too many queries have a name');
      const named = { name, query, parameters, by: as.id, createdAt: new Date().toISOString() };
      await store.addQuery(named);
      return jsonAnswer(201, viewOf(named), { Location: `${BASE}/queries/${name}` });
    },
    BODY_BYTES,
  );
  const list = asking(parts, async () => jsonAnswer(200, collectionOf((await store.queries()).map(viewOf))));
  const show = asking(parts, async (request) => jsonAnswer(200, viewOf(await named(store, request))));
  const remove = asking(parts, async (request) => {
    const { name } = await named(store, request);
    await subscriptions.removeQuery(name);
    sockets.endAll(name);
    return jsonAnswer(204, undefined);
  });
  const events = answering(parts, async (request) => {
    const { name, parameters } = await named(store, request);
    return queryDocument(parts, request, `${parameters}&${parametersOf(request)}`, name);
  });
  const follow: RequestHandler = async (request, response, next) => {
    const upgrade = upgradeOf(request);
    if (!upgrade) {
      next();
      return;
    }
    const query = await named(store, request);
    sockets.accept(request, upgrade, query, controlsIn(parametersOf(request)), localsOf(response).principal);
  };
  router
    .route('/queries')
    .post(...define)
    .get(...list)
    .all(otherMethods(['get', 'post']));
  router
    .route('/queries/:queryName')
    .get(...show)
    .delete(...remove)
    .all(otherMethods(['get', 'delete']));
  router
    .route('/queries/:queryName/events')
    .get(...staffOnly(parts), follow, events)
    .all(otherMethods(['get']));
  return router;
}

/** The members of a query as the parameters of an address. */
function parametersIn(query: Definition['query']): string {
  return Object.entries(query)
    .map(([name, value]) => {
      const values = [value].flat().map((each) => encodeURIComponent(each));
      return `${encodeURIComponent(name)}=${values.join(',')}`;
    })
    .join('&');
}

const viewOf = ({
  name,
  query,
  createdAt,
}: NamedQuery): Pick<NamedQuery, 'name' | 'query' | 'createdAt'> => ({
  name,
  query,
  createdAt,
});
