// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { refusalCodes, type RefusalCode } from './catalogue';

const FieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** The problem document of RFC 9457 that every refused request is answered with. */
export const Problem = z
  .object({
    type: z.string().describe('Address of the meaning of the code, relative to the gateway'),
    title: z.string().describe('What the code means in general'),
    status: z.int().describe('HTTP status'),
    detail: z.string().describe('What is wrong with this request'),
    instance: z.string().optional().describe('Path of the request'),
    code: z.enum(refusalCodes as unknown as [RefusalCode, ...RefusalCode[]]),
    fix: z.string().describe('What the caller can do about it'),
    fields: z.record(z.string(), FieldValue).optional().describe('Values needed to mend the request'),
    requestId: z.string().optional().describe('Names the request in the gateway’s log'),
    txId: z.string().optional().describe('The transaction, where there is one'),
    retryable: z.boolean().describe('Whether the same request may succeed later'),
    peers: z
      .array(z.object({ address: z.string(), mspId: z.string(), message: z.string() }))
      .optional()
      .describe('What each peer said'),
    errors: z
      .array(z.object({ pointer: z.string().optional(), detail: z.string() }))
      .optional()
      .describe('Each thing wrong with the input, with a JSON pointer to it'),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457)' });
export type Problem = z.infer<typeof Problem>;

/** What became of one item of a bulk request, in the order of the request. */
export const BulkOutcome = z
  .discriminatedUnion('ok', [
    z.object({
      ok: z.literal(true),
      result: z.unknown(),
      txId: z.string().optional(),
      block: z.string().optional().describe('Number of the block that holds the transaction'),
    }),
    z.object({
      ok: z.literal(false),
      problem: Problem,
      txId: z.string().optional(),
      block: z.string().optional(),
    }),
  ])
  .meta({ id: 'BulkOutcome' });
export type BulkOutcome = z.infer<typeof BulkOutcome>;
