// SPDX-License-Identifier: Apache-2.0
import type {
  Compared,
  EventEnvelope,
  InputForm,
  OperationName,
  operations,
  Output,
  Problem,
  Proven,
} from '@thingledger/protocol';

type Operations = typeof operations;

/** The member of an input that the gateway fills in when it is left out. */
type FilledIn<N extends OperationName> = NonNullable<Operations[N]['idMember']>;

type MakeOptional<T, K extends PropertyKey> = Omit<T, K> & Partial<Pick<T, Extract<keyof T, K>>>;

/** What a caller writes as input of an operation. */
export type ClientInput<N extends OperationName> = [FilledIn<N>] extends [never]
  ? InputForm<Operations[N]>
  : MakeOptional<InputForm<Operations[N]>, FilledIn<N>>;

/** What an operation answers. */
export type ClientOutput<N extends OperationName> = Output<Operations[N]>;

/** Choices of one call. */
export interface CallOptions {
  /**
   * Makes a write safe to repeat; with it, the client repeats it by itself when the gateway says to wait or no answer came.
   * Without one it repeats only what never arrived whole.
   */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Asks the gateway for one operation. Rejects with `ProblemError` when it is refused. */
export type Call<N extends OperationName> = (
  input: ClientInput<N>,
  options?: CallOptions,
) => Promise<ClientOutput<N>>;

/** What became of one item of a bulk request. */
export type BulkResult<T> =
  | { readonly ok: true; readonly result: T; readonly txId?: string; readonly block?: string }
  | { readonly ok: false; readonly problem: Problem; readonly txId?: string; readonly block?: string };

/** The operations that change something, by name; `runBatch` is a list already. */
export type WriteName = Exclude<
  { [N in OperationName]: 'get' extends Operations[N]['rest']['method'] ? never : N }[OperationName],
  'runBatch'
>;

/** Sends a list of inputs of one operation; an outcome for each comes back, in order. */
export type BulkCall<N extends OperationName> = (
  inputs: readonly ClientInput<N>[],
  options?: CallOptions,
) => Promise<BulkResult<ClientOutput<N>>[]>;

/** The operations that ask the ledger, by name. */
export type ReadName = {
  [N in OperationName]: Operations[N]['mode'] extends 'evaluate' ? N : never;
}[OperationName];

/** Asks the own member's peer and those of all other members, and tells who agrees. */
export type ComparedCall<N extends OperationName> = (
  input: ClientInput<N>,
  options?: CallOptions,
) => Promise<Compared & { readonly answer: ClientOutput<N> }>;

/** The operations whose answers can be proved, by name. */
export type ProvableName =
  | ReadName
  | {
      [N in OperationName]: [NonNullable<Operations[N]['provenBy']>] extends [never] ? never : N;
    }[OperationName];

/** Asks for an answer with what proves it, for `verifyFile` of `@thingledger/receipts`. */
export type ProvenCall<N extends OperationName> = (
  input: ClientInput<N>,
  options?: CallOptions,
) => Promise<Proven & { readonly answer: ClientOutput<N> }>;

/** The events of one transaction, and where it stands on the ledger. */
export interface LedgerEvents extends EventEnvelope {
  /** `channel:block:txId`; hand it back as `after` to go on behind it. */
  readonly id: string;
  readonly channel: string;
  /** Number of the block, in decimal. */
  readonly block: string;
  readonly txId: string;
}

/** Where an event stream begins and ends. */
export interface EventOptions {
  /** Number of the block to begin with, or `now`; 0 when left out. */
  readonly from?: number | bigint | 'now';
  /** The id of the last event seen; goes on right behind it. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** A gateway as a typed object: one method an operation. */
export type Client = { readonly [N in OperationName]: Call<N> } & {
  readonly bulk: { readonly [N in WriteName]: BulkCall<N> };
  readonly compared: { readonly [N in ReadName]: ComparedCall<N> };
  readonly proven: { readonly [N in ProvableName]: ProvenCall<N> };
  /** The channel's events, replayed and then live. Reconnects by itself; ends when `signal` aborts. */
  events(options?: EventOptions): AsyncGenerator<LedgerEvents, void, undefined>;
};
