// SPDX-License-Identifier: Apache-2.0
import { operations, Refusal, type Operation } from '@thingledger/protocol';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';

/**
 * Whether a caller may do a local operation. The ledger is asked as that caller, so that the chaincode's own rules on
 * members, suspension and registration answer; only the comparison of roles is made here, on the row it gives. Refuses
 * as the chaincode does: `TL-CALLER-UNKNOWN`, `TL-CALLER-SUSPENDED`, `TL-CALLER-ROLE`, `TL-CALLER-NOT-ADMINISTRATOR`,
 * `TL-MEMBER-UNKNOWN`, `TL-MEMBER-SUSPENDED`, `TL-GOVERNANCE-UNINITIALISED`.
 */
export async function authoriseLocal(
  reader: LedgerReader,
  { callers }: Pick<Operation, 'callers'>,
  as: Principal,
): Promise<void> {
  if (callers === 'anyone') return;
  if (callers === 'administrator' && !as.administrator) {
    throw new Refusal('TL-CALLER-NOT-ADMINISTRATOR', { caller: as.id });
  }
  if (callers === 'administrator' || callers === 'participant') {
    await reader.evaluate(operations.getRules, {}, as);
    return;
  }
  const { roles } = await reader
    .evaluate(operations.getParticipant, { participant: as.id }, as)
    .catch((error: unknown) => {
      const administrator = error instanceof Refusal && error.code === 'TL-PARTICIPANT-UNKNOWN';
      throw administrator ? new Refusal('TL-CALLER-UNKNOWN', { caller: as.id }) : error;
    });
  if (!callers.some((role) => roles.includes(role))) {
    throw new Refusal('TL-CALLER-ROLE', { caller: as.id, roles, allowed: callers });
  }
}
