// SPDX-License-Identifier: Apache-2.0
import type { Vote } from '@thingledger/protocol';
import fc from 'fast-check';
import { transitions, verdictOf, type Terms } from './verification';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const scenario = fc
  .record({ verifiers: fc.integer({ min: 1, max: 6 }), quorum: fc.integer({ min: 1, max: 6 }) })
  .filter(({ verifiers, quorum }) => quorum <= verifiers)
  .chain(({ verifiers, quorum }) =>
    fc.record({
      terms: fc.constant<Terms>({
        deadline: at(60),
        expiry: at(90),
        quorum,
        verifiers: Array.from({ length: verifiers }, (_, i) => `v${String(i)}@customs`),
      }),
      votes: fc
        .array(fc.record({ decision: fc.constantFrom('accept', 'reject'), second: fc.integer({ min: 0, max: 60 }) }), {
          maxLength: verifiers,
        })
        .map((cast) =>
          cast.map(
            ({ decision, second }, i): Vote => ({
              recordId: 'record-001',
              verifier: `v${String(i)}@customs`,
              decision: decision as Vote['decision'],
              reasons: [],
              at: at(second),
              txId: String(i),
            }),
          ),
        ),
    }),
  );

describe('T4 what a record comes to', () => {
  test('does not depend on the order in which votes are found', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 120 }), ({ terms, votes }, now) => {
        expect(verdictOf(terms, [...votes].reverse(), at(now))).toEqual(verdictOf(terms, votes, at(now)));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('only ever changes along the legal transitions as time passes', () => {
    fc.assert(
      fc.property(scenario, ({ terms, votes }) => {
        let before = verdictOf(terms, votes, at(0)).status;
        for (let second = 1; second <= 120; second += 1) {
          const { status } = verdictOf(terms, votes, at(second));
          if (status !== before) expect(transitions[before]).toContain(status);
          before = status;
        }
        expect(before).not.toBe('announced');
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('is accepted exactly when the quorum accepted, rejected exactly when it can not any more', () => {
    fc.assert(
      fc.property(scenario, ({ terms, votes }) => {
        const accepts = votes.filter(({ decision }) => decision === 'accept').length;
        const rejects = votes.length - accepts;
        const expected =
          accepts >= terms.quorum
            ? 'accepted'
            : terms.verifiers.length - rejects < terms.quorum
              ? 'rejected'
              : 'expired';
        expect(verdictOf(terms, votes, at(120)).status).toBe(expected);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('votes of strangers count for nothing', () => {
    const terms: Terms = { deadline: at(60), expiry: at(90), quorum: 1, verifiers: ['v0@customs'] };
    const vote: Vote = { recordId: 'record-001', verifier: 'x@maker', decision: 'accept', reasons: [], at: at(1), txId: '1' };
    expect(verdictOf(terms, [vote], at(10)).status).toBe('announced');
  });
});
