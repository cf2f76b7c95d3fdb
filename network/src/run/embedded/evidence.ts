// SPDX-License-Identifier: Apache-2.0
import { common, msp } from '@hyperledger/fabric-protos';
import { policyMembers } from '../../plan/policy.js';
import type { PolicyNode } from '../../plan/types.js';

/** By what the transactions of a chaincode are judged. */
export interface Foundation {
  readonly chaincode: string;
  /** Fabric's SignaturePolicyEnvelope message. */
  readonly policy: Uint8Array;
  /** Certificate authorities of the channel's members, PEM. */
  readonly authorities: Readonly<Record<string, string[]>>;
}

/** What the embedded network can show of a committed transaction: who called and who endorsed; no orderer signs here. */
export interface TransactionEvidence extends Foundation {
  readonly txId: string;
  /** Where it lies; nobody signed that. */
  readonly block: number;
  readonly index: number;
  /** Name of Fabric's validation code. */
  readonly code: string;
  /** Fabric's Envelope message. */
  readonly envelope: Uint8Array;
}

/** A policy as Fabric's SignaturePolicyEnvelope message, with each member's peers as its principals. */
export function encodePolicy(policy: PolicyNode): Uint8Array {
  const members = policyMembers(policy);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setIdentitiesList(members.map(peerOf));
  envelope.setRule(rule(policy, members));
  return envelope.serializeBinary();
}

function peerOf(member: string): msp.MSPPrincipal {
  const role = new msp.MSPRole();
  role.setMspIdentifier(member);
  role.setRole(msp.MSPRole.MSPRoleType.PEER);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(role.serializeBinary());
  return principal;
}

function rule(policy: PolicyNode, members: readonly string[]): common.SignaturePolicy {
  const message = new common.SignaturePolicy();
  if ('member' in policy) {
    message.setSignedBy(members.indexOf(policy.member));
    return message;
  }
  const threshold = new common.SignaturePolicy.NOutOf();
  threshold.setN(policy.threshold);
  threshold.setRulesList(policy.of.map((part) => rule(part, members)));
  message.setNOutOf(threshold);
  return message;
}
