// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { RefusalData } from '@thingledger/protocol';
import { problemOf } from '../../http/index.js';
import type { Position } from '../position.js';
import type { Controls } from './controls.js';
import { Times } from './schedule.js';

/** A subscription as it is kept, with how far it came. Times are ISO 8601 in UTC. */
export interface Subscription {
  readonly id: string;
  readonly queryName: string;
  readonly dest: string;
  /** The signature token, sealed. */
  readonly token?: string;
  readonly controls: Controls;
  /** Participant id: with whose rights it is. */
  readonly by: string;
  readonly createdAt: string;
  /** All up to here was taken by the subscriber. */
  readonly delivered: Position;
  /** Next run of a schedule. */
  readonly dueAt?: string;
  /** What is being sent: kept before it is, so that a repeat after a crash is the same, under the same id. */
  readonly sending?: { readonly id: string; readonly upTo: Position; readonly empty?: true };
  readonly lastNotifiedAt?: string;
  /** Present while deliveries fail. */
  readonly failing?: { readonly since: string; readonly refusal: RefusalData };
}

/** How a subscription fares: its caller may be out of the member's staff, or its subscriber not answer. */
export type SubscriptionState = 'active' | 'failing' | 'suspended';

/** A new subscription. @param end the place behind all events recorded so far */
export function newSubscription(
  of: Pick<Subscription, 'queryName' | 'dest' | 'controls' | 'by'>,
  end: Position,
): Subscription {
  const { schedule, initialRecordTime } = of.controls;
  const now = new Date();
  return {
    ...of,
    id: randomUUID(),
    createdAt: now.toISOString(),
    delivered: startOf(initialRecordTime, end),
    ...(schedule && { dueAt: new Times(schedule).after(now).toISOString() }),
  };
}

/** The place before the first event that was recorded at or after a time. */
export function startOf(initialRecordTime: string | undefined, end: Position): Position {
  return initialRecordTime === undefined ? end : { time: Date.parse(initialRecordTime), key: '' };
}

/** How a subscription fares now. */
export function stateOf({ failing }: Subscription): SubscriptionState {
  if (!failing) return 'active';
  return /^TL-(CALLER|MEMBER)-/.test(failing.refusal.code) ? 'suspended' : 'failing';
}

/** A subscription as EPCIS shows it, without its token; `state`, `failing` and `subscribedBy` are ours. */
export function viewOf(subscription: Subscription): Readonly<Record<string, unknown>> {
  const { id, queryName, dest, controls, by, createdAt, delivered, dueAt, lastNotifiedAt, failing } =
    subscription;
  return {
    subscriptionID: id,
    queryName,
    dest,
    ...controls,
    createdAt,
    ...(lastNotifiedAt !== undefined && { lastNotifiedAt }),
    minRecordTime: new Date(delivered.time).toISOString(),
    ...(dueAt !== undefined && { dueAt }),
    subscribedBy: by,
    state: stateOf(subscription),
    ...(failing && { failing: { since: failing.since, ...problemOf(failing.refusal) } }),
  };
}
