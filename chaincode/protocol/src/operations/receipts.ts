// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { defineOperation } from '../operation';
import { Receipt } from '../receipt';
import { Sha256 } from '../values';

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
  dataFlow: {
    useCase: 'All',
    activity: 'Take a receipt of a transaction',
    scope: 'between',
    stakeholder: 'Auditor, regulator, court',
    category: 'Ledger transaction',
    flow: 'B',
    dataType: 'Blocks with the signatures of members, peers and orderers',
    deviceType: 'Enterprise system',
  },
});
