// SPDX-License-Identifier: Apache-2.0
import { RECEIPT_BLOCK_BYTES, RECEIPT_CONFIGURATIONS, Refusal } from '@thingledger/protocol';
import {
  type Block,
  Configuration,
  readBlock,
  serialisedIdentity,
  type Transaction,
  transactionIn,
} from '@thingledger/receipts';
import { LedgerError } from '../port.js';

/** Asks `qscc`, the query chaincode that every peer has, about one channel. */
export interface ChainQueries {
  /** The own peer’s answer. */
  ask(fn: string, ...args: string[]): Promise<Uint8Array>;
  /** One envelope with the answer that a peer of each of these members signed; fails when they differ or one is missing. */
  signed(members: readonly string[], fn: string, ...args: string[]): Promise<Uint8Array>;
}

/** A block as the peer keeps it, and taken apart. */
export interface Fetched {
  readonly bytes: Uint8Array;
  readonly block: Block;
}

/** The blocks of a channel as the own peer has them; each is asked for once. */
export class ChainReader {
  readonly #known = new Map<number, Promise<Fetched>>();
  readonly #transactions = new Map<number, readonly (Transaction | undefined)[]>();

  constructor(
    private readonly channel: string,
    private readonly ownMember: string,
    private readonly queries: ChainQueries,
  ) {}

  /** A block by its number. */
  block(number: number): Promise<Fetched> {
    const known =
      this.#known.get(number) ??
      this.queries.ask('GetBlockByNumber', this.channel, String(number)).then(fetched);
    this.#known.set(number, known);
    return known;
  }

  /** The block with a transaction; undefined when the peer knows none of this id. */
  async blockOf(txId: string): Promise<Fetched | undefined> {
    try {
      const found = fetched(await this.queries.ask('GetBlockByTxID', this.channel, txId));
      this.#known.set(found.block.number, Promise.resolve(found));
      return found;
    } catch (error) {
      // To a member that may ask and an id of the right form, qscc says no for one reason: it is not in the index.
      if (error instanceof LedgerError && error.kind === 'refused') return undefined;
      throw error;
    }
  }

  /** What stands at each place of a block, read once; undefined for what is no transaction. */
  transactionsOf({ number, envelopes }: Block): readonly (Transaction | undefined)[] {
    const known = this.#transactions.get(number) ?? envelopes.map(transactionIn);
    this.#transactions.set(number, known);
    return known;
  }

  /** Every configuration block from the first to a number. Refuses with `TL-INPUT-TOO-LARGE`. */
  async configurationsTo(last: number): Promise<Fetched[]> {
    const configuration: Fetched[] = [];
    for (let number = last; ;) {
      configuration.unshift(await this.block(number));
      if (number === 0) return configuration;
      if (configuration.length === RECEIPT_CONFIGURATIONS) tooLarge(RECEIPT_CONFIGURATIONS);
      ({ lastConfiguration: number } = (await this.block(number - 1)).block);
    }
  }

  /**
   * What members’ peers sign about a transaction: all members’, when they answer with one voice, else the endorsers’, else
   * the own peer’s. Undefined when none does.
   */
  async attest({ txId, endorsements }: Transaction, { block }: Fetched): Promise<Uint8Array | undefined> {
    const groups = [
      Configuration.of(block).members,
      endorsements.map(({ endorser }) => serialisedIdentity(endorser).member),
      [this.ownMember],
    ];
    for (const members of groups) {
      if (members.length === 0) continue;
      try {
        return await this.queries.signed([...new Set(members)], 'GetTransactionByID', this.channel, txId);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
      }
    }
    return undefined;
  }
}

function fetched(bytes: Uint8Array): Fetched {
  if (bytes.length > RECEIPT_BLOCK_BYTES) tooLarge(RECEIPT_BLOCK_BYTES);
  return { bytes, block: readBlock(bytes) };
}

function tooLarge(limit: number): never {
  throw new Refusal(
    'TL-INPUT-TOO-LARGE',
    { limit },
    'The proof of this transaction is larger than a receipt takes',
  );
}
