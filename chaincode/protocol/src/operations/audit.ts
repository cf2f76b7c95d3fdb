// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { AuditFilter, AuditReport, AuditRow, AuditScope } from '../audit';
import { BUNDLE_TRANSACTIONS } from '../bundle';
import { defineOperation, type DataFlow } from '../operation';

const After = z
  .string()
  .regex(/^\d{1,15}\.\d{1,9}$/, 'the `next` of an answer')
  .optional()
  .describe('Goes on behind a page, by its `next`');

const limit = (most: number, usual: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(1).max(most).default(usual);

const flow = (activity: string, dataType: string): DataFlow => ({
  useCase: 'All',
  activity,
  scope: 'between',
  stakeholder: 'Auditor, regulator',
  category: 'Audit data',
  flow: 'B',
  dataType,
  deviceType: 'Workstation',
});

const asked = {
  contract: 'gateway',
  mode: 'local',
  requirements: ['X2', 'X9'],
  callers: 'participant',
} as const;
const refusals = [
  'TL-READ-MODEL-OFF',
  'TL-READ-MODEL-UNAVAILABLE',
  'TL-SQL-TIMEOUT',
  'TL-ID-CHECK-DIGIT',
  'TL-ID-MALFORMED',
] as const;

export const audit = defineOperation({
  ...asked,
  name: 'audit',
  summary: 'Who did what, to which thing or participant, when, with what outcome',
  input: AuditFilter.extend({ after: After, limit: limit(1000, 100) }),
  output: z.strictObject({
    rows: z.array(AuditRow).describe('In the order of the ledger'),
    next: z.string().optional().describe('There are more rows: hand it back as `after`'),
    block: z.int().describe('The last block that the answer knows of; -1 before the first'),
    scope: AuditScope,
  }),
  refusals,
  rest: { method: 'get', path: '/audit' },
  dataFlow: flow('Ask who did what', 'Participants, operations, identifiers, times, outcomes'),
});

export const getAuditReport = defineOperation({
  ...asked,
  name: 'getAuditReport',
  summary: 'An audit as a file that proves each of its rows; with `Accept: text/html` as a page to read',
  input: AuditFilter.extend({
    after: After,
    limit: limit(BUNDLE_TRANSACTIONS, BUNDLE_TRANSACTIONS),
    complete: z
      .literal('true')
      .optional()
      .describe(
        'Holds every block from `fromBlock` to `toBlock`, so that nobody can have left a row out; for auditors and verifiers',
      ),
  }),
  output: AuditReport,
  refusals: [...refusals, 'TL-PROOF-TOO-LARGE', 'TL-CALLER-ROLE'],
  rest: { method: 'get', path: '/audit/report' },
  dataFlow: flow('Take an audit report', 'Audit rows with blocks, signatures of members, peers and orderers'),
});
