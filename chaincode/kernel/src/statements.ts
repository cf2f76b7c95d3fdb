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
  StatementRoom,
  statements,
  StatementText,
  textName,
  type StatedOperation,
  type Runs,
  type StoredStatement,
} from '@thingledger/protocol';
import type { Overlay } from './overlay';
import type { TransactionPort } from './state-port';

/** A statement as it comes in: what was signed, and its items, parsed, or refused one by one. */
export interface Statement<T = unknown> {
  readonly signed: Pick<StoredStatement, 'text' | 'signature'>;
  readonly operation: string;
  readonly text: string;
  readonly items: readonly (T | Refusal)[];
  /** By place, what of an item is not for the ledger; empty when the operation has no private member. */
  readonly privateParts: readonly unknown[];
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

/** What statements need to know of their transaction. */
type Carrier = Pick<TransactionPort, 'txId' | 'transient'> & { readonly now: string };

/** The statements that a transaction takes, reads and keeps; each of those it reads is inflated once. */
export class Statements {
  readonly #opened = new Map<string, OpenStatement>();
  readonly #room = new StatementRoom();
  /** What was signed, by signature. */
  readonly #signed = new Map<string, string>();
  #begun = 0;

  constructor(
    private readonly state: Overlay,
    private readonly carrier: Carrier,
  ) {}

  /**
   * Takes the argument of an operation whose inputs are stated. Refuses with `TL-INPUT-MALFORMED` and `TL-INPUT-INVALID`
   * what is no statement of that operation, with `TL-INPUT-TOO-LARGE` too many together, and with `TL-SIGNATURE-INVALID`
   * a second text under one signature: it stands for its text wherever the arguments name it alone.
   */
  take(operation: StatedOperation, value: unknown): Statement {
    const { carrier } = this;
    const { signature, text: given } = parseWith(SignedStatement, value);
    const signed = { signature, text: given ?? textBeside(carrier.transient(textName(signature))) };
    const text = this.#room.inflate(signed.text);
    if ((this.#signed.get(signature) ?? text) !== text)
      throw new Refusal('TL-SIGNATURE-INVALID', { field: 'signature' }, 'One signature stands for two texts');
    this.#signed.set(signature, text);
    const id = operationId(operation);
    const items = itemsOf(text, id).map((item) => {
      try {
        return parseWith(operation.item, item);
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
    });
    const privateParts = operation.private === undefined ? undefined : carrier.transient(privateName(text));
    return {
      signed,
      operation: id,
      text,
      items,
      privateParts: privateParts ? inflatePrivate(privateParts) : [],
    };
  }

  /** The keys under which so many statements of this transaction will lie. */
  keysOf(count: number): string[] {
    return Array.from({ length: count }, (_, place) => statements.key(statementIdOf(this.#origin, place)));
  }

  /** A statement by its id; undefined when there is none. */
  async open(statementId: string): Promise<OpenStatement | undefined> {
    const known = this.#opened.get(statementId);
    if (known) return known;
    const row = await this.state.get(statements, statementId);
    return row && this.#open(statementId, row, inflateStatement(row.text));
  }

  /**
   * Gives a statement its id, under which it can be opened from now on; it stays when it is kept. Refuses with
   * `TL-STATEMENT-EXISTS` when something lies under that id: what was voted on is not written over (decision 0020).
   */
  async begin(
    { signed, text, operation, items }: Statement,
    when: Pick<StoredStatement, 'by' | 'rules'>,
  ): Promise<OpenStatement> {
    const { txId, at } = this.#origin;
    const id = statementIdOf({ txId, at }, this.#begun);
    this.#begun += 1;
    if (await this.state.get(statements, id)) throw new Refusal('TL-STATEMENT-EXISTS', { statementId: id });
    const records = runsOf(items.keys());
    return this.#open(id, { ...signed, ...when, at, operation, txId, records }, text);
  }

  /** Keeps a statement on the ledger, with those of its items that became records. */
  keep({ id, row }: OpenStatement, records: Runs): void {
    this.state.put(statements, { ...row, records }, id);
  }

  get #origin(): { readonly txId: string; readonly at: string } {
    return { txId: this.carrier.txId, at: this.carrier.now };
  }

  #open(id: string, row: StoredStatement, text: string): OpenStatement {
    const opened = new OpenStatement(id, row, text);
    this.#opened.set(id, opened);
    return opened;
  }
}
