// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';
import type { VerifierStats } from '../agents/verifier/index.js';

/** Puts a verifier agent's numbers into a registry; they are read when somebody scrapes. */
export function registerVerifier(registry: Registry, stats: () => VerifierStats): void {
  const registers = [registry];
  new Counter({
    name: 'thingledger_verifier_votes_total',
    help: 'Votes that the verifier agent cast, by decision',
    labelNames: ['decision'],
    registers,
    collect() {
      const { accepted, rejected } = stats();
      this.reset();
      this.inc({ decision: 'accept' }, accepted);
      this.inc({ decision: 'reject' }, rejected);
    },
  });
  const counter = (name: string, help: string, read: (now: VerifierStats) => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(stats()));
      },
    });
  const gauge = (name: string, help: string, read: (now: VerifierStats) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(stats()));
      },
    });
  counter(
    'thingledger_verifier_postponed_total',
    'Examinations put off because data could not be had',
    ({ postponed }) => postponed,
  );
  counter(
    'thingledger_verifier_failed_total',
    'Examinations and votes put off because of the ledger or the agent itself',
    ({ failed }) => failed,
  );
  gauge('thingledger_verifier_examining', 'Records being examined', ({ examining }) => examining);
  gauge('thingledger_verifier_voting', 'Votes on their way to the ledger', ({ voting }) => voting);
}
