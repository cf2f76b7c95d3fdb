// SPDX-License-Identifier: Apache-2.0
import { memberOf, Refusal, type Participant } from '@thingledger/protocol';
import type { ObjectFacts } from '../vault/index.js';
import type { CustodyChain } from './directory.js';

/** Roles that see every document. */
const OVERSEERS: readonly string[] = ['verifier', 'auditor'];

/** Whether a participant gave or took the thing in any record of its chain, or would in the pending one. */
export function isParty(chain: CustodyChain, participant: string): boolean {
  const all = chain.pending ? [chain.pending, ...chain.records] : chain.records;
  return all.some(({ record }) => record.from === participant || record.to === participant);
}

/**
 * Refuses with `TL-DATA-NOT-ENTITLED` whoever has no right to a document (requirement T3). Entitled are verifiers and
 * auditors; the owner; accounting participants of the owner's own member (its consumers and devices are not its staff);
 * and the parties of the custody chain of the thing that the document belongs to.
 * @param custody looks the chain up; asked only when nothing nearer decides
 */
export async function requireEntitled(
  caller: Participant,
  object: ObjectFacts,
  custody: (thing: string) => Promise<CustodyChain | undefined>,
): Promise<void> {
  if (caller.roles.some((role) => OVERSEERS.includes(role))) return;
  if (caller.participant === object.owner) return;
  if (caller.member === memberOf(object.owner) && caller.roles.includes('accounting')) return;
  const chain = await custody(object.thing);
  if (chain && isParty(chain, caller.participant)) return;
  throw new Refusal('TL-DATA-NOT-ENTITLED', { hash: object.hash });
}
