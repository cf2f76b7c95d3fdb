// SPDX-License-Identifier: Apache-2.0
import { Gauge, type Registry } from 'prom-client';
import type { Lag } from '../read-model/index.js';

/** Puts how far a read model is behind into a registry; it is asked for when somebody scrapes. */
export function registerReadModel(registry: Registry, lag: Lag): void {
  const registers = [registry];
  new Gauge({
    name: 'thingledger_read_model_lag_blocks',
    help: 'Blocks that the peer has committed and the read model does not hold; NaN while the peer does not say',
    registers,
    async collect() {
      this.set((await lag.blocks()) ?? NaN);
    },
  });
  new Gauge({
    name: 'thingledger_read_model_lag_seconds',
    help: 'Age of the oldest block that the read model was given and does not hold yet, from when its transactions were proposed',
    registers,
    collect() {
      this.set(lag.seconds());
    },
  });
}
