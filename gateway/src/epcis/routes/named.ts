// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { Request } from 'express';
import type { EpcisStore, NamedQuery } from '../store.js';
import { QueryName } from './definition.js';

/** The query that a path names. Refuses with `TL-EPCIS-QUERY-UNKNOWN`. */
export async function named(store: EpcisStore, request: Request): Promise<NamedQuery> {
  const name = String(request.params['queryName']);
  const query = QueryName.safeParse(name).success ? await store.query(name) : undefined;
  if (!query) throw new Refusal('TL-EPCIS-QUERY-UNKNOWN', { name: name.slice(0, 100) });
  return query;
}
