// SPDX-License-Identifier: Apache-2.0
import type {
  Call,
  Commit,
  CommittedBlock,
  Endorsed,
  Identity,
  Ledger,
  LedgerError,
  LedgerEvent,
} from '@thingledger/gateway';

/** A running network with the chaincode `behaviour` on a channel, as the behaviour suite needs it. */
export interface LedgerUnderTest {
  readonly channel: string;
  readonly chaincode: string;
  /** A private collection of maker and customs. */
  readonly collection: string;
  /** The member's door: maker, carrier, bank, inspection or customs. */
  ledger(member: string): Ledger;
  /** A client of the member that its authority vouches for. */
  identity(member: string): Identity;
  /** Someone who calls himself a client of maker, with a certificate of another authority. */
  impostor(): Identity;
  /** Stops the whole network and starts it on what it left on disk. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The members of the network under test. */
export const members = ['maker', 'carrier', 'bank', 'inspection', 'customs'];

/** One client of one member, and the calls the suite makes as it. */
export class Actor {
  readonly #network: LedgerUnderTest;
  readonly member: string;

  constructor(network: LedgerUnderTest, member: string) {
    this.#network = network;
    this.member = member;
  }

  get ledger(): Ledger {
    return this.#network.ledger(this.member);
  }

  get identity(): Identity {
    return this.#network.identity(this.member);
  }

  call(fn: string, ...args: string[]): Call {
    const { channel, chaincode } = this.#network;
    return { channel, chaincode, fn: `behaviour:${fn}`, args };
  }

  /** What the function returns, read from the member's own peer. */
  async read(fn: string, ...args: string[]): Promise<string> {
    return text(await this.ledger.evaluate(this.call(fn, ...args), this.identity));
  }

  endorse(fn: string, ...args: string[]): Promise<Endorsed> {
    return this.ledger.endorse(this.call(fn, ...args), this.identity);
  }

  /**
   * Submits and waits until every member's peer has committed it: whoever endorses what comes next then stands where
   * the caller does. The outcome is the caller's own.
   */
  async commit(endorsed: Endorsed): Promise<Commit> {
    let cause: LedgerError | undefined;
    await this.ledger.submit(endorsed, this.identity).catch((error: unknown) => {
      // Nothing is decided by it: a Fabric orderer that comes late to what the others have ordered answers so too.
      cause = error as LedgerError;
      if (cause.kind !== 'unavailable') throw error;
    });
    const everywhere = members.map((member) => new Actor(this.#network, member).status(endorsed.txId));
    const commits = await Promise.all(everywhere).catch((error: unknown) => {
      throw cause ? new Error(`${String(error)} after ${cause.message}`, { cause }) : error;
    });
    return commits[members.indexOf(this.member)]!;
  }

  status(txId: string, signal = AbortSignal.timeout(20_000)): Promise<Commit> {
    return this.ledger.commitStatus(this.#network.channel, txId, this.identity, signal);
  }

  /** Endorses, submits and waits; the result and what became of it. */
  async write(fn: string, ...args: string[]): Promise<Commit & { txId: string; result: string }> {
    const endorsed = await this.endorse(fn, ...args);
    return { ...(await this.commit(endorsed)), txId: endorsed.txId, result: text(endorsed.result) };
  }

  /** Writes with one transient field, `value`. */
  async writePrivately(value: string, fn: string, ...args: string[]): Promise<Commit> {
    const call = { ...this.call(fn, ...args), transient: { value: Buffer.from(value) } };
    return this.commit(await this.ledger.endorse(call, this.identity));
  }

  events(
    from: { block: bigint; afterTxId?: string } | 'now',
    signal: AbortSignal,
  ): AsyncIterable<LedgerEvent> {
    const { channel, chaincode } = this.#network;
    return this.ledger.events(channel, chaincode, from, this.identity, signal);
  }

  blocks(from: bigint, signal: AbortSignal): AsyncIterable<CommittedBlock> {
    return this.ledger.blocks(this.#network.channel, from, this.identity, signal);
  }

  /** The first events of a stream, names only. */
  async eventNames(
    from: { block: bigint; afterTxId?: string },
    count: number,
    prefix: string,
  ): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.events(from, AbortSignal.timeout(20_000))) {
      if (name.startsWith(prefix)) names.push(name);
      if (names.length === count) break;
    }
    return names;
  }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** The error a call fails with. Fails the test when it does not fail. */
export async function failureOf(work: Promise<unknown>): Promise<LedgerError> {
  try {
    await work;
  } catch (error) {
    return error as LedgerError;
  }
  throw new Error('expected the call to fail');
}

/** Repeats a check until it holds: private values reach other members a little later, and peers take time to start. */
export async function eventually(check: () => Promise<void>, patience = 10_000): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
