// SPDX-License-Identifier: Apache-2.0
import {
  Refusal,
  regulatorsOf,
  sameQuantity,
  type Announcement,
  type InformationServer,
  type Participant,
  type RecordStatus,
  type Rules,
  type StoredThing,
} from '@thingledger/protocol';
import { verdictOf, type Decidable } from './verification';

/** Where a thing stands: who holds it, what its last record came to, and the last accepted record. */
export interface Custody {
  readonly holder?: string;
  readonly status?: RecordStatus;
  readonly accepted?: { readonly recordId: string; readonly eventTime: string };
}

/**
 * Where a thing stands at a time, from its records, newest first, down to the last accepted one. Custody moves on
 * acceptance only (requirement T4).
 */
export function custodyOf(recent: readonly Decidable[], at: string): Custody {
  const [last] = recent;
  if (!last) return {};
  const { status } = verdictOf(last, at);
  const accepted = recent.find((record) => verdictOf(record, at).status === 'accepted');
  if (!accepted) return { status };
  const { recordId, said } = accepted;
  return { status, holder: said.to, accepted: { recordId, eventTime: said.eventTime } };
}

/** The latest event time that passes as not in the future, at a time under the rules of that time. */
export function latestEventTime(now: string, { clockToleranceSeconds }: Rules): string {
  return new Date(Date.parse(now) + clockToleranceSeconds * 1000).toISOString();
}

/** What the ledger knows when a record is announced. */
export interface AnnouncementFacts {
  readonly caller: { readonly id: string; readonly member: string };
  readonly now: string;
  readonly rules: Rules;
  /** The latest event time that is none in the future; the same for all records of a transaction. */
  readonly latest: string;
  readonly thing: StoredThing | undefined;
  /** The thing's records, newest first, down to the last accepted one. */
  readonly recent: readonly Decidable[];
  readonly recipient: Participant | undefined;
  readonly server: InformationServer | undefined;
}

/**
 * Refuses what may not be announced (requirement T2), as the operation's definition lists and in the order below: a
 * transfer that its holder does not make, an origin that is none, another quantity, an event out of its time, parties
 * or a server that do not fit.
 */
export function requireAnnounceable(announcement: Announcement, facts: AnnouncementFacts): void {
  const { caller, thing, recent } = facts;
  if (!thing) throw new Refusal('TL-THING-UNKNOWN', { thing: announcement.thing });
  if (announcement.from === announcement.to) {
    throw new Refusal('TL-CUSTODY-SELF-TRANSFER', { account: announcement.to });
  }
  const custody = custodyOf(recent, facts.now);
  if (custody.status === 'announced') {
    throw new Refusal('TL-CUSTODY-PENDING', {
      record: recent[0]?.recordId ?? '',
      thing: announcement.thing,
    });
  }
  requireCustody(announcement, thing, custody, caller.id);
  if (!sameQuantity(announcement.quantity, thing.quantity)) {
    const { value, unit } = thing.quantity;
    throw new Refusal('TL-QUANTITY-MISMATCH', { field: 'quantity', expected: `${value} ${unit}` });
  }
  requirePlausibleTime(announcement.eventTime, custody, facts);
  requireParties(announcement, facts);
  const quorum = facts.rules.verificationQuorum;
  const regulators = regulatorsOf(facts.rules).length;
  if (regulators < quorum) throw new Refusal('TL-REGULATORS-TOO-FEW', { regulators, quorum });
}

function requireCustody(
  { thing: id, from, to }: Announcement,
  thing: StoredThing,
  { holder }: Custody,
  caller: string,
): void {
  if (from === undefined) {
    if (holder !== undefined) throw new Refusal('TL-CUSTODY-HAS-ORIGIN', { thing: id, holder });
    if (thing.registrant !== caller || to !== caller) {
      throw new Refusal('TL-CUSTODY-NOT-REGISTRANT', { registrant: thing.registrant, caller });
    }
    return;
  }
  if (holder === undefined) throw new Refusal('TL-CUSTODY-NO-ORIGIN', { thing: id });
  if (from !== holder || caller !== holder) {
    throw new Refusal('TL-CUSTODY-NOT-HOLDER', { holder, caller });
  }
}

function requirePlausibleTime(
  eventTime: string,
  { accepted }: Custody,
  { now, latest }: AnnouncementFacts,
): void {
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
