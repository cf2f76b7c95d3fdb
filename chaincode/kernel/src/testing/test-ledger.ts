// SPDX-License-Identifier: Apache-2.0
import { operationId, operations, sha256, type OperationName, type Outcome } from '@thingledger/protocol';
import { execute } from '../execute';
import type { LedgerContract } from '../fabric/contract';
import type { StateWrite, TransactionPort } from '../state-port';
import { Transaction } from '../transaction';

/** A caller for tests: MSP id and PEM certificate. */
export interface TestCaller {
  readonly mspId: string;
  readonly certificate: Uint8Array;
}

/** What one run of a transaction read, wrote and said. */
export interface TestRun {
  readonly outcomes: readonly Outcome[];
  readonly reads: readonly string[];
  readonly writes: readonly StateWrite[];
  readonly event: string | undefined;
  /** Messages to the peer: multi-key reads and the flush. */
  readonly roundTrips: number;
}

/** Thrown when two runs of one transaction differ. */
export class NondeterminismError extends Error {
  override readonly name = 'NondeterminismError';
}

/**
 * A ledger in memory for unit tests of contracts: every transaction runs twice over the same state and must read,
 * write, emit and answer the same both times; then its writes are committed.
 */
export class TestLedger {
  readonly state = new Map<string, Uint8Array>();
  now = new Date('2026-01-01T00:00:00.000Z');
  readonly #contracts: ReadonlyMap<string, LedgerContract>;
  #transactions = 0;

  constructor(contracts: readonly (new () => LedgerContract)[]) {
    this.#contracts = new Map(
      contracts.map((ContractClass) => {
        const contract = new ContractClass();
        return [contract.getName(), contract];
      }),
    );
  }

  /** Runs operations of one caller in one transaction and commits what they wrote. */
  async run(
    caller: TestCaller,
    calls: readonly (readonly [OperationName, unknown])[],
    transient: ReadonlyMap<string, Uint8Array> = new Map(),
  ): Promise<TestRun> {
    this.#transactions += 1;
    const txId = sha256(String(this.#transactions));
    const first = await this.#simulate(txId, caller, calls, transient);
    const second = await this.#simulate(txId, caller, calls, transient);
    if (JSON.stringify(first) !== JSON.stringify(second)) {
      throw new NondeterminismError(`${calls.map(([name]) => name).join(', ')}: two runs differ`);
    }
    for (const { key, value } of first.writes) {
      if (value === undefined) this.state.delete(key);
      else this.state.set(key, value);
    }
    return first;
  }

  /** Runs one operation and gives its outcome. */
  async call(
    caller: TestCaller,
    name: OperationName,
    input: unknown,
    transient?: ReadonlyMap<string, Uint8Array>,
  ): Promise<Outcome> {
    const { outcomes } = await this.run(caller, [[name, input]], transient);
    return outcomes[0] as Outcome;
  }

  async #simulate(
    txId: string,
    caller: TestCaller,
    calls: readonly (readonly [OperationName, unknown])[],
    transient: ReadonlyMap<string, Uint8Array>,
  ): Promise<TestRun> {
    const reads: string[] = [];
    const writes: StateWrite[] = [];
    let event: string | undefined;
    let roundTrips = 0;
    const port: TransactionPort = {
      txId,
      timestamp: this.now,
      creator: caller,
      getMany: (keys) => {
        roundTrips += 1;
        reads.push(...keys);
        return Promise.resolve(keys.map((key) => this.state.get(key)));
      },
      writeAll: (all) => {
        roundTrips += 1;
        writes.push(...all);
        return Promise.resolve();
      },
      transient: (name) => transient.get(name),
      setEvent: (_, payload) => {
        event = Buffer.from(payload).toString('utf8');
      },
    };
    const tx = new Transaction(port);
    const requests = calls.map(([name, input]) => {
      const contract = this.#contracts.get(operations[name].contract);
      if (!contract) throw new TypeError(`no contract here runs ${operationId(operations[name])}`);
      return { handler: contract.handler(name), input };
    });
    const outcomes = await execute(tx, requests);
    await tx.complete();
    return { outcomes, reads, writes, event, roundTrips };
  }
}
