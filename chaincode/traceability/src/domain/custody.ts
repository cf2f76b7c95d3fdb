// SPDX-License-Identifier: Apache-2.0
import {
  Refusal,
  regulatorsOf,
  sameQuantity,
  type Announcement,
  type Ground,
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
  /** The last record, when it is not decided yet. */
  readonly pending?: string;
  /** The last accepted record that brought it to its holder, and since when the holder has it. */
  readonly accepted?: { readonly recordId?: string; readonly eventTime: string };
}

/**
 * Where a thing stands at a time, from its records, newest first, down to the last accepted one. Custody moves on
 * acceptance only (requirement T4). Before its first accepted record it stands where a change left it: `recent` are the
 * records since.
 */
export function custodyOf(recent: readonly Decidable[], at: string, ground?: Ground): Custody {
  const [last] = recent;
  const status = last && verdictOf(last, at).status;
  const outcome = {
    ...(status === undefined ? {} : { status }),
    ...(last && status === 'announced' ? { pending: last.recordId } : {}),
  };
  const found = recent.find((record) => verdictOf(record, at).status === 'accepted');
  if (found) {
    const { recordId, said } = found;
    return { ...outcome, holder: said.to, accepted: { recordId, eventTime: said.eventTime } };
  }
  if (!ground) return outcome;
  const { holder, since, record } = ground;
  return {
    ...outcome,
    holder,
    accepted: { eventTime: since, ...(record === undefined ? {} : { recordId: record }) },
  };
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
  requireMovable(announcement.thing, thing);
  if (announcement.from === announcement.to) {
    throw new Refusal('TL-CUSTODY-SELF-TRANSFER', { account: announcement.to });
  }
  const custody = custodyOf(recent, facts.now, thing.grounds?.at(-1));
  requireDecided(announcement.thing, custody);
  requireCustody(announcement, thing, custody, caller.id);
  if (!sameQuantity(announcement.quantity, thing.quantity)) {
    const { value, unit } = thing.quantity;
    throw new Refusal('TL-QUANTITY-MISMATCH', { field: 'quantity', expected: `${value} ${unit}` });
  }
  requireNotInFuture(announcement.eventTime, facts);
  requireInOrder(announcement.eventTime, thing, custody);
  requireParties(announcement, facts);
  const quorum = facts.rules.verificationQuorum;
  const regulators = regulatorsOf(facts.rules).length;
  if (regulators < quorum) throw new Refusal('TL-REGULATORS-TOO-FEW', { regulators, quorum });
}

function requireMovable(id: string, { ended, parent }: StoredThing): void {
  if (ended !== undefined) throw new Refusal('TL-THING-ENDED', { thing: id, record: ended });
  if (parent) throw new Refusal('TL-CONTAINED', { thing: id, parent: parent.thing });
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

/** Refuses with `TL-CUSTODY-PENDING` while the last record of a thing, or of what it lies in, is not decided. */
export function requireDecided(thing: string, { status, pending = '' }: Custody): void {
  if (status === 'announced') throw new Refusal('TL-CUSTODY-PENDING', { record: pending, thing });
}

/** Refuses with `TL-EVENT-IN-FUTURE`. */
export function requireNotInFuture(
  eventTime: string,
  { now, latest }: { readonly now: string; readonly latest: string },
): void {
  if (eventTime > latest) throw new Refusal('TL-EVENT-IN-FUTURE', { field: 'eventTime', now });
}

/** Refuses with `TL-EVENT-OUT-OF-ORDER` what is said to have happened before the last that happened to a thing. */
export function requireInOrder(
  eventTime: string,
  { changedAt = '' }: StoredThing,
  { accepted }: Custody,
): void {
  const previous = accepted && accepted.eventTime > changedAt ? accepted.eventTime : changedAt;
  if (eventTime < previous) throw new Refusal('TL-EVENT-OUT-OF-ORDER', { field: 'eventTime', previous });
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
  requireOwnServer(server, announcement.informationServer, caller.member);
}

/** Refuses an information server that is not registered, `TL-SERVER-UNKNOWN`, or another member's, `TL-SERVER-FOREIGN`. */
export function requireOwnServer(
  server: InformationServer | undefined,
  address: string,
  member: string,
): void {
  if (!server) throw new Refusal('TL-SERVER-UNKNOWN', { field: 'informationServer', address });
  if (server.member !== member) {
    throw new Refusal('TL-SERVER-FOREIGN', { field: 'informationServer', member: server.member });
  }
}
