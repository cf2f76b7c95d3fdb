// SPDX-License-Identifier: Apache-2.0
import {
  operations,
  parseInput,
  participants,
  registeredOperation,
  RULES_KEY,
  type Operation,
  type Touches,
} from '@thingledger/protocol';

/** Read by every operation, written by one that does not say what it touches: such a one runs with nothing beside it. */
const EVERYTHING = '*';

/** The keys of one call, together with those the kernel reads for every caller. */
export function touchedBy(operation: Operation, input: unknown, caller: string): Touches {
  const common = [EVERYTHING, RULES_KEY, participants.key(caller)];
  if (operation.name === operations.runBatch.name) {
    const inner = (input as { operations: { operation: string; input: unknown }[] }).operations.map((call) =>
      touchedByUnparsed(call.operation, call.input, caller),
    );
    return {
      reads: [...common, ...inner.flatMap(({ reads }) => reads)],
      writes: inner.flatMap(({ writes }) => writes),
    };
  }
  if (!operation.touches) return { reads: common, writes: [EVERYTHING] };
  const own = operation.touches(input, caller);
  return { reads: [...common, ...own.reads], writes: own.writes };
}

function touchedByUnparsed(id: string, input: unknown, caller: string): Touches {
  const operation = registeredOperation(id);
  if (!operation) return { reads: [], writes: [] };
  try {
    return touchedBy(operation, parseInput(operation, input), caller);
  } catch {
    // The contract refuses what does not parse, and what is refused writes nothing.
    return { reads: [], writes: [] };
  }
}

/**
 * Keys in use by transactions in flight: many readers or one writer a key. Two transactions that share a written key,
 * or one reading what the other writes, would fail as a conflict and take a whole batch with them (design 3).
 */
export class KeyTable {
  /** Readers of a key; -1 for a writer. */
  readonly #held = new Map<string, number>();

  conflicts({ reads, writes }: Touches): boolean {
    if (this.#held.size === 0) return false;
    return writes.some((key) => this.#held.has(key)) || reads.some((key) => this.#held.get(key) === -1);
  }

  /**
   * Takes the keys of several calls as one. The returned function gives them back, and is only for tables that nobody
   * holds conflicting keys of.
   */
  hold(calls: readonly Touches[]): () => void {
    const writes = new Set<string>();
    for (const call of calls) for (const key of call.writes) writes.add(key);
    const reads = new Set<string>();
    for (const call of calls) for (const key of call.reads) if (!writes.has(key)) reads.add(key);
    for (const key of reads) {
      const readers = this.#held.get(key) ?? 0;
      if (readers >= 0) this.#held.set(key, readers + 1);
    }
    for (const key of writes) this.#held.set(key, -1);
    return () => {
      for (const key of writes) this.#held.delete(key);
      for (const key of reads) {
        const readers = (this.#held.get(key) ?? 0) - 1;
        if (readers > 0) this.#held.set(key, readers);
        else this.#held.delete(key);
      }
    };
  }
}

/** Whether two calls can not be in flight together. */
export function clash(a: Touches, b: Touches): boolean {
  const writes = new Set(a.writes);
  if (b.writes.some((key) => writes.has(key)) || b.reads.some((key) => writes.has(key))) return true;
  const reads = new Set(a.reads);
  return b.writes.some((key) => reads.has(key));
}
