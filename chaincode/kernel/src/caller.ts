// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import {
  participants,
  Refusal,
  RULES_IN_FORCE,
  rules as rulesCollection,
  type Callers,
  type Participant,
  type Rules,
} from '@thingledger/protocol';
import type { Overlay } from './overlay';

/** Who signed the proposal, from the X.509 certificate that Fabric has verified against the member's MSP. */
export interface Caller {
  /** `common name@member`. */
  readonly id: string;
  readonly member: string;
  /** The certificate's organisational unit says `admin` (Fabric NodeOUs). */
  readonly administrator: boolean;
}

/** Reads the caller from its certificate. The member's own CA answers for common name and unit. */
export function callerOf(creator: { mspId: string; certificate: Uint8Array }): Caller {
  const subject = new X509Certificate(creator.certificate).subject.split('\n');
  const values = (name: string): string[] =>
    subject.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  const [commonName] = values('CN');
  return {
    id: `${commonName ?? ''}@${creator.mspId}`,
    member: creator.mspId,
    administrator: values('OU').includes('admin'),
  };
}

/** The participant row of a caller, if it has one, and the rules in force; both prefetched by every transaction. */
export async function standingOf(
  caller: Caller,
  state: Overlay,
): Promise<{ rules: Rules | undefined; participant: Participant | undefined }> {
  const rules = await state.get(rulesCollection, RULES_IN_FORCE);
  return { rules, participant: await state.get(participants, caller.id) };
}

/**
 * Refuses callers that an operation is not for (requirement X1): `TL-GOVERNANCE-UNINITIALISED`, `TL-MEMBER-UNKNOWN`,
 * `TL-MEMBER-SUSPENDED`, `TL-CALLER-NOT-ADMINISTRATOR`, `TL-CALLER-UNKNOWN`, `TL-CALLER-SUSPENDED`, `TL-CALLER-ROLE`.
 */
export function authorise(
  callers: Callers,
  caller: Caller,
  standing: { readonly rules: Rules | undefined; readonly participant: Participant | undefined },
  founding: boolean,
): void {
  if (callers === 'anyone') return;
  if (founding && !standing.rules) {
    if (!caller.administrator) throw new Refusal('TL-CALLER-NOT-ADMINISTRATOR', { caller: caller.id });
    return;
  }
  if (!standing.rules) throw new Refusal('TL-GOVERNANCE-UNINITIALISED');
  const member = standing.rules.members.find(({ name }) => name === caller.member);
  if (!member) throw new Refusal('TL-MEMBER-UNKNOWN', { member: caller.member });
  if (member.status !== 'active') throw new Refusal('TL-MEMBER-SUSPENDED', { member: caller.member });
  if (callers === 'administrator') {
    if (!caller.administrator) throw new Refusal('TL-CALLER-NOT-ADMINISTRATOR', { caller: caller.id });
    return;
  }
  const { participant } = standing;
  if (!participant) {
    if (callers === 'participant' && caller.administrator) return;
    throw new Refusal('TL-CALLER-UNKNOWN', { caller: caller.id });
  }
  if (participant.status !== 'active') throw new Refusal('TL-CALLER-SUSPENDED', { caller: caller.id });
  if (callers !== 'participant' && !callers.some((role) => participant.roles.includes(role))) {
    throw new Refusal('TL-CALLER-ROLE', { caller: caller.id, roles: participant.roles, allowed: callers });
  }
}
