// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { fewestEndorsers, policyMembers, policyNode, policyString, satisfiesPolicy } from './policy.js';
import type { PolicyNode } from './types.js';

const regulated = policyNode({
  allOf: [{ anyOf: ['maker', 'carrier', 'bank'] }, { anyOf: ['inspection', 'customs'] }],
});

describe('endorsement policy', () => {
  it.each([
    ['a member', 'maker', "'maker.peer'"],
    ['all', { allOf: ['a', 'b'] }, "AND('a.peer','b.peer')"],
    ['any', { anyOf: ['a', 'b'] }, "OR('a.peer','b.peer')"],
    ['some', { atLeast: 2, of: ['a', 'b', 'c'] }, "OutOf(2,'a.peer','b.peer','c.peer')"],
    ['any of one', { anyOf: ['a'] }, "'a.peer'"],
  ])('of %s is written as Fabric does', (_, expression, text) => {
    expect(policyString(policyNode(expression))).toBe(text);
  });

  it('of records needs a peer of the trade and one of a regulator', () => {
    expect(policyString(regulated)).toBe(
      "AND(OR('maker.peer','carrier.peer','bank.peer'),OR('inspection.peer','customs.peer'))",
    );
    expect(satisfiesPolicy(regulated, new Set(['maker', 'customs']))).toBe(true);
    expect(satisfiesPolicy(regulated, new Set(['maker', 'carrier', 'bank']))).toBe(false);
    expect(satisfiesPolicy(regulated, new Set(['inspection', 'customs']))).toBe(false);
  });

  it('prefers the endorsers a caller prefers, and does without those that are away', () => {
    expect(fewestEndorsers(regulated)).toEqual(['maker', 'inspection']);
    expect(fewestEndorsers(regulated, ['customs'])).toEqual(['customs', 'maker']);
    expect(fewestEndorsers(regulated, ['maker'], new Set(['carrier', 'customs']))).toEqual([
      'carrier',
      'customs',
    ]);
    expect(fewestEndorsers(regulated, [], new Set(['maker', 'carrier']))).toBeUndefined();
  });

  const members = ['a', 'b', 'c', 'd'];
  const { node } = fc.letrec<{ node: PolicyNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(...members).map((member) => ({ member })),
      fc
        .array(tie('node'), { minLength: 1, maxLength: 3 })
        .chain((of) => fc.integer({ min: 1, max: of.length }).map((threshold) => ({ threshold, of }))),
    ),
  }));

  it('is satisfied by the fewest endorsers, and by no part of them', () => {
    fc.assert(
      fc.property(node, (policy) => {
        const chosen = fewestEndorsers(policy) ?? [];
        expect(satisfiesPolicy(policy, new Set(chosen))).toBe(true);
        for (const left of chosen) {
          expect(satisfiesPolicy(policy, new Set(chosen.filter((m) => m !== left)))).toBe(false);
        }
      }),
    );
  });

  it('is satisfied by all it names, and more endorsers never hurt', () => {
    fc.assert(
      fc.property(node, fc.subarray(members), (policy, some) => {
        const all = policyMembers(policy);
        expect(satisfiesPolicy(policy, new Set(all))).toBe(true);
        const enough = satisfiesPolicy(policy, new Set(some));
        expect(enough && !satisfiesPolicy(policy, new Set(members))).toBe(false);
      }),
    );
  });
});
