// SPDX-License-Identifier: Apache-2.0
import { timeLimit } from '../../signals.js';
import type { Commit, Endorsed, Identity, Ledger } from '../port.js';
import { fullJitter, pause } from './pace.js';
import type { WriterLimits } from './limits.js';

/** How a pursuit goes on: how long it may take, and whether the envelope is sent before the first question. */
export interface Pursuit {
  readonly outcomeMs: number;
  readonly askFirst: boolean;
  readonly signal: AbortSignal;
  /** Called for each time that the same envelope is sent again. */
  onResend?(): void;
}

/**
 * Brings an endorsed transaction to its end: sends the same envelope, and asks by transaction id, again and again.
 * An error from submit decides nothing: under BFT some orderers may have taken it, and orderers that have ordered it
 * answer "unavailable" too (Fabric internal/pkg/gateway/submit.go). Undefined when the fate is still unknown in the end.
 */
export async function pursue(
  ledger: Ledger,
  transaction: Pick<Endorsed, 'txId' | 'channel' | 'envelope'>,
  as: Identity,
  limits: Pick<WriterLimits, 'commitMs' | 'commitAfterErrorMs' | 'retryBaseMs' | 'retryMostMs'>,
  pursuit: Pursuit,
): Promise<Commit | undefined> {
  const { signal, outcomeMs } = pursuit;
  const end = Date.now() + outcomeMs;
  const within = async <T>(ms: number, work: (limit: AbortSignal) => Promise<T>): Promise<T | undefined> => {
    const limit = timeLimit(Math.max(1, Math.min(ms, end - Date.now())), signal);
    try {
      return await work(limit.signal);
    } catch {
      return undefined;
    } finally {
      limit.release();
    }
  };
  const ask = async (ms: number): Promise<Commit | undefined> => {
    const { channel, txId } = transaction;
    const commit = await within(ms, (limit) => ledger.commitStatus(channel, txId, as, limit));
    // A second copy of our own envelope was ordered; the first one's fate is what counts.
    return commit?.code === 'DUPLICATE_TXID' ? undefined : commit;
  };
  const send = async (): Promise<boolean> =>
    (await within(outcomeMs, (limit) => ledger.submit(transaction, as, limit).then(() => true))) ?? false;

  if (pursuit.askFirst) {
    const commit = await ask(limits.commitAfterErrorMs);
    if (commit) return commit;
  }
  for (let attempt = 0; Date.now() < end && !signal.aborted; attempt += 1) {
    if (attempt > 0) pursuit.onResend?.();
    const accepted = await send();
    const commit = await ask(accepted ? limits.commitMs : limits.commitAfterErrorMs);
    if (commit) return commit;
    await pause(fullJitter(attempt, limits.retryBaseMs, limits.retryMostMs), signal);
  }
  return undefined;
}
