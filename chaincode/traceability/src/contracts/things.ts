// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import { Refusal, things, type StoredThing } from '@thingledger/protocol';

/** A thing by its identifier. Refuses with `TL-THING-UNKNOWN`. */
export async function requireThing(tx: Transaction, id: string): Promise<StoredThing> {
  const stored = await tx.state.get(things, id);
  if (!stored) throw new Refusal('TL-THING-UNKNOWN', { thing: id });
  return stored;
}
