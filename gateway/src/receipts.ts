// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { LocalHandlers } from './http/handlers.js';
import type { Ledger } from './ledger/port.js';

/** The local operations about receipts (requirements X2, X9): what the caller's own peer has to prove a transaction. */
export function receiptHandlers(
  ledger: Ledger,
  channel: string,
): Pick<LocalHandlers, 'getReceipt' | 'getBundle'> {
  return {
    async getReceipt({ txId }, { identity }) {
      const receipt = await ledger.receipt(channel, txId, identity);
      if (!receipt) throw new Refusal('TL-TRANSACTION-UNKNOWN', { txId });
      return receipt;
    },
    getBundle: ({ txIds }, { identity }) => ledger.bundle(channel, { transactions: txIds }, identity),
  };
}
