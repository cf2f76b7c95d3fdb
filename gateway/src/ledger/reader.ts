// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  operationId,
  type InputForm,
  type Operation,
  type Output,
} from '@thingledger/protocol';
import type { Caller, Target } from './caller.js';
import type { Ledger } from './port.js';
import { refusalOf } from './refusal-of.js';

/** Asks the ledger, on the member's own peer. */
export interface LedgerReader {
  /** The answer of an evaluate operation. Throws the Refusal that the contract, or the way to it, gave. */
  evaluate<T extends Operation>(operation: T, input: InputForm<T>, as: Caller): Promise<Output<T>>;
}

/** Makes a reader over any ledger. */
export function createReader(ledger: Ledger, route: (operation: Operation) => Target): LedgerReader {
  return {
    async evaluate<T extends Operation>(operation: T, input: InputForm<T>, as: Caller): Promise<Output<T>> {
      try {
        const call = { ...route(operation), fn: operationId(operation), args: [canonicalJson(input)] };
        const answer = await ledger.evaluate(call, as.identity);
        return JSON.parse(Buffer.from(answer).toString('utf8')) as Output<T>;
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };
}
