// SPDX-License-Identifier: Apache-2.0
import {
  Refusal,
  sameQuantity,
  type Decision,
  type Input,
  type Thing,
  type registerThing,
} from '@thingledger/protocol';

/**
 * A new thing (requirement T1); undefined when the same account registered exactly this before. Refuses with
 * `TL-THING-EXISTS`.
 */
export function register(
  { thing, kind, quantity }: Input<typeof registerThing>,
  present: Thing | undefined,
  registrant: string,
  decision: Decision,
): Thing | undefined {
  if (!present) return { thing, kind, quantity, registrant, decision };
  const repeat =
    present.registrant === registrant && present.kind === kind && sameQuantity(present.quantity, quantity);
  if (repeat) return undefined;
  throw new Refusal('TL-THING-EXISTS', { thing, registrant: present.registrant });
}
