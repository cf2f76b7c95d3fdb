// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Bundle, BUNDLE_TRANSACTIONS } from '../bundle';
import { defineOperation, type DataFlow } from '../operation';
import { Receipt } from '../receipt';
import { Sha256 } from '../values';

const flow = (activity: string): DataFlow => ({
  useCase: 'All',
  activity,
  scope: 'between',
  stakeholder: 'Auditor, regulator, court',
  category: 'Ledger transaction',
  flow: 'B',
  dataType: 'Blocks with the signatures of members, peers and orderers',
  deviceType: 'Enterprise system',
});

export const getReceipt = defineOperation({
  contract: 'gateway',
  mode: 'local',
  name: 'getReceipt',
  summary: 'A file that proves a transaction without the network',
  requirements: ['X2', 'X9'],
  callers: 'participant',
  input: z.strictObject({ txId: Sha256 }),
  output: Receipt,
  refusals: ['TL-TRANSACTION-UNKNOWN', 'TL-TRANSACTION-INVALID', 'TL-RECEIPT-KIND', 'TL-INPUT-TOO-LARGE'],
  rest: { method: 'get', path: '/receipts/{txId}' },
  dataFlow: flow('Take a receipt of a transaction'),
});

export const getBundle = defineOperation({
  contract: 'gateway',
  mode: 'local',
  name: 'getBundle',
  summary: 'One file with the receipts of many transactions, which share what they have in common',
  requirements: ['X2', 'X9'],
  callers: 'participant',
  input: z.strictObject({ txIds: z.array(Sha256).min(1).max(BUNDLE_TRANSACTIONS) }),
  output: Bundle,
  refusals: ['TL-TRANSACTION-UNKNOWN', 'TL-RECEIPT-KIND', 'TL-PROOF-TOO-LARGE'],
  rest: { method: 'post', path: '/receipts' },
  dataFlow: flow('Take the receipts of many transactions'),
});
