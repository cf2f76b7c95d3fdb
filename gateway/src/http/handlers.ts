// SPDX-License-Identifier: Apache-2.0
import type { Input, Operation, operations, Output } from '@thingledger/protocol';
import type { Principal } from '../principal.js';

type Operations = typeof operations;

/** The names of the operations the gateway answers itself. */
export type LocalOperationName = {
  [N in keyof Operations]: Operations[N]['mode'] extends 'local' ? N : never;
}[keyof Operations];

/** What a local operation may want to know of the request besides its input. */
export interface LocalContext {
  /** The Idempotency-Key the caller sent, made distinct for each item of a bulk request. */
  readonly idempotencyKey?: string;
  /** The proved answer of the operation that this one is proven by, to be taken in place of asking the ledger. */
  readonly basis?: unknown;
}

/**
 * Answers a local operation. Nobody gets the answer without the right to it on the ledger: a write begins when that is
 * checked, a read goes on meanwhile, so it must leave nothing behind.
 */
export type LocalHandler<N extends LocalOperationName> = (
  input: Input<Operations[N]>,
  as: Principal,
  context: LocalContext,
) => Promise<Output<Operations[N]>>;

/** A handler for every local operation. */
export type LocalHandlers = { readonly [N in LocalOperationName]: LocalHandler<N> };

/** A local handler without its exact types. */
export type AnyLocalHandler = (input: unknown, as: Principal, context: LocalContext) => Promise<unknown>;

/** The handler of a local operation; the registry and the handlers go by the same names. */
export function localHandler(local: LocalHandlers, operation: Operation): AnyLocalHandler {
  return local[operation.name as LocalOperationName] as AnyLocalHandler;
}
