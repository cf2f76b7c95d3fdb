// SPDX-License-Identifier: Apache-2.0
import {
  Refusal,
  type Decision,
  type InformationServer,
  type Input,
  type registerInformationServer,
} from '@thingledger/protocol';

/** An information server of a member (requirement T3); its own member may replace it. Refuses with `TL-SERVER-EXISTS`. */
export function registerServer(
  { address, certificateAuthority }: Input<typeof registerInformationServer>,
  present: InformationServer | undefined,
  member: string,
  decision: Decision,
): InformationServer {
  if (present && present.member !== member)
    throw new Refusal('TL-SERVER-EXISTS', { address, member: present.member });
  return { address, member, certificateAuthority, decision };
}
