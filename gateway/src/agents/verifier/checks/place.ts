// SPDX-License-Identifier: Apache-2.0
import { normaliseIdentifier, type MappingRecord, type TraceabilityData } from '@thingledger/protocol';
import { fault, type Fault } from '../../../information-server/client/fetch.js';
import { distanceKm, SAME_SPOT_KM } from './distance.js';

function sameLocation(a: string, b: string): boolean {
  try {
    return a === b || normaliseIdentifier(a) === normaliseIdentifier(b);
  } catch {
    return false; // One of them is no identifier at all, so only equal texts would be the same.
  }
}

/** Record and document name the same place. */
export function checkPlace(record: MappingRecord, document: TraceabilityData): Fault | undefined {
  const [said, held] = [record.place, document.place];
  if (distanceKm(said, held) > SAME_SPOT_KM) return fault('TL-VERIFY-PLACE');
  if (said.gln === undefined || held.gln === undefined || sameLocation(said.gln, held.gln)) return undefined;
  return fault('TL-VERIFY-PLACE', { field: 'gln' });
}
