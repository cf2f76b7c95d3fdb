// SPDX-License-Identifier: Apache-2.0
import type { BareEvent } from './documents.js';

/** The context of every answer of EPCIS. */
export const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';

/**
 * Events as an EPCISQueryDocument (EPCIS 2.0, section 9.9).
 *
 * @param to for a subscriber: the delivery's own id, the same when it is repeated, and the subscription's
 */
export function queryDocumentOf(
  queryName: string,
  events: readonly BareEvent[],
  to?: { readonly id: string; readonly subscriptionID?: string },
): Readonly<Record<string, unknown>> {
  const { id, subscriptionID } = to ?? {};
  return {
    '@context': [CONTEXT],
    ...(id !== undefined && { id: `urn:uuid:${id}` }),
    type: 'EPCISQueryDocument',
    schemaVersion: '2.0',
    creationDate: new Date().toISOString(),
    epcisBody: {
      queryResults: {
        ...(subscriptionID !== undefined && { subscriptionID }),
        queryName,
        resultsBody: { eventList: events },
      },
    },
  };
}
