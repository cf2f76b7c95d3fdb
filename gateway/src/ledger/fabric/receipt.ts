// SPDX-License-Identifier: Apache-2.0
import { peer } from '@hyperledger/fabric-protos';
import { Refusal, type Receipt } from '@thingledger/protocol';
import { definitionRead, LIFECYCLE, toBase64 } from '@thingledger/receipts';
import { codeName } from './codes.js';
import { type ChainQueries, ChainReader } from './evidence.js';

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
  const chain = new ChainReader(channel, ownMember, queries);
  const found = await chain.blockOf(txId);
  if (!found) return undefined;
  const { block } = found;
  const transactions = chain.transactionsOf(block);
  const index = transactions.findIndex((transaction) => transaction?.txId === txId);
  const transaction = transactions[index];
  if (!transaction || transaction.chaincode === LIFECYCLE) throw new Refusal('TL-RECEIPT-KIND', { txId });
  const code = block.codes[index] ?? peer.TxValidationCode.NOT_VALIDATED;
  if (code !== peer.TxValidationCode.VALID) {
    throw new Refusal('TL-TRANSACTION-INVALID', { txId, validation: codeName(code) });
  }
  const definition = await chain.block(definitionRead(transaction).block);
  const configuration = await chain.configurationsTo(block.lastConfiguration);
  const attestation = await chain.attest(transaction, await chain.block(block.lastConfiguration));
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
}
