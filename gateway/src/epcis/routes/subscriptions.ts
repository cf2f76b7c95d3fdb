// SPDX-License-Identifier: Apache-2.0
import { parseWith, Refusal } from '@thingledger/protocol';
import { parseEpcisQuery } from '@thingledger/protocol/epcis';
import { Router, type Request } from 'express';
import { jsonAnswer, otherMethods, readJsonBody } from '../../http/index.js';
import { SubscriptionRequest, viewOf } from '../subscriptions/index.js';
import { JSON_LD } from './negotiation.js';
import { named } from './named.js';
import { asking, BASE, linkToNext, parametersOf, type EpcisParts } from './parts.js';

const BODY_BYTES = 16 * 1024;
const PER_PAGE = 30;
const MOST_PER_PAGE = 1000;

/** `/queries/{queryName}/subscriptions`: webhooks that get what a query finds (EPCIS 2.0, section 12.8). */
export function subscriptionRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { store, limits, subscriptions } = parts;
  const subscribe = asking(
    parts,
    async (request, as) => {
      const query = await named(store, request);
      const body = await readJsonBody(request, { bytes: BODY_BYTES, depth: limits.depth }, JSON_LD);
      const made = await subscriptions.add(query, parseWith(SubscriptionRequest, body), as);
      return jsonAnswer(201, viewOf(made), {
        Location: `${BASE}/queries/${query.name}/subscriptions/${made.id}`,
      });
    },
    BODY_BYTES,
  );
  const list = asking(parts, async (request) => {
    const { name } = await named(store, request);
    const { conditions, perPage = PER_PAGE, nextPageToken = '' } = parseEpcisQuery(parametersOf(request));
    if (conditions.length > 0)
      throw new Refusal('TL-EPCIS-QUERY-PARAMETER', {
        parameter: '',
        problem: 'subscriptions take perPage and nextPageToken',
      });
    const size = Math.min(perPage, MOST_PER_PAGE);
    const rest = subscriptions.of(name).filter(({ id }) => id > nextPageToken);
    const page = rest.slice(0, size);
    const next = rest.length > size ? page.at(-1)?.id : undefined;
    return jsonAnswer(200, page.map(viewOf), linkToNext(request, next));
  });
  const show = asking(parts, async (request) => {
    const { name } = await named(store, request);
    return jsonAnswer(200, viewOf(subscriptions.get(name, idIn(request))));
  });
  const remove = asking(parts, async (request) => {
    const { name } = await named(store, request);
    await subscriptions.remove(name, idIn(request));
    return jsonAnswer(204, undefined);
  });
  router
    .route('/queries/:queryName/subscriptions')
    .post(...subscribe)
    .get(...list)
    .all(otherMethods(['get', 'post']));
  router
    .route('/queries/:queryName/subscriptions/:subscriptionID')
    .get(...show)
    .delete(...remove)
    .all(otherMethods(['get', 'delete']));
  return router;
}

const idIn = (request: Request): string => String(request.params['subscriptionID']);
