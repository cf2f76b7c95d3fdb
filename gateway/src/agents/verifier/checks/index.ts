// SPDX-License-Identifier: Apache-2.0
import { TraceabilityData, type MappingRecord, type OpenDocument } from '@thingledger/protocol';
import { fault, type Fault } from '../../../information-server/client/fetch.js';
import { checkAccounts } from './accounts.js';
import type { Facts } from './facts.js';
import { checkIdentity } from './identity.js';
import { checkPlace } from './place.js';
import { checkQuantity } from './quantity.js';
import { checkServer } from './server.js';
import { checkSignature } from './signature.js';
import { checkSpeed } from './speed.js';
import { checkEventTime, checkSameTime } from './time.js';

export { announcerOf, type Facts } from './facts.js';

const ledgerChecks = [checkAccounts, checkSignature, checkServer, checkEventTime, checkSpeed];
const documentChecks = [checkIdentity, checkQuantity, checkSameTime, checkPlace];

const found = (faults: readonly (Fault | undefined)[]): Fault[] => faults.filter((one) => one !== undefined);

/** Every fault that shows without the document (requirement T4). */
export function checkRecord(facts: Facts): Fault[] {
  return found(ledgerChecks.map((check) => check(facts)));
}

/**
 * Every difference between a record and what is open of its document, which is already known to have the announced
 * hash. A copy that hides what is to be compared is no readable document.
 */
export function checkDocument(record: MappingRecord, open: OpenDocument): Fault[] {
  const { data: document } = TraceabilityData.safeParse(open);
  if (!document) return [fault('TL-VERIFY-DOCUMENT', { hash: record.dataHash })];
  return found(documentChecks.map((check) => check(record, document)));
}
