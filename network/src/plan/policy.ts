// SPDX-License-Identifier: Apache-2.0
import type { PolicyExpression } from '../topology.js';
import type { PolicyNode } from './types.js';

/** Normalises a written policy: `allOf` and `anyOf` are thresholds. */
export function policyNode(expression: PolicyExpression): PolicyNode {
  if (typeof expression === 'string') return { member: expression };
  if ('allOf' in expression)
    return { threshold: expression.allOf.length, of: expression.allOf.map(policyNode) };
  if ('anyOf' in expression) return { threshold: 1, of: expression.anyOf.map(policyNode) };
  return { threshold: expression.atLeast, of: expression.of.map(policyNode) };
}

/** Fabric's signature policy language: `AND(OR('maker.peer','bank.peer'),'customs.peer')`. */
export function policyString(policy: PolicyNode): string {
  if ('member' in policy) return `'${policy.member}.peer'`;
  const parts = policy.of.map(policyString);
  if (parts.length === 1 && policy.threshold === 1) return parts[0] ?? '';
  if (policy.threshold === parts.length) return `AND(${parts.join(',')})`;
  if (policy.threshold === 1) return `OR(${parts.join(',')})`;
  return `OutOf(${String(policy.threshold)},${parts.join(',')})`;
}

/** Every member a policy names, each once, in the order of first mention. */
export function policyMembers(policy: PolicyNode): string[] {
  if ('member' in policy) return [policy.member];
  return [...new Set(policy.of.flatMap(policyMembers))];
}

/** Whether endorsements of these members are enough. */
export function satisfiesPolicy(policy: PolicyNode, members: ReadonlySet<string>): boolean {
  if ('member' in policy) return members.has(policy.member);
  return policy.of.filter((part) => satisfiesPolicy(part, members)).length >= policy.threshold;
}

/**
 * The fewest members whose endorsement is enough; among equally few, those named first in `preferred`, then
 * those written first in the policy. A client's own peer goes first in `preferred`.
 *
 * @returns undefined when the available members cannot satisfy the policy
 */
export function fewestEndorsers(
  policy: PolicyNode,
  preferred: readonly string[] = [],
  available?: ReadonlySet<string>,
): string[] | undefined {
  const named = policyMembers(policy).filter((m) => available?.has(m) ?? true);
  const order = [
    ...preferred.filter((m) => named.includes(m)),
    ...named.filter((m) => !preferred.includes(m)),
  ];
  for (let size = 1; size <= order.length; size += 1) {
    for (const choice of combinations(order, size)) {
      if (satisfiesPolicy(policy, new Set(choice))) return choice;
    }
  }
  return undefined;
}

function* combinations(items: readonly string[], size: number): Generator<string[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [index, item] of items.entries()) {
    for (const rest of combinations(items.slice(index + 1), size - 1)) yield [item, ...rest];
  }
}
