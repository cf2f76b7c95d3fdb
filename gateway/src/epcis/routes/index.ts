// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { epcisProblemType } from '@thingledger/protocol/epcis';
import { Router } from 'express';
import { jsonAnswer, otherMethods, problems } from '../../http/index.js';
import { captureRoutes } from './capture.js';
import { eventRoutes } from './events.js';
import { negotiation } from './negotiation.js';
import { asking, type EpcisParts } from './parts.js';
import { queryRoutes } from './queries.js';
import { collectionOf, resourceRoutes, RESOURCES } from './resources.js';
import { subscriptionRoutes } from './subscriptions.js';

export { epcisDescriptions, UNSERVED } from './descriptions.js';
export type { EpcisParts } from './parts.js';

const TOP_LEVEL = ['capture', 'events', ...Object.keys(RESOURCES), 'queries'];

/** The REST binding of EPCIS 2.0 (section 12), to be mounted at `/epcis`. Its problems have the types of EPCIS. */
export function epcisRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(negotiation);
  router
    .route('/')
    .get(...asking(parts, async () => jsonAnswer(200, collectionOf(TOP_LEVEL))))
    .all(otherMethods(['get']));
  router.use(
    captureRoutes(parts),
    eventRoutes(parts),
    resourceRoutes(parts),
    queryRoutes(parts),
    subscriptionRoutes(parts),
    () => {
      throw new Refusal('TL-ROUTE-UNKNOWN');
    },
  );
  router.use(problems(parts.logger, epcisProblemType));
  return router;
}
