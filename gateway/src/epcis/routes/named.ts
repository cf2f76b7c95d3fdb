// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { Request } from 'express';
import { z } from 'zod';
import type { EpcisStore, NamedQuery } from '../store.js';

/** The name of a query. */
export const QueryName = z.string().regex(/^[\w.~-]{1,100}$/, 'letters, digits and _ . ~ -, at most 100');

/** The query that a path names. Refuses with `TL-EPCIS-QUERY-UNKNOWN`. */
export async function named(store: EpcisStore, request: Request): Promise<NamedQuery> {
  const name = String(request.params['queryName']);
  const query = QueryName.safeParse(name).success ? await store.query(name) : undefined;
  if (!query) throw new Refusal('TL-EPCIS-QUERY-UNKNOWN', { name: name.slice(0, 100) });
  return query;
}
