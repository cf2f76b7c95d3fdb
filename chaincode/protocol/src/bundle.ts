// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { base64, RECEIPT_BLOCK_BYTES, RECEIPT_CONFIGURATIONS } from './receipt';
import { MemberName, Sha256 } from './values';

/** The most transactions that a bundle proves. */
export const BUNDLE_TRANSACTIONS = 1000;
/** The most blocks that a bundle holds, besides those of the configuration. */
export const BUNDLE_BLOCKS = 2000;
/** The most bytes that all of a bundle's parts come to, put together. */
export const BUNDLE_BYTES = 192 * 1024 * 1024;
const MOST_PIECES = 10_000;

/**
 * Bytes in pieces: base64 for what stands here only, a number for the shared part at that place. What many transactions
 * have in common, such as certificates, is so in the file once.
 */
export const Pieces = z
  .array(z.union([base64(RECEIPT_BLOCK_BYTES), z.int().min(0)]))
  .max(MOST_PIECES)
  .meta({
    id: 'Pieces',
    description: 'Bytes in pieces: base64, or the number of a shared part',
    examples: [['CgVtYWtlcg==', 0]],
  });
export type Pieces = z.infer<typeof Pieces>;

const BlockNumber = z.int().min(0);

const head = {
  type: z.literal('ThingLedgerBundle'),
  version: z.literal(1),
  channel: z.string().min(1).max(249),
  parts: z
    .array(Pieces)
    .max(10 * BUNDLE_TRANSACTIONS)
    .describe('Shared parts; each may name earlier ones'),
};

const FabricBundle = z.strictObject({
  ...head,
  network: z.literal('fabric'),
  configuration: z
    .array(Pieces)
    .min(1)
    .max(RECEIPT_CONFIGURATIONS)
    .describe('Every configuration block from the first to the one in force at the last block'),
  blocks: z
    .array(Pieces)
    .max(BUNDLE_BLOCKS)
    .describe('Blocks with transactions and with chaincode definitions, in ascending order'),
  complete: z
    .strictObject({ from: BlockNumber, to: BlockNumber })
    .optional()
    .describe('Every block of this range is in the file, so no transaction in it can have been left out'),
  transactions: z
    .array(
      z.strictObject({
        txId: Sha256,
        block: BlockNumber,
        attestation: Pieces.optional().describe('As in a receipt'),
      }),
    )
    .max(BUNDLE_TRANSACTIONS)
    .describe('What is proved, in the order of the ledger'),
});

const EmbeddedBundle = z.strictObject({
  ...head,
  network: z.literal('embedded'),
  authorities: z.record(MemberName, z.array(z.string().max(10_000)).max(10)),
  chaincode: z.string().max(100),
  policy: base64(100_000),
  transactions: z
    .array(
      z.strictObject({
        txId: Sha256,
        block: BlockNumber.describe('As the gateway states it'),
        index: z.int().min(0).describe('As the gateway states it'),
        validation: z.string().max(60).describe('As the gateway states it'),
        envelope: Pieces,
      }),
    )
    .max(BUNDLE_TRANSACTIONS),
});

/** A file with the receipts of many transactions (requirements X2, X9). */
export const Bundle = z.discriminatedUnion('network', [FabricBundle, EmbeddedBundle]).meta({ id: 'Bundle' });
export type Bundle = z.infer<typeof Bundle>;
/** A bundle of transactions on Fabric. */
export type FabricBundle = z.infer<typeof FabricBundle>;
/** A bundle of transactions on the embedded network, which proves less. */
export type EmbeddedBundle = z.infer<typeof EmbeddedBundle>;
