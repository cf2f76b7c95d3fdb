// SPDX-License-Identifier: Apache-2.0
import {
  announcementToSign,
  Refusal,
  sameQuantity,
  type Announcement,
  type InformationServer,
  type MappingRecord,
  type Participant,
  type RecordStatus,
  type Rules,
  type Thing,
  type Vote,
} from '@thingledger/protocol';
import { verdictOf } from './verification';

/** Where a thing stands: who holds it, what its last record came to, and the last accepted record. */
export interface Custody {
  readonly holder?: string;
  readonly status?: RecordStatus;
  readonly accepted?: { readonly recordId: string; readonly eventTime: string };
}

/** Where a thing stands at a time. Custody moves on acceptance only (requirement T4). */
export function custodyOf({ head }: Thing, votes: readonly Vote[], at: string): Custody {
  if (!head) return {};
  const { status } = verdictOf(head, votes, at);
  if (status === 'accepted') {
    return { status, holder: head.to, accepted: { recordId: head.recordId, eventTime: head.eventTime } };
  }
  return {
    status,
    ...(head.from === undefined ? {} : { holder: head.from }),
    ...(head.previous === undefined || head.previousEventTime === undefined
      ? {}
      : { accepted: { recordId: head.previous, eventTime: head.previousEventTime } }),
  };
}

/** What the ledger knows when a record is announced. */
export interface AnnouncementFacts {
  readonly caller: { readonly id: string; readonly member: string };
  readonly now: string;
  readonly txId: string;
  readonly rules: Rules;
  /** The active regulators: who may vote. */
  readonly regulators: string[];
  readonly thing: Thing | undefined;
  readonly present: MappingRecord | undefined;
  /** The votes on the thing's last record. */
  readonly votes: readonly Vote[];
  readonly recipient: Participant | undefined;
  readonly server: InformationServer | undefined;
  /** Whether the signature over the announcement verifies with the caller's registered key. */
  readonly signed: boolean;
}

/** What an announcement changes. */
export interface Announced {
  readonly thing: Thing;
  readonly record: MappingRecord;
}

/**
 * Announces a transfer of custody, or an origin (requirement T2). Undefined when the same account announced exactly
 * this before: a repeated request changes nothing. Refuses as its operation definition lists, in the order below.
 */
export function announce(announcement: Announcement, facts: AnnouncementFacts): Announced | undefined {
  const { caller, thing } = facts;
  if (facts.present) {
    if (isRepeat(facts.present, announcement, caller.id)) return undefined;
    throw new Refusal('TL-RECORD-EXISTS', { record: announcement.recordId });
  }
  if (!thing) throw new Refusal('TL-THING-UNKNOWN', { thing: announcement.thing });
  if (announcement.from === announcement.to)
    throw new Refusal('TL-CUSTODY-SELF-TRANSFER', { account: announcement.to });
  const custody = custodyOf(thing, facts.votes, facts.now);
  if (custody.status === 'announced') {
    throw new Refusal('TL-CUSTODY-PENDING', { record: thing.head?.recordId ?? '', thing: thing.thing });
  }
  requireCustody(announcement, thing, custody, caller.id);
  if (!sameQuantity(announcement.quantity, thing.quantity)) {
    const { value, unit } = thing.quantity;
    throw new Refusal('TL-QUANTITY-MISMATCH', { field: 'quantity', expected: `${value} ${unit}` });
  }
  requirePlausibleTime(announcement.eventTime, custody, facts);
  requireParties(announcement, facts);
  if (!facts.signed) throw new Refusal('TL-SIGNATURE-INVALID', { field: 'signature', signer: caller.id });
  const quorum = facts.rules.verificationQuorum;
  const regulators = facts.regulators.length;
  if (regulators < quorum) throw new Refusal('TL-REGULATORS-TOO-FEW', { regulators, quorum });
  return recordOf(announcement, thing, custody, facts);
}

function isRepeat(present: MappingRecord, announcement: Announcement, caller: string): boolean {
  return (
    (present.from ?? present.to) === caller &&
    announcementToSign(present) === announcementToSign(announcement)
  );
}

function requireCustody(announcement: Announcement, thing: Thing, { holder }: Custody, caller: string): void {
  if (announcement.from === undefined) {
    if (holder !== undefined) throw new Refusal('TL-CUSTODY-HAS-ORIGIN', { thing: thing.thing, holder });
    if (thing.registrant !== caller || announcement.to !== caller) {
      throw new Refusal('TL-CUSTODY-NOT-REGISTRANT', { registrant: thing.registrant, caller });
    }
    return;
  }
  if (holder === undefined) throw new Refusal('TL-CUSTODY-NO-ORIGIN', { thing: thing.thing });
  if (announcement.from !== holder || caller !== holder) {
    throw new Refusal('TL-CUSTODY-NOT-HOLDER', { holder, caller });
  }
}

function requirePlausibleTime(
  eventTime: string,
  { accepted }: Custody,
  { now, rules }: AnnouncementFacts,
): void {
  const latest = new Date(Date.parse(now) + rules.clockToleranceSeconds * 1000).toISOString();
  if (eventTime > latest) throw new Refusal('TL-EVENT-IN-FUTURE', { field: 'eventTime', now });
  if (accepted && eventTime < accepted.eventTime) {
    throw new Refusal('TL-EVENT-OUT-OF-ORDER', { field: 'eventTime', previous: accepted.eventTime });
  }
}

function requireParties(announcement: Announcement, { recipient, server, caller }: AnnouncementFacts): void {
  if (!recipient) throw new Refusal('TL-RECIPIENT-UNKNOWN', { field: 'to', account: announcement.to });
  if (recipient.status !== 'active' || !recipient.roles.includes('accounting')) {
    throw new Refusal('TL-RECIPIENT-UNFIT', {
      field: 'to',
      status: recipient.status,
      roles: recipient.roles,
    });
  }
  const address = announcement.informationServer;
  if (!server) throw new Refusal('TL-SERVER-UNKNOWN', { field: 'informationServer', address });
  if (server.member !== caller.member) {
    throw new Refusal('TL-SERVER-FOREIGN', { field: 'informationServer', member: server.member });
  }
}

function recordOf(
  announcement: Announcement,
  thing: Thing,
  custody: Custody,
  facts: AnnouncementFacts,
): Announced {
  const { rules, now, txId } = facts;
  const later = (seconds: number): string => new Date(Date.parse(now) + seconds * 1000).toISOString();
  const { accepted } = custody;
  const terms = {
    deadline: later(rules.verificationSeconds),
    expiry: later(rules.verificationSeconds + 2 * rules.clockWindowSeconds),
    quorum: rules.verificationQuorum,
    regulators: facts.regulators,
    ...(accepted ? { previous: accepted.recordId } : {}),
  };
  return {
    record: { ...announcement, ...terms, announcedAt: now, txId },
    thing: {
      ...thing,
      head: {
        ...terms,
        recordId: announcement.recordId,
        ...(announcement.from === undefined ? {} : { from: announcement.from }),
        to: announcement.to,
        eventTime: announcement.eventTime,
        ...(accepted ? { previousEventTime: accepted.eventTime } : {}),
      },
    },
  };
}
