// SPDX-License-Identifier: Apache-2.0
import { parseWith, Refusal } from '@thingledger/protocol';
import { parseEpcisQuery } from '@thingledger/protocol/epcis';
import { Router, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import { jsonAnswer, otherMethods, readJsonBody } from '../../http/index.js';
import type { EpcisStore, NamedQuery } from '../store.js';
import { queryDocument } from './events.js';
import { JSON_LD } from './negotiation.js';
import { asking, BASE, parametersOf, type EpcisParts } from './parts.js';
import { collectionOf } from './resources.js';

const MOST_QUERIES = 1000;
const BODY_BYTES = 64 * 1024;

const Value = z.union([z.string(), z.number(), z.boolean()]);
/** A query under a name, as it is posted. */
const Definition = z.strictObject({
  name: z.string().regex(/^[\w.~-]{1,100}$/, 'letters, digits and _ . ~ -, at most 100'),
  query: z.record(z.string().max(1000), z.union([Value, z.array(Value).max(1000)])),
});

/** `/queries`: queries that the member keeps under a name (EPCIS 2.0, section 12.8). */
export function queryRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { store, limits } = parts;
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
    await store.removeQuery((await named(store, request)).name);
    return jsonAnswer(204, undefined);
  });
  const events = asking(parts, async (request) => {
    const { name, parameters } = await named(store, request);
    return queryDocument(parts, request, `${parameters}&${parametersOf(request)}`, name);
  });
  router
    .route('/queries')
    .post(...define)
    .get(...list)
    .all(otherMethods(['get', 'post']));
  router
    .route('/queries/:name')
    .get(...show)
    .delete(...remove)
    .all(otherMethods(['get', 'delete']));
  router
    .route('/queries/:name/events')
    .get(...events)
    .all(otherMethods(['get']));
  router.all(['/queries/:name/subscriptions', '/queries/:name/subscriptions/:id'], noSubscriptions);
  return router;
}

const noSubscriptions: RequestHandler = () => {
  throw new Refusal('TL-EPCIS-NOT-IMPLEMENTED', {}, 'Queries are not subscribed to here');
};

async function named(store: EpcisStore, request: Request): Promise<NamedQuery> {
  const name = String(request.params['name']);
  const query = Definition.shape.name.safeParse(name).success ? await store.query(name) : undefined;
  if (!query) throw new Refusal('TL-EPCIS-QUERY-UNKNOWN', { name: name.slice(0, 100) });
  return query;
}

/** The members of a query as the parameters of an address. */
function parametersIn(query: z.infer<typeof Definition>['query']): string {
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
