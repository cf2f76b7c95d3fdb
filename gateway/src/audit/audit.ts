// SPDX-License-Identifier: Apache-2.0
import {
  AuditFilter,
  BUNDLE_BLOCKS,
  operations,
  Refusal,
  type AuditScope,
  type Role,
} from '@thingledger/protocol';
import type { LocalHandlers } from '../http/handlers.js';
import type { Ledger } from '../ledger/port.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';
import type { ReadModel } from '../read-model/index.js';

/** Whoever has one of these sees every row. */
const SEE_ALL: readonly Role[] = ['auditor', 'verifier'];

/** What audits are made of. */
export interface AuditParts {
  readonly ledger: Ledger;
  readonly channel: string;
  readonly reader: LedgerReader;
  readonly readModel: Pick<ReadModel, 'audit'>;
}

/** The local operations about who did what (requirement X2). */
export function auditHandlers({
  ledger,
  channel,
  reader,
  readModel,
}: AuditParts): Pick<LocalHandlers, 'audit' | 'getAuditReport'> {
  return {
    async audit(question, as) {
      const scope = await scopeOf(reader, as);
      return { ...(await readModel.audit({ ...question, scope, caller: as })), scope };
    },
    async getAuditReport({ complete, after, limit, ...asked }, as) {
      const scope = await scopeOf(reader, as);
      if (complete && scope !== 'all')
        throw new Refusal('TL-CALLER-ROLE', { caller: as.id, roles: [], allowed: SEE_ALL });
      const range = complete && rangeOf(asked);
      const page = await readModel.audit({ ...asked, after, limit, scope, caller: as });
      if (range && range.from > page.block)
        throw new Refusal('TL-INPUT-INVALID', { fields: ['fromBlock'] }, 'There is no such block yet');
      const bundle = await ledger.bundle(
        channel,
        {
          transactions: page.rows.map(({ block, index }) => ({ block, index })),
          skip: true,
          ...(range && { complete: { ...range, to: Math.min(range.to, page.block) } }),
        },
        as.identity,
      );
      // A duplicate has the id of another transaction, in another block.
      const proved = new Set(bundle.transactions.map(({ block, txId }) => `${String(block)}/${txId}`));
      return {
        type: 'ThingLedgerAuditReport',
        version: 1,
        channel,
        asked: AuditFilter.parse(asked),
        by: as.id,
        at: new Date().toISOString(),
        scope,
        ...page,
        withoutReceipt: page.rows.flatMap(({ block, index, txId }) =>
          proved.has(`${String(block)}/${txId}`) ? [] : [`${String(block)}.${String(index)}`],
        ),
        bundle,
      };
    },
  };
}

async function scopeOf(reader: LedgerReader, as: Principal): Promise<AuditScope> {
  // Administrators are no participants on the ledger.
  if (as.administrator) return 'member';
  const { roles } = await reader.evaluate(operations.getParticipant, { participant: as.id }, as);
  return roles.some((role) => SEE_ALL.includes(role)) ? 'all' : 'participant';
}

function rangeOf({ fromBlock, toBlock }: AuditFilter): { from: number; to: number } {
  if (fromBlock === undefined || toBlock === undefined || toBlock < fromBlock) {
    throw new Refusal(
      'TL-INPUT-INVALID',
      { fields: ['fromBlock', 'toBlock'] },
      'A complete report needs a range of blocks: fromBlock and toBlock',
    );
  }
  if (toBlock - fromBlock >= BUNDLE_BLOCKS)
    throw new Refusal('TL-PROOF-TOO-LARGE', { limit: BUNDLE_BLOCKS, unit: 'blocks' });
  return { from: fromBlock, to: toBlock };
}
