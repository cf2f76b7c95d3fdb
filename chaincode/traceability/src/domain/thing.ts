// SPDX-License-Identifier: Apache-2.0
import { Refusal, sameQuantity, type Input, type Thing, type registerThing } from '@thingledger/protocol';

/**
 * A new thing (requirement T1); undefined when the same account registered exactly this before. Refuses with
 * `TL-THING-EXISTS`.
 */
export function register(
  { thing, kind, quantity }: Input<typeof registerThing>,
  present: Thing | undefined,
  facts: { readonly registrant: string; readonly now: string; readonly txId: string },
): Thing | undefined {
  const { registrant, now, txId } = facts;
  if (!present) return { thing, kind, quantity, registrant, registeredAt: now, txId };
  const repeat =
    present.thing === thing &&
    present.registrant === registrant &&
    present.kind === kind &&
    sameQuantity(present.quantity, quantity);
  if (repeat) return undefined;
  throw new Refusal('TL-THING-EXISTS', { thing, registrant: present.registrant });
}
