// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';

/** How subscriptions to EPCIS queries fare, in numbers. */
export interface EpcisNumbers {
  readonly active: number;
  readonly failing: number;
  readonly suspended: number;
  /** Documents that subscribers took, and attempts that failed. */
  readonly delivered: number;
  readonly failed: number;
  readonly oldestFailureSeconds: number;
  readonly sockets: number;
}

/** Puts the numbers of subscriptions into a registry; they are read when somebody scrapes. */
export function registerEpcis(registry: Registry, numbers: () => EpcisNumbers): void {
  const registers = [registry];
  new Gauge({
    name: 'thingledger_epcis_subscriptions',
    help: 'Subscriptions to EPCIS queries, by state',
    labelNames: ['state'],
    registers,
    collect() {
      const now = numbers();
      for (const state of ['active', 'failing', 'suspended'] as const) this.set({ state }, now[state]);
    },
  });
  new Counter({
    name: 'thingledger_epcis_deliveries_total',
    help: 'Documents posted to subscribers, by what became of them',
    labelNames: ['outcome'],
    registers,
    collect() {
      const { delivered, failed } = numbers();
      this.reset();
      this.inc({ outcome: 'delivered' }, delivered);
      this.inc({ outcome: 'failed' }, failed);
    },
  });
  const gauge = (name: string, help: string, read: (now: EpcisNumbers) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(numbers()));
      },
    });
  gauge(
    'thingledger_epcis_oldest_failure_seconds',
    'How long the subscription that fails longest has not taken anything',
    ({ oldestFailureSeconds }) => oldestFailureSeconds,
  );
  gauge('thingledger_epcis_sockets', 'WebSockets open', ({ sockets }) => sockets);
}
