// SPDX-License-Identifier: Apache-2.0
import {
  announcementToSign,
  Refusal,
  regulatorsOf,
  sameQuantity,
  thingDigest,
  type Announcement,
  type InformationServer,
  type Participant,
  type RecordStatus,
  type Rules,
  type StoredRecord,
  type Thing,
  type ThingRow,
  type Vote,
} from '@thingledger/protocol';
import { verdictOf, type Terms } from './verification';

/** Where a thing stands: who holds it, what its last record came to, and the last accepted record. */
export interface Custody {
  readonly holder?: string;
  readonly status?: RecordStatus;
  readonly accepted?: { readonly recordId: string; readonly eventTime: string };
}

/** A thing's last record with all that deciding it takes. */
export interface Last {
  readonly record: StoredRecord;
  readonly terms: Terms;
  readonly votes: readonly Vote[];
}

/** Where a thing stands at a time. Custody moves on acceptance only (requirement T4). */
export function custodyOf(last: Last | undefined, at: string): Custody {
  if (!last) return {};
  const { record, terms, votes } = last;
  const { status } = verdictOf(terms, votes, at);
  if (status === 'accepted') {
    return {
      status,
      holder: record.to,
      accepted: { recordId: record.recordId, eventTime: record.eventTime },
    };
  }
  return {
    status,
    ...(record.from === undefined ? {} : { holder: record.from }),
    ...(record.previous === undefined || record.previousEventTime === undefined
      ? {}
      : { accepted: { recordId: record.previous, eventTime: record.previousEventTime } }),
  };
}

/** What the ledger knows when a record is announced. */
export interface AnnouncementFacts {
  readonly caller: { readonly id: string; readonly member: string };
  readonly now: string;
  readonly txId: string;
  readonly rules: Rules;
  readonly row: ThingRow | undefined;
  /** The record that has the announcement's id already. */
  readonly present: StoredRecord | undefined;
  /** The thing's last record, if it has one. */
  readonly last: Last | undefined;
  readonly recipient: Participant | undefined;
  readonly server: InformationServer | undefined;
  /** Whether the signature over the announcement verifies with the caller's registered key. */
  readonly signed: boolean;
}

/**
 * Announces a transfer of custody, or an origin (requirement T2), and gives the record that becomes the thing's last.
 * Undefined when the same account announced exactly this before: a repeated request changes nothing. Refuses as its
 * operation definition lists, in the order below.
 */
export function announce(announcement: Announcement, facts: AnnouncementFacts): StoredRecord | undefined {
  const { caller, row, last } = facts;
  const belongs = `${thingDigest(announcement.thing)}.`;
  if (!announcement.recordId.startsWith(belongs)) {
    throw new Refusal('TL-RECORD-ID', { field: 'recordId', expected: belongs });
  }
  if (row?.thing !== announcement.thing) throw new Refusal('TL-THING-UNKNOWN', { thing: announcement.thing });
  if (facts.present) {
    if (isRepeat(row, facts.present, announcement, caller.id)) return undefined;
    throw new Refusal('TL-RECORD-EXISTS', { record: announcement.recordId });
  }
  if (announcement.from === announcement.to) {
    throw new Refusal('TL-CUSTODY-SELF-TRANSFER', { account: announcement.to });
  }
  const custody = custodyOf(last, facts.now);
  if (custody.status === 'announced') {
    throw new Refusal('TL-CUSTODY-PENDING', { record: last?.record.recordId ?? '', thing: row.thing });
  }
  requireCustody(announcement, row, custody, caller.id);
  if (!sameQuantity(announcement.quantity, row.quantity)) {
    const { value, unit } = row.quantity;
    throw new Refusal('TL-QUANTITY-MISMATCH', { field: 'quantity', expected: `${value} ${unit}` });
  }
  requirePlausibleTime(announcement.eventTime, custody, facts);
  requireParties(announcement, facts);
  if (!facts.signed) throw new Refusal('TL-SIGNATURE-INVALID', { field: 'signature', signer: caller.id });
  const quorum = facts.rules.verificationQuorum;
  const regulators = regulatorsOf(facts.rules).length;
  if (regulators < quorum) throw new Refusal('TL-REGULATORS-TOO-FEW', { regulators, quorum });
  return recordOf(announcement, custody, facts);
}

/** A stored record as the announcement that it was. */
export function announcementOf({ thing, quantity }: Thing, record: StoredRecord): Announcement {
  const { recordId, informationServer, dataHash, from, to, eventTime, place, signature } = record;
  const said = { recordId, thing, informationServer, dataHash, to, eventTime, quantity, place, signature };
  return from === undefined ? said : { ...said, from };
}

function isRepeat(thing: Thing, record: StoredRecord, announcement: Announcement, caller: string): boolean {
  const said = announcementOf(thing, record);
  return (said.from ?? said.to) === caller && announcementToSign(said) === announcementToSign(announcement);
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

function recordOf(announcement: Announcement, { accepted }: Custody, facts: AnnouncementFacts): StoredRecord {
  const { thing: _, quantity: __, ...said } = announcement;
  return {
    ...said,
    announcedAt: facts.now,
    rules: facts.rules.version,
    txId: facts.txId,
    ...(accepted ? { previous: accepted.recordId, previousEventTime: accepted.eventTime } : {}),
  };
}
