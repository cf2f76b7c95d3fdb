// SPDX-License-Identifier: Apache-2.0
import {
  operations,
  operationId,
  parseInput,
  participants,
  Refusal,
  RULES_KEY,
  type Operation,
  type Outcome,
} from '@thingledger/protocol';
import { authorise, standingOf } from './caller';
import type { Transaction } from './transaction';

/** The code behind one operation: its contract, as the kernel calls it. */
export interface Handler {
  readonly operation: Operation;
  /** Keys it will read that only show once the first ones are known; read together for a whole batch. */
  follow?(tx: Transaction, input: unknown): readonly string[];
  run(tx: Transaction, input: unknown): Promise<unknown>;
}

/** One call of a transaction: the handler, and its input not yet parsed. */
export interface Request {
  readonly handler: Handler;
  readonly input: unknown;
}

/** A request that was parsed, or the refusal that it earned. */
type Prepared = { readonly handler: Handler; readonly input: unknown } | { readonly refusal: Refusal };

/**
 * Runs the requests of one transaction in order (design 3, Batch): parse all, read what they name in one message and
 * what follows from that in a second, then run each in a savepoint. Refusals become outcomes; anything else thrown is
 * a fault of ours and fails the transaction.
 */
export async function execute(tx: Transaction, requests: readonly (Request | Refusal)[]): Promise<Outcome[]> {
  const prepared = requests.map((request) => prepare(request));
  const keys = [RULES_KEY, participants.key(tx.caller.id)];
  for (const item of prepared) {
    if ('handler' in item)
      keys.push(...(item.handler.operation.touches?.(item.input, tx.caller.id).reads ?? []));
  }
  await tx.state.prefetch(keys);
  await tx.state.prefetch(
    prepared.flatMap((item) => ('handler' in item ? (item.handler.follow?.(tx, item.input) ?? []) : [])),
  );
  const outcomes: Outcome[] = [];
  for (const item of prepared) outcomes.push(await outcomeOf(tx, item));
  return outcomes;
}

function prepare(request: Request | Refusal): Prepared {
  if (request instanceof Refusal) return { refusal: request };
  try {
    return { handler: request.handler, input: parseInput(request.handler.operation, request.input) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

async function outcomeOf(tx: Transaction, item: Prepared): Promise<Outcome> {
  if ('refusal' in item) return { ok: false, refusal: item.refusal.toData() };
  const { operation } = item.handler;
  try {
    const result = await tx.savepoint(async () => {
      const founding = operationId(operation) === operationId(operations.initialiseGovernance);
      authorise(operation.callers, tx.caller, await standingOf(tx.caller, tx.state), founding);
      return item.handler.run(tx, item.input);
    });
    return { ok: true, result };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, refusal: error.toData() };
    throw error;
  }
}
