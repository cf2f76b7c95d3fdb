// SPDX-License-Identifier: Apache-2.0
import { memberOf, Refusal, type CustodyChain, type Participant } from '@thingledger/protocol';
import type { ObjectFacts } from '../vault/index.js';

/** Roles that see every document. */
const OVERSEERS: readonly string[] = ['verifier', 'auditor'];

/** What a trace of a thing leads to: the thing, all that it was made of, its parts, and the data of their hops. */
export interface Reach {
  readonly things: ReadonlySet<string>;
  /** By `hopOf`. */
  readonly hops: ReadonlySet<string>;
}

/** A document by its hash and the thing that it is about. */
export function hopOf(thing: string, hash: string): string {
  return `${hash} ${thing}`;
}

/** What the ledger is asked when nothing nearer decides. */
export interface Past {
  /** The custody chain of a thing; undefined when there is no such thing. */
  custody(thing: string): Promise<CustodyChain | undefined>;
  /** What a trace of a thing leads to; kept for a moment. */
  reach(thing: string): Promise<Reach>;
}

/**
 * Whether a participant gave or took the thing, or what it lay in, in any record of its chain, or would in the pending
 * one; or holds it or changed it.
 */
export function isParty({ pending, records, holder, changes }: CustodyChain, participant: string): boolean {
  if (holder === participant || changes.some(({ by }) => by === participant)) return true;
  const all = pending ? [pending, ...records] : records;
  return all.some(({ record }) => record.from === participant || record.to === participant);
}

/**
 * Refuses with `TL-DATA-NOT-ENTITLED` whoever has no right to a document (requirement T3). Entitled are verifiers and
 * auditors; the owner; accounting participants of the owner's own member (its consumers and devices are not its staff);
 * the parties of the custody chain of the thing that the document belongs to; and the parties of a thing, named in
 * `through`, that was made of it or lay in it (requirement T6: who holds a product traces its sources).
 */
export async function requireEntitled(
  caller: Participant,
  object: ObjectFacts,
  through: string | undefined,
  past: Past,
): Promise<void> {
  if (caller.roles.some((role) => OVERSEERS.includes(role))) return;
  if (caller.participant === object.owner) return;
  if (caller.member === memberOf(object.owner) && caller.roles.includes('accounting')) return;
  const chain = await past.custody(object.thing);
  if (chain && isParty(chain, caller.participant)) return;
  if (through !== undefined && (await isEntitledThrough(through, caller.participant, object, past))) return;
  throw new Refusal('TL-DATA-NOT-ENTITLED', { hash: object.hash });
}

async function isEntitledThrough(
  through: string,
  participant: string,
  { thing, hash }: ObjectFacts,
  past: Past,
): Promise<boolean> {
  const chain = await past.custody(through);
  if (!chain || !isParty(chain, participant)) return false;
  const { things, hops } = await past.reach(through);
  return things.has(thing) || hops.has(hopOf(thing, hash));
}
