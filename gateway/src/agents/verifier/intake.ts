// SPDX-License-Identifier: Apache-2.0
import { placesIn, recordIdOf, type DomainEvent, type EventEnvelope } from '@thingledger/protocol';
import type { Change, QueueItem } from './queue.js';

/** Whether the votes that were seen decide the record: accepted at the quorum, rejected when it is out of reach. */
function isDecided(item: QueueItem): boolean {
  if (item.quorum === undefined || item.regulators === undefined) return false;
  return item.accepts >= item.quorum || item.rejects > item.regulators - item.quorum;
}

/** The item, unless there is nothing left to do with it: this regulator has voted and the record is decided. */
export function unlessDone(item: QueueItem | undefined): QueueItem | undefined {
  return item && item.dueAt === undefined && isDecided(item) ? undefined : item;
}

type Announced = Extract<DomainEvent, { type: 'MappingRecordsAnnounced' }>;
type Cast = Extract<DomainEvent, { type: 'VotesCast' }>;

const announced =
  (recordId: string, event: Announced, at: string): Change =>
  (item) =>
    item ?? {
      recordId,
      announcedAt: Date.parse(at),
      deadline: Date.parse(event.deadline),
      dueAt: 0,
      attempts: 0,
      findings: [],
      accepts: 0,
      rejects: 0,
    };

const cast =
  (event: Cast, member: string): Change =>
  (item) => {
    if (!item) return undefined;
    const counted =
      event.decision === 'accept'
        ? { ...item, accepts: item.accepts + 1 }
        : { ...item, rejects: item.rejects + 1 };
    const mine = event.regulator === member;
    return unlessDone(mine ? { ...counted, ownVote: event.decision, dueAt: undefined } : counted);
  };

/** What an envelope changes in the queue of a regulator, by record. */
export function changesOf(envelope: EventEnvelope, member: string): Map<string, Change> {
  const changes = new Map<string, Change>();
  for (const event of envelope.events) {
    if (event.type !== 'MappingRecordsAnnounced' && event.type !== 'VotesCast') continue;
    for (const place of placesIn(event.records)) {
      const recordId = recordIdOf(event.statementId, place);
      const before = changes.get(recordId);
      const next = event.type === 'VotesCast' ? cast(event, member) : announced(recordId, event, envelope.at);
      changes.set(recordId, before ? (item) => next(before(item)) : next);
    }
  }
  return changes;
}
