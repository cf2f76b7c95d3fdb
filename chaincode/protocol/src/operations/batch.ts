// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { refusalCodes, type RefusalCode } from '../catalogue';
import { defineOperation } from '../operation';

/** A refusal inside an answer. */
export const RefusalSchema = z
  .strictObject({
    code: z.enum(refusalCodes as unknown as [RefusalCode, ...RefusalCode[]]),
    detail: z.string(),
    fields: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()]))
      .optional(),
  })
  .meta({ id: 'Refusal', description: 'A coded refusal; the codes are in the catalogue' });

/** What became of one operation of a batch, in the order of the batch. */
export const Outcome = z
  .discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), result: z.unknown() }),
    z.strictObject({ ok: z.literal(false), refusal: RefusalSchema }),
  ])
  .meta({ id: 'Outcome' });
export type Outcome = z.infer<typeof Outcome>;

/** The most operations one transaction takes. */
export const BATCH_LIMIT = 1000;

/**
 * Any list of operations of one caller in one transaction, each with a savepoint: a refused one leaves nothing and the
 * others stand.
 */
export const runBatch = defineOperation({
  contract: 'batch',
  name: 'runBatch',
  mode: 'submit',
  summary: 'Run a list of operations in one transaction',
  requirements: ['X1'],
  callers: 'anyone',
  input: z.strictObject({
    operations: z
      .array(z.strictObject({ operation: z.string().max(100), input: z.unknown() }))
      .min(1)
      .max(BATCH_LIMIT),
  }),
  output: z.strictObject({ outcomes: z.array(Outcome) }),
  refusals: [],
  rest: { method: 'post', path: '/batch' },
  dataFlow: {
    useCase: 'All',
    activity: 'Commit a list of operations together',
    scope: 'inside',
    stakeholder: 'Member gateway',
    category: 'Ledger transaction',
    flow: 'N',
    dataType: 'Operations with their inputs',
    deviceType: 'Gateway server',
  },
});
