// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { Router, type Request, type RequestHandler } from 'express';
import { jsonAnswer, otherMethods, type Answer } from '../../http/index.js';
import { answerQuery } from '../answers.js';
import { queryDocumentOf } from '../query-document.js';
import { postEvent } from './capture.js';
import { asking, linkToNext, parametersOf, type EpcisParts } from './parts.js';

/** `/events`: the member's own events, by query and by id (EPCIS 2.0, section 12.7). */
export function eventRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { own } = parts;
  router
    .route('/events')
    .post(...postEvent(parts))
    .get(...asking(parts, (request) => queryDocument(parts, request, parametersOf(request))))
    .all(otherMethods(['get', 'post']));
  const one = asking(parts, async (request) => {
    const id = String(request.params['eventID']);
    const found = own.find(id);
    const event = found && (await own.answer(found));
    if (!event) throw new Refusal('TL-EPCIS-EVENT-UNKNOWN', { eventID: id.slice(0, 200) });
    return jsonAnswer(200, event);
  });
  router
    .route('/events/:eventID')
    .get(...one)
    .all(otherMethods(['get']));
  // A token holds nothing here that could be released.
  const release: RequestHandler = () => {
    throw new Refusal(
      'TL-EPCIS-NOT-IMPLEMENTED',
      {},
      'A token of a page holds nothing that could be released',
    );
  };
  router
    .route('/nextPageToken/:token')
    .delete(release)
    .all(otherMethods(['delete']));
  return router;
}

/** The answer to a query, a page of it. */
export async function queryDocument(
  { own, store }: EpcisParts,
  request: Request,
  parameters: string,
  queryName = 'SimpleEventQuery',
): Promise<Answer> {
  const { events, nextPageToken } = await answerQuery(own, store.pageKey, parameters);
  return jsonAnswer(200, queryDocumentOf(queryName, events), linkToNext(request, nextPageToken));
}
