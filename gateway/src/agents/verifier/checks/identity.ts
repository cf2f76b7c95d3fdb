// SPDX-License-Identifier: Apache-2.0
import {
  normaliseIdentifier,
  Refusal,
  type MappingRecord,
  type TraceabilityData,
} from '@thingledger/protocol';
import { fault, type Fault } from '../../../information-server/client/fetch.js';

function canonical(identifier: string): string | undefined {
  try {
    return normaliseIdentifier(identifier);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** The document is about this thing and these two accounts. What else it says stays out of the finding. */
export function checkIdentity(record: MappingRecord, document: TraceabilityData): Fault | undefined {
  if (canonical(document.thing) !== record.thing) return fault('TL-VERIFY-IDENTITY', { field: 'thing' });
  if (document.from !== record.from) return fault('TL-VERIFY-IDENTITY', { field: 'from' });
  if (document.to !== record.to) return fault('TL-VERIFY-IDENTITY', { field: 'to' });
  return undefined;
}
