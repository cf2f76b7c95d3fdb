// SPDX-License-Identifier: Apache-2.0
import type { MappingRecord, TraceabilityData } from '@thingledger/protocol';
import type { Fault } from '../../../information-server/client/fetch.js';
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

/** Every difference between a record and its document, which is already known to have the announced hash. */
export function checkDocument(record: MappingRecord, document: TraceabilityData): Fault[] {
  return found(documentChecks.map((check) => check(record, document)));
}
