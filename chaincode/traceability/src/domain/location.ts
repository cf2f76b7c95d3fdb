// SPDX-License-Identifier: Apache-2.0
import {
  memberOf,
  Refusal,
  type Decision,
  type Input,
  type Participant,
  type RegisteredLocation,
  type registerLocation,
} from '@thingledger/protocol';

/**
 * A party or location of a member (requirement T8); its own member may change it. Refuses with `TL-LOCATION-FOREIGN`
 * what another member registered, with `TL-PARTICIPANT-FOREIGN` an account of another member, and with
 * `TL-PARTICIPANT-UNKNOWN` one that is not registered.
 */
export function locate(
  { reason: _, ...said }: Input<typeof registerLocation>,
  facts: {
    readonly present: RegisteredLocation | undefined;
    readonly account: Participant | undefined;
    readonly member: string;
  },
  decision: Decision,
): RegisteredLocation {
  const { present, account, member } = facts;
  const { location } = said;
  if (present && present.member !== member)
    throw new Refusal('TL-LOCATION-FOREIGN', { location, member: present.member });
  if (memberOf(said.account) !== member)
    throw new Refusal('TL-PARTICIPANT-FOREIGN', { field: 'account', participant: said.account, member });
  if (!account) throw new Refusal('TL-PARTICIPANT-UNKNOWN', { field: 'account', participant: said.account });
  return { ...said, member, decision };
}
