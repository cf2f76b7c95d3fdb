// SPDX-License-Identifier: Apache-2.0
import {
  inflatePrivate,
  inflateStatement,
  itemsOf,
  operationId,
  parseWith,
  privateName,
  Refusal,
  runsOf,
  SignedStatement,
  statementIdOf,
  statements,
  StatementText,
  textName,
  type StatedOperation,
  type Runs,
  type StoredStatement,
} from '@thingledger/protocol';
import type { Overlay } from './overlay';

/** A statement as it comes in: what was signed, and its items, parsed, or refused one by one. */
export interface Statement<T = unknown> {
  readonly signed: Pick<StoredStatement, 'text' | 'signature'>;
  readonly operation: string;
  readonly text: string;
  readonly items: readonly (T | Refusal)[];
  /** By place, what of an item is not for the ledger; empty when the operation has no private member. */
  readonly privateParts: readonly unknown[];
}

/**
 * Reads the argument of an operation whose inputs are stated. Refuses what is no statement of that operation.
 *
 * @param transient the private values of the proposal
 */
export function readStatement(
  operation: StatedOperation,
  value: unknown,
  transient: (name: string) => Uint8Array | undefined,
): Statement {
  const { signature, text: given } = parseWith(SignedStatement, value);
  const signed = { signature, text: given ?? textBeside(transient(textName(signature))) };
  const text = inflateStatement(signed.text);
  const id = operationId(operation);
  const items = itemsOf(text, id).map((item) => {
    try {
      return parseWith(operation.item, item);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  });
  const privateParts = operation.private === undefined ? undefined : transient(privateName(text));
  return {
    signed,
    operation: id,
    text,
    items,
    privateParts: privateParts ? inflatePrivate(privateParts) : [],
  };
}

function textBeside(bytes: Uint8Array | undefined): string {
  if (!bytes)
    throw new Refusal('TL-INPUT-MALFORMED', { field: 'text' }, 'The statement came without its text');
  return parseWith(StatementText, Buffer.from(bytes).toString('latin1'));
}

/** A statement of the ledger, or one about to be kept there. */
export class OpenStatement {
  #items: readonly unknown[] | undefined;
  readonly #parsed = new Map<number, unknown>();

  constructor(
    readonly id: string,
    readonly row: StoredStatement,
    readonly text: string,
  ) {}

  /** The item at a place, by the schema of its operation. */
  item<S extends StatedOperation['item']>(schema: S, place: number): ReturnType<typeof parseWith<S>> {
    this.#items ??= itemsOf(this.text, this.row.operation);
    // A statement is of one operation, so an item has one schema.
    if (!this.#parsed.has(place)) this.#parsed.set(place, parseWith(schema, this.#items[place]));
    return this.#parsed.get(place) as ReturnType<typeof parseWith<S>>;
  }
}

/** The statements that a transaction reads and keeps; each is inflated once. */
export class Statements {
  readonly #opened = new Map<string, OpenStatement>();
  #begun = 0;

  constructor(
    private readonly state: Overlay,
    private readonly txId: string,
  ) {}

  /** A statement by its id; undefined when there is none. */
  async open(statementId: string): Promise<OpenStatement | undefined> {
    const known = this.#opened.get(statementId);
    if (known) return known;
    const row = await this.state.get(statements, statementId);
    return row && this.#open(statementId, row, inflateStatement(row.text));
  }

  /** Gives a statement its id, under which it can be opened from now on; it stays when it is kept. */
  begin(
    { signed, text, operation, items }: Statement,
    when: Pick<StoredStatement, 'by' | 'at' | 'rules'>,
  ): OpenStatement {
    const id = statementIdOf({ txId: this.txId, at: when.at }, this.#begun);
    this.#begun += 1;
    const records = runsOf(items.keys());
    return this.#open(id, { ...signed, ...when, operation, txId: this.txId, records }, text);
  }

  /** Keeps a statement on the ledger, with those of its items that became records. */
  keep({ id, row }: OpenStatement, records: Runs): void {
    this.state.put(statements, { ...row, records }, id);
  }

  #open(id: string, row: StoredStatement, text: string): OpenStatement {
    const opened = new OpenStatement(id, row, text);
    this.#opened.set(id, opened);
    return opened;
  }
}
