// SPDX-License-Identifier: Apache-2.0
import { operations, Refusal, type Participant } from '@thingledger/protocol';
import type { LocalHandlers } from './http/handlers.js';
import type { LedgerReader } from './ledger/reader.js';
import type { LedgerWriter } from './ledger/writer.js';
import type { Principal } from './principal.js';
import { publicKeyOf } from './wallet/signing.js';
import type { Wallet } from './wallet/wallet.js';

/** What the handlers of participants need. */
export interface ParticipantParts {
  readonly wallet: Wallet;
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  /** The member's own identity, to look up callers that may themselves no longer ask. */
  readonly service: Principal;
}

/** The local operations about participants: enrolment, and who the caller is (requirements X1, X10). */
export function participantHandlers(
  parts: ParticipantParts,
): Pick<LocalHandlers, 'enrolParticipant' | 'getCaller'> {
  return {
    enrolParticipant: (input, as, { idempotencyKey }) => enrol(parts, input, as, idempotencyKey),
    async getCaller(_input, { id, member, administrator }) {
      const row = await rowOf(parts, id);
      const status = row?.status ?? (administrator ? 'active' : 'unregistered');
      return { caller: id, member, administrator, roles: row?.roles ?? [], status };
    },
  };
}

type Enrolment = Parameters<LocalHandlers['enrolParticipant']>[0];

/**
 * Key and certificate first, then the API key, then the ledger: whatever a crash leaves behind gives nobody any right,
 * and the same request again carries on. With an Idempotency-Key the API key follows from it, so that a repeat shows
 * the same one without its ever being stored.
 */
async function enrol(
  { wallet, writer }: ParticipantParts,
  { name, roles, reason }: Enrolment,
  as: Principal,
  key?: string,
): Promise<{ participant: string; apiKey: string }> {
  const participant = `${name}@${wallet.member}`;
  const seed = key === undefined ? undefined : `${as.id}\n${key}\n${participant}`;
  const repeated = seed === undefined ? undefined : wallet.apiKeys.repeat(participant, seed);
  const enrolled = await wallet.enrol(name);
  if (enrolled.administrator) throw new Refusal('TL-PARTICIPANT-EXISTS', { participant });
  const apiKey = repeated ?? (await wallet.apiKeys.issue(participant, seed));
  const input = { participant, publicKey: publicKeyOf(enrolled.identity), roles, reason };
  try {
    const { outcome } = await writer.submit(operations.registerParticipant, input, as);
    if (!outcome.ok) throw new Refusal(outcome.refusal.code, outcome.refusal.fields, outcome.refusal.detail);
  } catch (error) {
    // Of an unknown outcome the key stays: it may be registered yet, and the caller will ask again.
    const unsettled = error instanceof Refusal && error.code === 'TL-OUTCOME-UNKNOWN';
    if (repeated === undefined && !unsettled) await wallet.apiKeys.withdraw(apiKey);
    throw error;
  }
  return { participant, apiKey };
}

async function rowOf({ reader, service }: ParticipantParts, id: string): Promise<Participant | undefined> {
  try {
    return await reader.evaluate(operations.getParticipant, { participant: id }, service);
  } catch (error) {
    const none =
      error instanceof Refusal &&
      ['TL-PARTICIPANT-UNKNOWN', 'TL-GOVERNANCE-UNINITIALISED'].includes(error.code);
    if (none) return undefined;
    throw error;
  }
}
