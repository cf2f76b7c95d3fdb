// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { VerifierStats } from '../agents/verifier/index.js';
import type { Lag } from '../read-model/index.js';
import { registerEpcis, type EpcisNumbers } from './epcis-metrics.js';
import { registerReadModel } from './read-model-metrics.js';
import { registerVerifier } from './verifier-metrics.js';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the gauges are read from when somebody scrapes. */
export interface MetricSources {
  /** Requests and bytes inside, requests shed so far. */
  admission(): { readonly requests: number; readonly bytes: number; readonly shed: number };
  eventStreams(): number;
  /** The writer's own numbers, by name. */
  writer(): object;
  /** The verifier agent's own numbers, where the member has one. */
  readonly verifier?: () => VerifierStats;
  /** How far the read model is behind, where the gateway keeps one. */
  readonly readModelLag?: Lag;
  /** How subscriptions to EPCIS queries fare. */
  readonly epcis?: () => EpcisNumbers;
}

/** The Prometheus metrics of one gateway, in a registry of its own: several gateways can live in one process. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly refusedCallers: Counter;

  /** @param wholeProcess also metrics of the process, where it belongs to this gateway alone */
  constructor(member: string, sources: MetricSources, wholeProcess: boolean) {
    const registers = [this.registry];
    this.registry.setDefaultLabels({ member });
    this.requests = new Histogram({
      name: 'thingledger_http_request_seconds',
      help: 'Time to answer a request',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    });
    this.refusedCallers = new Counter({
      name: 'thingledger_http_refused_callers_total',
      help: 'Requests without a valid credential',
      registers,
    });
    this.#gauge('thingledger_http_in_flight', 'Requests being worked on', () => sources.admission().requests);
    this.#gauge(
      'thingledger_http_bytes_in_flight',
      'Bytes of bodies being worked on',
      () => sources.admission().bytes,
    );
    this.#gauge(
      'thingledger_http_shed',
      'Requests refused because of too much work',
      () => sources.admission().shed,
    );
    this.#gauge('thingledger_http_event_streams', 'Event streams open', () => sources.eventStreams());
    new Gauge({
      name: 'thingledger_writer',
      help: 'Numbers of the ledger writer, by name',
      labelNames: ['name'],
      registers,
      collect() {
        for (const [name, value] of Object.entries(sources.writer())) {
          if (typeof value === 'number' || typeof value === 'bigint') this.set({ name }, Number(value));
        }
      },
    });
    if (sources.verifier) registerVerifier(this.registry, sources.verifier);
    if (sources.epcis) registerEpcis(this.registry, sources.epcis);
    if (sources.readModelLag) registerReadModel(this.registry, sources.readModelLag);
    if (wholeProcess) collectDefaultMetrics({ register: this.registry });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
