// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import { Refusal, things, type StoredThing, type Thing } from '@thingledger/protocol';

/** A thing as others see it. */
export function publicThing(thing: string, stored: StoredThing): Thing {
  const { grounds: _, changes: __, changedAt: ___, children: ____, height: _____, ...rest } = stored;
  return { thing, ...rest };
}

/** A thing by its identifier. Refuses with `TL-THING-UNKNOWN`. */
export async function requireThing(tx: Transaction, id: string): Promise<StoredThing> {
  const stored = await tx.state.get(things, id);
  if (!stored) throw new Refusal('TL-THING-UNKNOWN', { thing: id });
  return stored;
}
