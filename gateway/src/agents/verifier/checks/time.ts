// SPDX-License-Identifier: Apache-2.0
import type { MappingRecord, TraceabilityData } from '@thingledger/protocol';
import { fault, type Fault } from '../../../information-server/client/fetch.js';
import type { Check } from './facts.js';

/** The event did not happen in the future, by the verifier's own clock and the consortium's tolerance. */
export const checkEventTime: Check = ({ record, rules, now }) =>
  Date.parse(record.eventTime) > now + rules.clockToleranceSeconds * 1000
    ? fault('TL-VERIFY-TIME', { eventTime: record.eventTime }, 'The event time lies in the future')
    : undefined;

/** Record and document name the same instant, in whatever offset they write it. */
export function checkSameTime(record: MappingRecord, document: TraceabilityData): Fault | undefined {
  return Date.parse(record.eventTime) === Date.parse(document.eventTime)
    ? undefined
    : fault('TL-VERIFY-TIME', {}, 'The event time differs from that in the traceability data');
}
