// SPDX-License-Identifier: Apache-2.0
import {
  Refusal,
  sameQuantity,
  type Input,
  type registerThing,
  type StoredThing,
} from '@thingledger/protocol';

/**
 * A new thing (requirement T1); undefined when the same account registered exactly this before. Refuses with
 * `TL-THING-EXISTS`.
 */
export function register(
  { thing, kind, quantity }: Input<typeof registerThing>,
  present: StoredThing | undefined,
  facts: { readonly registrant: string; readonly now: string; readonly txId: string },
): StoredThing | undefined {
  const { registrant, now, txId } = facts;
  if (!present) return { kind, quantity, registrant, registeredAt: now, txId };
  const repeat =
    present.registrant === registrant && present.kind === kind && sameQuantity(present.quantity, quantity);
  if (repeat) return undefined;
  throw new Refusal('TL-THING-EXISTS', { thing, registrant: present.registrant });
}
