// SPDX-License-Identifier: Apache-2.0
import { sameQuantity, type MappingRecord, type TraceabilityData } from '@thingledger/protocol';
import { fault, type Fault } from '../../../information-server/client/fetch.js';

/** Record and document count the same. */
export function checkQuantity(record: MappingRecord, document: TraceabilityData): Fault | undefined {
  return sameQuantity(record.quantity, document.quantity) ? undefined : fault('TL-VERIFY-QUANTITY');
}
