// SPDX-License-Identifier: Apache-2.0
import type { InformationServer, MappingRecord, Participant, Rules } from '@thingledger/protocol';
import type { Fault } from '../../../information-server/client/fetch.js';

/** All that the ledger says about a record, gathered before anything is judged. */
export interface Facts {
  readonly record: MappingRecord;
  /** The transfer-out account, or the transfer-in account of an origin. Undefined when it is not registered. */
  readonly announcer: Participant | undefined;
  /** Whether the record says just what the announcer, with its key on the ledger, signed. */
  readonly signed: boolean;
  /** The transfer-in account. */
  readonly recipient: Participant | undefined;
  /** The accepted record that brought the thing to where it was. */
  readonly previous: MappingRecord | undefined;
  readonly server: InformationServer | undefined;
  readonly rules: Rules;
  /** The verifier's own clock, in milliseconds since the epoch. */
  readonly now: number;
}

/** One check of requirement T4: a pure look at the facts. Undefined when nothing is wrong. */
export type Check = (facts: Facts) => Fault | undefined;

/** The id of the account that announced a record and signed it. */
export function announcerOf(record: Pick<MappingRecord, 'from' | 'to'>): string {
  return record.from ?? record.to;
}
