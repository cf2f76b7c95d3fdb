// SPDX-License-Identifier: Apache-2.0
import { peer } from '@hyperledger/fabric-protos';
import { Refusal, RECEIPT_BLOCK_BYTES, RECEIPT_CONFIGURATIONS, type Receipt } from '@thingledger/protocol';
import {
  type Block,
  Configuration,
  definitionRead,
  LIFECYCLE,
  readBlock,
  readTransaction,
  serialisedIdentity,
  toBase64,
} from '@thingledger/receipts';
import { LedgerError } from '../port.js';
import { codeName } from './codes.js';

/** Asks `qscc`, the query chaincode that every peer has, about one channel. */
export interface ChainQueries {
  /** The own peer’s answer. */
  ask(fn: string, ...args: string[]): Promise<Uint8Array>;
  /** One envelope with the answer that a peer of each of these members signed; fails when they differ or one is missing. */
  signed(members: readonly string[], fn: string, ...args: string[]): Promise<Uint8Array>;
}

interface Fetched {
  readonly bytes: Uint8Array;
  readonly block: Block;
}

/**
 * Gathers what proves a transaction: its block, the block of the chaincode definition its endorsers read, and every
 * configuration block up to the one in force. Undefined when the peer knows no such transaction.
 *
 * @throws Refusal `TL-RECEIPT-KIND`, `TL-TRANSACTION-INVALID`, `TL-INPUT-TOO-LARGE`
 */
export async function gatherReceipt(
  channel: string,
  txId: string,
  ownMember: string,
  queries: ChainQueries,
): Promise<Receipt | undefined> {
  const found = await blockOf();
  if (!found) return undefined;
  const { block } = found;
  const index = block.envelopes.findIndex((envelope) => hasId(envelope, txId));
  const envelope = block.envelopes[index];
  const transaction = envelope && readTransaction(envelope);
  if (!transaction || transaction.chaincode === LIFECYCLE) throw new Refusal('TL-RECEIPT-KIND', { txId });
  const code = block.codes[index] ?? peer.TxValidationCode.NOT_VALIDATED;
  if (code !== peer.TxValidationCode.VALID) {
    throw new Refusal('TL-TRANSACTION-INVALID', { txId, validation: codeName(code) });
  }
  const numbered = async (number: number): Promise<Fetched> =>
    fetched(await queries.ask('GetBlockByNumber', channel, String(number)));
  const definition = await numbered(definitionRead(transaction).block);
  const configuration: Fetched[] = [];
  for (let { lastConfiguration } = block; ;) {
    configuration.unshift(await numbered(lastConfiguration));
    if (lastConfiguration === 0) break;
    if (configuration.length === RECEIPT_CONFIGURATIONS) tooLarge(RECEIPT_CONFIGURATIONS);
    ({ lastConfiguration } = (await numbered(lastConfiguration - 1)).block);
  }
  const attestation = await attest(
    configuration.slice(-1).flatMap((last) => Configuration.of(last.block).members),
    transaction.endorsements.map(({ endorser }) => serialisedIdentity(endorser).member),
    [ownMember],
  );
  return {
    type: 'ThingLedgerReceipt',
    version: 1,
    network: 'fabric',
    channel,
    txId,
    configuration: configuration.map(({ bytes }) => toBase64(bytes)),
    definition: toBase64(definition.bytes),
    block: toBase64(found.bytes),
    ...(attestation && { attestation: toBase64(attestation) }),
  };

  /** By the peers of the first of these groups that answers with one voice. */
  async function attest(...groups: readonly string[][]): Promise<Uint8Array | undefined> {
    for (const members of groups) {
      try {
        return await queries.signed([...new Set(members)], 'GetTransactionByID', channel, txId);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
      }
    }
    return undefined;
  }

  async function blockOf(): Promise<Fetched | undefined> {
    try {
      return fetched(await queries.ask('GetBlockByTxID', channel, txId));
    } catch (error) {
      // To a member that may ask and an id of the right form, qscc says no for one reason: it is not in the index.
      if (error instanceof LedgerError && error.kind === 'refused') return undefined;
      throw error;
    }
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

function hasId(envelope: Uint8Array, txId: string): boolean {
  try {
    return readTransaction(envelope).txId === txId;
  } catch {
    return false;
  }
}
