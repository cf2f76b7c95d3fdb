// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import type { RefusalCode } from './catalogue';
import { Refusal, type RefusalData } from './refusal';
import type { Role } from './values';

/** Who may call: participants with any of these roles, any registered participant, an administrator, or everybody. */
export type Callers = readonly Role[] | 'participant' | 'administrator' | 'anyone';

/** One row of a use case's critical data-flow table (requirement X11). */
export interface DataFlow {
  readonly useCase: string;
  readonly activity: string;
  /** Whether the data stays inside one system or crosses between systems. */
  readonly scope: 'inside' | 'between';
  readonly stakeholder: string;
  readonly category: string;
  /** A ledger–ledger, B ledger–outside, C administration–ledger, D user–ledger, N within and between nodes. */
  readonly flow: 'A' | 'B' | 'C' | 'D' | 'N';
  readonly dataType: string;
  readonly deviceType: string;
}

/** Where the operation is found in REST. Path parameters, `{thing}`, and the query are members of the input. */
export interface Rest {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** Status of success; 200 unless said otherwise. */
  readonly success?: 200 | 201 | 202 | 204;
}

/** The state keys an operation is known to touch before it runs, from its input and its caller's participant id. */
export interface Touches {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/**
 * One operation, declared once (design 2). Argument validation and authorisation in chaincode, Fabric's contract
 * metadata, REST route, OpenAPI, typed client and data-flow row all derive from it.
 */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** The contract that runs it; `gateway` for those the gateway answers itself. */
  readonly contract: string;
  /** The transaction function. Unique over all contracts. */
  readonly name: string;
  /** submit changes the ledger; evaluate asks one peer; local is answered by the gateway. */
  readonly mode: 'submit' | 'evaluate' | 'local';
  readonly summary: string;
  readonly requirements: readonly string[];
  readonly callers: Callers;
  readonly input: I;
  readonly output: O;
  /** The refusals it can give besides those that any call can meet. */
  readonly refusals: readonly RefusalCode[];
  readonly rest: Rest;
  readonly dataFlow: DataFlow;
  /** Name of the input member that the gateway derives from the Idempotency-Key when the caller leaves it out. */
  readonly idMember?: string;
  /**
   * Present where the caller signs what it says. On the ledger such inputs are items, of this schema, of a signed
   * statement; the input has a `signature` beside the item's members for callers that keep their own key.
   */
  readonly item?: z.ZodType;
  /**
   * Name of the input's member that goes to the endorsing peers as transient data and is not written to the ledger; no
   * member of the item.
   */
  readonly private?: string;
  /**
   * On local operations: name of the evaluate operation, of the same input and callers, whose answer this one’s is made
   * from, asked as the caller; so it can be proved. Evaluate operations are provable by themselves; no other is.
   */
  readonly provenBy?: string;
  /**
   * Present on submit operations: what to prefetch, and what two transactions in flight must not share. On evaluate
   * operations what to prefetch, where that saves a message.
   */
  touches?(input: z.output<I>, caller: string): Touches;
}

/** An operation whose inputs go to the ledger as items of signed statements. */
export type StatedOperation = Operation & { readonly item: z.ZodType };

/** The parsed input of an operation. */
export type Input<T extends Operation> = z.output<T['input']>;
/** What a caller may write as input of an operation. */
export type InputForm<T extends Operation> = z.input<T['input']>;
/** The answer of an operation. */
export type Output<T extends Operation> = z.output<T['output']>;

/** The members of an operation whose literal types the typed client is made from. */
export interface Literals<
  N extends string,
  M extends Operation['mode'],
  H extends Rest['method'],
  D extends string,
  P extends string = never,
> {
  readonly name: N;
  readonly mode: M;
  readonly rest: Rest & { readonly method: H };
  readonly idMember?: D;
  readonly provenBy?: P;
}

/** Declares an operation; keeps its exact types. */
export function defineOperation<
  I extends z.ZodType,
  O extends z.ZodType,
  N extends string,
  M extends Operation['mode'],
  H extends Rest['method'],
  D extends string = never,
  P extends string = never,
>(operation: Operation<I, O> & Literals<N, M, H, D, P>): Operation<I, O> & Literals<N, M, H, D, P> {
  return operation;
}

/** Whether an answer to the operation follows from transactions, so that it can be proved. */
export function isProvable({ mode, provenBy }: Operation): boolean {
  return mode === 'evaluate' || provenBy !== undefined;
}

/** `contract:name`, as Fabric calls a transaction function. */
export function operationId(operation: Operation): string {
  return `${operation.contract}:${operation.name}`;
}

/**
 * Parses an input by its operation's schema. Refuses with `TL-INPUT-INVALID`, naming each field, or with the more
 * telling code that a value's own schema gave, such as `TL-ID-CHECK-DIGIT`.
 */
export function parseInput<T extends Operation>(operation: T, value: unknown): Input<T> {
  return parseWith(operation.input, value) as Input<T>;
}

/** {@link parseInput} for any schema. */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const refusal =
      issue.code === 'custom' ? (issue.params?.['refusal'] as RefusalData | undefined) : undefined;
    if (refusal) {
      throw new Refusal(
        refusal.code,
        { field: issue.path.map(String).join('.'), ...refusal.fields },
        refusal.detail,
      );
    }
  }
  const problems = parsed.error.issues.slice(0, 10).map((issue) => {
    const field = issue.path.map(String).join('.');
    return `${field === '' ? '(body)' : field}: ${issue.message}`;
  });
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.map(String).join('.')))].slice(
    0,
    10,
  );
  throw new Refusal(
    'TL-INPUT-INVALID',
    { fields, problems },
    `The input is not valid: ${problems[0] ?? 'unknown'}`,
  );
}
