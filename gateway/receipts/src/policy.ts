// SPDX-License-Identifier: Apache-2.0
import { fail } from './checks.js';
import { policies, principals } from './messages.js';
import { type Role, type Signer, serialisedIdentity } from './msp.js';
import { fromBase64, sameBytes } from './bytes.js';

/** Who must sign. */
export type Policy =
  | { readonly says: string; readonly fits: (signer: Signer) => boolean }
  | {
      readonly atLeast: number;
      readonly of: readonly Policy[];
      /** Whether each part looks at all signatures anew, as parts of a channel’s policy do. */
      readonly apart: boolean;
    };

/** Nested deeper than any policy means to be; the next level would be an attack on the stack. */
const DEEPEST = 20;

/** A signature policy of Fabric. Fails for principals other than roles and identities. */
export function signaturePolicy(bytes: Uint8Array): Policy {
  const envelope = policies.SignaturePolicyEnvelope.deserializeBinary(bytes);
  const named = envelope.getIdentitiesList().map(principal);
  const node = (rule: policies.SignaturePolicy | undefined, depth: number): Policy => {
    if (!rule || depth > DEEPEST) return fail('a policy is empty or nested too deeply');
    const threshold = rule.getNOutOf();
    if (!threshold) return named[rule.getSignedBy()] ?? fail('a policy names nobody');
    const of = threshold.getRulesList().map((part) => node(part, depth + 1));
    return { atLeast: threshold.getN(), of, apart: false };
  };
  return node(envelope.getRule(), 0);
}

/** By the number of msp.MSPRole.MSPRoleType, which a file may have beyond the last. */
const roleNames: readonly ('member' | Role)[] = ['member', 'admin', 'client', 'peer', 'orderer'];

function principal(message: principals.MSPPrincipal): Policy {
  const bytes = message.getPrincipal_asU8();
  switch (message.getPrincipalClassification()) {
    case principals.MSPPrincipal.Classification.ROLE: {
      const role = principals.MSPRole.deserializeBinary(bytes);
      const name = roleNames[role.getRole()] ?? fail('a policy names a role that Fabric does not have');
      const member = role.getMspIdentifier();
      return {
        says: `${member}.${name}`,
        fits: (signer) => signer.member === member && (name === 'member' || signer.roles.includes(name)),
      };
    }
    case principals.MSPPrincipal.Classification.IDENTITY: {
      const { member, certificate } = serialisedIdentity(bytes);
      const pem = new TextDecoder().decode(certificate);
      return {
        says: `one certificate of ${member}`,
        fits: (signer) => signer.member === member && sameBytes(signer.certificate, pemBytes(pem)),
      };
    }
    default:
      return fail('a policy asks for something else than a role or an identity');
  }
}

function pemBytes(pem: string): Uint8Array {
  return fromBase64(pem.replace(/-----[A-Z ]+-----|\s/g, ''));
}

/**
 * Whether the signers are enough. Within a signature policy each signer counts for one place only, taken by whoever comes
 * first, as Fabric does it (common/cauthdsl).
 */
export function isSatisfied(policy: Policy, signers: readonly Signer[]): boolean {
  return evaluate(policy, signers, new Set());
}

function evaluate(policy: Policy, signers: readonly Signer[], used: Set<Signer>): boolean {
  if ('fits' in policy) {
    const found = signers.find((signer) => !used.has(signer) && policy.fits(signer));
    if (found) used.add(found);
    return found !== undefined;
  }
  let satisfied = 0;
  for (const part of policy.of) {
    const trial = new Set(policy.apart ? [] : used);
    if (!evaluate(part, signers, trial)) continue;
    satisfied += 1;
    if (!policy.apart) for (const signer of trial) used.add(signer);
  }
  return satisfied >= policy.atLeast;
}

/** A policy in words: `all of (any of (maker.peer, bank.peer), customs.peer)`. */
export function inWords(policy: Policy): string {
  if ('says' in policy) return policy.says;
  const [first, ...rest] = policy.of.map(inWords);
  if (first !== undefined && rest.length === 0 && policy.atLeast === 1) return first;
  const many =
    policy.atLeast === policy.of.length ? 'all' : policy.atLeast === 1 ? 'any' : String(policy.atLeast);
  return `${many} of (${[first, ...rest].join(', ')})`;
}
