// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  encodeRefusal,
  operations,
  parseInput,
  Refusal,
  type Operation,
} from '@thingledger/protocol';
import { Context, Contract } from 'fabric-contract-api';
import { execute, type Handler, type Request } from '../execute';
import { Transaction } from '../transaction';
import { portOver } from './port';

/** Fabric's transaction context, with the kernel's transaction on it. */
export class LedgerContext extends Context {
  tx!: Transaction;
}

/** Makes keys known that a method will read, once the first ones are there; see {@link LedgerContract.follow}. */
export type Follow = (tx: Transaction, input: never) => readonly string[];

/**
 * Base of all contracts. A subclass has one method an operation, named like it, that takes the context and the parsed
 * input: load, call the domain, store, emit. What surrounds a method is done here: parsing, authorisation, prefetch,
 * one flush, one event envelope, coded refusals.
 */
export abstract class LedgerContract extends Contract {
  /** By operation name: keys that follow from state already read, so that a batch reads them in one message. */
  readonly follow: Readonly<Record<string, Follow>> = {};

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  /** The handler of one of this contract's operations. Refuses with `TL-OPERATION-UNKNOWN`. */
  handler(name: string): Handler {
    const operation = Object.hasOwn(operations, name)
      ? (operations as Record<string, Operation>)[name]
      : undefined;
    const method = (this as unknown as Record<string, unknown>)[name];
    if (operation?.contract !== this.getName() || typeof method !== 'function') {
      throw new Refusal('TL-OPERATION-UNKNOWN', { operation: `${this.getName()}:${name}` });
    }
    const follow = this.follow[name] as ((tx: Transaction, input: unknown) => readonly string[]) | undefined;
    return {
      operation,
      ...(follow ? { follow } : {}),
      run: (tx, input) => {
        const context = this.createContext();
        context.tx = tx;
        return (method as (context: LedgerContext, input: unknown) => Promise<unknown>).call(
          this,
          context,
          input,
        );
      },
    };
  }

  // Fabric types the result as void, but takes what is returned for the answer.
  override async aroundTransaction(
    context: LedgerContext,
    fn: unknown,
    parameters: readonly string[],
  ): Promise<never> {
    return runInTransaction(context, async (tx) => {
      const [outcome] = await execute(tx, [requestOf(this.handler(String(fn)), parameters[0])]);
      if (!outcome?.ok) {
        const refusal = outcome?.refusal;
        throw new Refusal(refusal?.code ?? 'TL-INTERNAL', refusal?.fields, refusal?.detail);
      }
      return outcome.result;
    });
  }
}

/** Opens the transaction, runs work, completes it; what leaves is canonical JSON or an encoded refusal. */
async function runInTransaction(
  context: LedgerContext,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<never> {
  try {
    context.tx = new Transaction(portOver(context.stub));
    const result = await work(context.tx);
    await context.tx.complete();
    // Fabric's serializer passes strings on as they are.
    return canonicalJson(result) as never;
  } catch (error) {
    throw error instanceof Refusal ? new Error(encodeRefusal(error)) : error;
  }
}

function requestOf(handler: Handler, text: string | undefined): Request {
  try {
    return { handler, input: JSON.parse(text === undefined || text === '' ? '{}' : text) as unknown };
  } catch {
    throw new Refusal('TL-INPUT-MALFORMED');
  }
}

/** The contract `batch` over the other contracts of a chaincode: any list of their operations in one transaction. */
export function batchContractOver(
  contracts: readonly (new () => LedgerContract)[],
): new () => LedgerContract {
  const byName = new Map(
    contracts.map((ContractClass) => {
      const contract = new ContractClass();
      return [contract.getName(), contract] as const;
    }),
  );
  return class BatchContract extends LedgerContract {
    constructor() {
      super('batch');
    }

    override async aroundTransaction(
      context: LedgerContext,
      fn: unknown,
      parameters: readonly string[],
    ): Promise<never> {
      return runInTransaction(context, async (tx) => {
        if (fn !== operations.runBatch.name)
          throw new Refusal('TL-OPERATION-UNKNOWN', { operation: String(fn) });
        const { input } = requestOf(
          { operation: operations.runBatch, run: () => Promise.resolve() },
          parameters[0],
        );
        const { operations: calls } = parseInput(operations.runBatch, input);
        return {
          outcomes: await execute(
            tx,
            calls.map((call) => this.#request(call)),
          ),
        };
      });
    }

    /** Named so that Fabric's introspection finds it; all is done around it. */
    runBatch(): void {}

    #request(call: { operation: string; input?: unknown }): Request | Refusal {
      const [contract = '', name = ''] = call.operation.split(':');
      try {
        const handler = byName.get(contract)?.handler(name);
        if (handler?.operation.mode !== 'submit')
          throw new Refusal('TL-OPERATION-UNKNOWN', { operation: call.operation });
        return { handler, input: call.input };
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
    }
  };
}
