// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { Network } from '@hyperledger/fabric-gateway';
import { percentile } from './measure.js';

/** How far tables were behind the member's own peer, in seconds, sampled. */
export interface LagSeconds {
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

const CATCH_UP_MS = 60_000;

/**
 * Measures how far a read model is behind its peer: the age of the oldest block that the peer has committed and the tables
 * do not hold. What a transaction took before its block was committed is no lag.
 */
export class LagWatch {
  /** When the peer told of each block, milliseconds since 1970. */
  readonly #committed = new Map<bigint, number>();
  #last: bigint | undefined;
  readonly #listening: Promise<void>;

  private constructor(
    private readonly metrics: string,
    private readonly blocks: Awaited<ReturnType<Network['getFilteredBlockEvents']>>,
  ) {
    this.#listening = this.#listen().catch(() => undefined);
  }

  /** @param metrics address of the gateway's metrics */
  static async start(network: Network, metrics: string): Promise<LagWatch> {
    return new LagWatch(metrics, await network.getFilteredBlockEvents());
  }

  /** Age of the oldest block that is missing in the tables, in seconds; 0 when none is. */
  async lag(): Promise<number> {
    // The gateway looks at its tables at once, and asks the peer for its height then, which may take a while.
    const asked = Date.now();
    const behind = await this.#behind();
    const last = this.#last;
    if (last === undefined || behind === 0) return 0;
    const committed = this.#committed.get(last - BigInt(behind) + 1n) ?? asked;
    return Math.max(0, asked - committed) / 1000;
  }

  /** Samples until the returned function is called, which sums up. */
  sample(everyMs: number): () => LagSeconds {
    const lags: number[] = [];
    const sampling = setInterval(() => {
      this.lag().then(
        (lag) => lags.push(lag),
        () => undefined,
      );
    }, everyMs);
    return () => {
      clearInterval(sampling);
      return { p50: percentile(lags, 0.5), p95: percentile(lags, 0.95), most: Math.max(...lags) };
    };
  }

  /** Waits until the tables have all that the peer has. */
  async caughtUp(): Promise<void> {
    for (const until = Date.now() + CATCH_UP_MS; (await this.#behind()) > 0; await pause(100))
      if (Date.now() > until) throw new Error('the read model did not catch up');
  }

  async stop(): Promise<void> {
    this.blocks.close();
    await this.#listening;
  }

  async #listen(): Promise<void> {
    for await (const block of this.blocks) {
      const number = BigInt(block.getNumber());
      this.#committed.set(number, Date.now());
      this.#last = number;
    }
  }

  async #behind(): Promise<number> {
    const response = await fetch(this.metrics);
    const [, value] = /^thingledger_read_model_lag_blocks\S* (\d+)$/m.exec(await response.text()) ?? [];
    if (value === undefined) throw new Error('the gateway does not say how far its read model is behind');
    return Number(value);
  }
}
