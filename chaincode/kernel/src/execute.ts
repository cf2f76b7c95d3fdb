// SPDX-License-Identifier: Apache-2.0
import {
  operations,
  operationId,
  parseInput,
  participants,
  Refusal,
  RULES_KEY,
  verifyEs256,
  type Operation,
  type Outcome,
  type Participant,
  type StatedOperation,
} from '@thingledger/protocol';
import { authorise, standingOf } from './caller';
import type { Statement } from './statements';
import type { Transaction } from './transaction';

/** The code behind one operation: its contract, as the kernel calls it. */
export interface Handler {
  readonly operation: Operation;
  /** Keys it will read that only show once the first ones are known, by input or item; read together for a whole batch. */
  follow?(tx: Transaction, input: unknown): readonly string[];
  /** Takes the parsed input; of operations whose inputs are stated, a {@link Statement} that its caller signed. */
  run(tx: Transaction, input: unknown): Promise<unknown>;
}

/** One call of a transaction: the handler, and its input not yet parsed. */
export interface Request {
  readonly handler: Handler;
  readonly input: unknown;
}

/** A request that was parsed, with the inputs in it that touch state: itself, or its items. */
interface Parsed {
  readonly handler: Handler;
  readonly input: unknown;
  readonly subjects: readonly unknown[];
}

type Prepared = Parsed | { readonly refusal: Refusal };

/**
 * Runs the requests of one transaction in order (design 3, Batch): parse all, read what they name in one message and
 * what follows from that in a second, then run each in a savepoint. Refusals become outcomes; anything else thrown is
 * a fault of ours and fails the transaction.
 */
export async function execute(tx: Transaction, requests: readonly (Request | Refusal)[]): Promise<Outcome[]> {
  const prepared = requests.map((request) => prepare(tx, request));
  const parsed = prepared.filter((item): item is Parsed => 'handler' in item);
  const { id } = tx.caller;
  const keys = parsed.flatMap(({ handler: { operation }, subjects }) =>
    subjects.flatMap((subject) => operation.touches?.(subject, id).reads ?? []),
  );
  const stated = parsed.filter(({ handler }) => isStated(handler.operation)).length;
  await tx.state.prefetch([RULES_KEY, participants.key(id), ...tx.statements.keysOf(stated), ...keys]);
  await tx.state.prefetch(
    parsed.flatMap(({ handler, subjects }) =>
      subjects.flatMap((subject) => handler.follow?.(tx, subject) ?? []),
    ),
  );
  const outcomes: Outcome[] = [];
  for (const item of prepared) outcomes.push(await outcomeOf(tx, item));
  return outcomes;
}

function prepare(tx: Transaction, request: Request | Refusal): Prepared {
  if (request instanceof Refusal) return { refusal: request };
  const { handler } = request;
  const { operation } = handler;
  try {
    if (!isStated(operation)) {
      const input: unknown = parseInput(operation, request.input);
      return { handler, input, subjects: [input] };
    }
    const statement = tx.statements.take(operation, request.input);
    return {
      handler,
      input: statement,
      subjects: statement.items.filter((item) => !(item instanceof Refusal)),
    };
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
      const standing = await standingOf(tx.caller, tx.state);
      authorise(operation.callers, tx.caller, standing, founding);
      if (isStated(operation)) requireSignature(item.input as Statement, standing.participant);
      return item.handler.run(tx, item.input);
    });
    return { ok: true, result };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, refusal: error.toData() };
    throw error;
  }
}

function isStated(operation: Operation): operation is StatedOperation {
  return operation.item !== undefined;
}

/** Refuses with `TL-SIGNATURE-INVALID` a statement that the participant's registered key did not sign. */
function requireSignature({ text, signed }: Statement, signer: Participant | undefined): void {
  if (signer && verifyEs256(signer.publicKey, text, signed.signature)) return;
  throw new Refusal('TL-SIGNATURE-INVALID', { field: 'signature', signer: signer?.participant ?? '' });
}
