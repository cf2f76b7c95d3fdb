// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Bundle } from './bundle';
import { base64, RECEIPT_BLOCK_BYTES } from './receipt';

/** What proves an answer without the network (requirement X9). */
export const AnswerProof = z
  .strictObject({
    type: z.literal('ThingLedgerProof'),
    version: z.literal(1),
    operation: z.string().max(100).describe('The operation that was asked, `contract:name`'),
    input: z.record(z.string(), z.unknown()),
    said: base64(RECEIPT_BLOCK_BYTES).describe(
      'What members’ peers answered and signed, with each key they read and the place of the transaction that wrote it last: Fabric’s common.Envelope message, never ordered, base64',
    ),
    bundle: Bundle.describe('Those transactions'),
  })
  .meta({ id: 'AnswerProof' });
export type AnswerProof = z.infer<typeof AnswerProof>;

/** An answer with what proves it: `?verify=proof`. */
export const Proven = z
  .strictObject({
    answer: z.unknown().describe('Just as without `verify`'),
    proof: AnswerProof,
  })
  .meta({ id: 'Proven' });
export type Proven = z.infer<typeof Proven>;
