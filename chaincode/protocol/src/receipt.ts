// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { MemberName, Sha256 } from './values';

/** The largest block a receipt may carry, in bytes: twice what the orderers put into one. */
export const RECEIPT_BLOCK_BYTES = 20 * 1024 * 1024;
/** The most configuration blocks a receipt may carry. */
export const RECEIPT_CONFIGURATIONS = 1000;

/** A text of at most so many bytes in base64. */
export const base64 = (bytes: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(4 * Math.ceil(bytes / 3))
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'base64 (RFC 4648 section 4)');

/** A block of the channel. */
const Block = base64(RECEIPT_BLOCK_BYTES).describe('Fabric’s common.Block message, base64');

const head = {
  type: z.literal('ThingLedgerReceipt'),
  version: z.literal(1),
  channel: z.string().min(1).max(249),
  txId: Sha256,
};

/**
 * A receipt of a transaction on Fabric. A verifier that knows the hash of the channel’s first block needs nothing else.
 */
const FabricReceipt = z.strictObject({
  ...head,
  network: z.literal('fabric'),
  configuration: z
    .array(Block)
    .min(1)
    .max(RECEIPT_CONFIGURATIONS)
    .describe('Every configuration block from the first block to the one in force at the transaction'),
  definition: Block.describe('The block with the chaincode definition that the endorsers read'),
  block: Block.describe('The block with the transaction, whole: its data hash is over all of it'),
  attestation: base64(RECEIPT_BLOCK_BYTES)
    .optional()
    .describe(
      'What members’ peers signed about the transaction taking effect: Fabric’s common.Envelope message with their answer to qscc GetTransactionByID, base64. Absent when none could be asked',
    ),
});

/** A receipt of the embedded network, which has no orderers that sign: it proves less. */
const EmbeddedReceipt = z.strictObject({
  ...head,
  network: z.literal('embedded'),
  authorities: z
    .record(MemberName, z.array(z.string().max(10_000)).max(10))
    .describe('Certificate authorities of the members, PEM'),
  chaincode: z.string().max(100),
  policy: base64(100_000).describe(
    'Endorsement policy of the chaincode: Fabric’s common.SignaturePolicyEnvelope, base64',
  ),
  envelope: base64(RECEIPT_BLOCK_BYTES).describe('The transaction: Fabric’s common.Envelope message, base64'),
});

/**
 * A file that proves a ledger transaction without the network (requirements X2, X9). What it proves, and what not, is in
 * docs/guides/auditor.md.
 */
export const Receipt = z
  .discriminatedUnion('network', [FabricReceipt, EmbeddedReceipt])
  .meta({ id: 'Receipt' });
export type Receipt = z.infer<typeof Receipt>;
/** A receipt of a transaction on Fabric. */
export type FabricReceipt = z.infer<typeof FabricReceipt>;
/** A receipt of a transaction on the embedded network. */
export type EmbeddedReceipt = z.infer<typeof EmbeddedReceipt>;
