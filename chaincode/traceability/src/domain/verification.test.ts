// SPDX-License-Identifier: Apache-2.0
import type { Vote } from '@thingledger/protocol';
import fc from 'fast-check';
import { transitions, verdictOf, type Terms } from './verification';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const scenario = fc
  .record({ regulators: fc.integer({ min: 1, max: 6 }), quorum: fc.integer({ min: 1, max: 6 }) })
  .filter(({ regulators, quorum }) => quorum <= regulators)
  .chain(({ regulators, quorum }) =>
    fc.record({
      terms: fc.constant<Terms>({
        deadline: at(60),
        expiry: at(90),
        quorum,
        regulators: Array.from({ length: regulators }, (_, i) => `r${String(i)}`),
      }),
      votes: fc
        .array(
          fc.record({
            decision: fc.constantFrom('accept', 'reject'),
            second: fc.integer({ min: 0, max: 60 }),
          }),
          {
            maxLength: regulators,
          },
        )
        .map((cast) =>
          cast.map(({ decision, second }, i): Vote => ({
            recordId: 'record-001',
            regulator: `r${String(i)}`,
            verifier: `agent@r${String(i)}`,
            decision: decision,
            reasons: [],
            at: at(second),
            txId: String(i),
          })),
        ),
    }),
  );

describe('T4 what a record comes to', () => {
  test('does not depend on the order in which votes are found', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 120 }), ({ terms, votes }, now) => {
        expect(verdictOf({ terms, votes: [...votes].reverse() }, at(now))).toEqual(
          verdictOf({ terms, votes }, at(now)),
        );
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('only ever changes along the legal transitions as time passes', () => {
    fc.assert(
      fc.property(scenario, ({ terms, votes }) => {
        let before = verdictOf({ terms, votes }, at(0)).status;
        for (let second = 1; second <= 120; second += 1) {
          const { status } = verdictOf({ terms, votes }, at(second));
          expect([before, ...transitions[before]]).toContain(status);
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
            : terms.regulators.length - rejects < terms.quorum
              ? 'rejected'
              : 'expired';
        expect(verdictOf({ terms, votes }, at(120)).status).toBe(expected);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('votes of strangers count for nothing', () => {
    const terms: Terms = { deadline: at(60), expiry: at(90), quorum: 1, regulators: ['r0'] };
    const vote: Vote = {
      recordId: 'record-001',
      regulator: 'maker',
      verifier: 'x@maker',
      decision: 'accept',
      reasons: [],
      at: at(1),
      txId: '1',
    };
    expect(verdictOf({ terms, votes: [vote] }, at(10)).status).toBe('announced');
  });
});
