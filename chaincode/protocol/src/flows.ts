// SPDX-License-Identifier: Apache-2.0
import type { DataFlow } from './operation';

const base = {
  useCase: 'Traceability',
  scope: 'inside',
  stakeholder: 'Accounting member',
  category: 'EPCIS event',
  flow: 'B',
  deviceType: 'Enterprise system',
} as const;

const forEverybody = {
  ...base,
  scope: 'between',
  stakeholder: 'Consumer, without account',
  category: 'Public view of traceability data',
  deviceType: 'Phone',
} as const;

/** What routes set flowing that are no operations of the ledger, by method and path (requirement X11). */
export const routeFlows: Readonly<Record<string, DataFlow>> = {
  'POST /epcis/capture': {
    ...base,
    activity: 'Hand in EPCIS events',
    dataType: 'EPCIS events in full, kept in the member’s vault',
  },
  'GET /epcis/events': {
    ...base,
    activity: 'Query the member’s own EPCIS events',
    dataType: 'EPCIS events in full',
  },
  'POST /epcis/queries/{queryName}/subscriptions': {
    ...base,
    activity: 'Have events delivered to a subscriber',
    scope: 'between',
    stakeholder: 'Subscriber that the member chose',
    dataType: 'EPCIS events in full, signed with the subscription’s token',
    deviceType: 'Server of the subscriber',
  },
  'GET /01/{gtin}/10/{lot}': {
    ...forEverybody,
    activity: 'Look up a scanned code',
    dataType: 'Public trace: origin, environment, inspections, verdicts',
  },
  'GET /disclosures/{recordId}': {
    ...forEverybody,
    activity: 'Take a public copy of the data of a record',
    dataType: 'Disclosure of traceability data',
  },
  'GET /events': {
    ...base,
    activity: 'Follow the events of the channel',
    scope: 'between',
    stakeholder: 'Any participant',
    category: 'Ledger data',
    flow: 'D',
    dataType: 'Identifiers, accounts, hashes, decisions, as they are committed',
  },
};
