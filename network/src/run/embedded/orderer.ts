// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsensusPlan } from '../../plan/types.js';
import type { Channel } from './channel.js';
import { readTransaction, type Transaction } from './envelope.js';
import { EmbeddedError } from './errors.js';
import { isValidAt, type Members } from './identity.js';
import { sha256 } from './signing.js';
import { isSignedByCreator } from './validation.js';

/** Milliseconds that a first transaction waits for company. */
const gatherTime = 3;
/** Envelopes that may wait; more is refused, not queued. */
const mostWaiting = 10_000;
/** Committed envelopes that are still recognised when they come again (SmartBFT remembers as many). */
const remembered = 1_000;

/** Puts a channel's transactions into one order: a bounded queue, cut into blocks as fast as they are committed. */
export class Orderer {
  readonly #channel: Channel;
  readonly #members: Members;
  readonly #limits: Pick<ConsensusPlan, 'batchMessages' | 'batchBytes'>;
  /** By hash, in order of arrival; `done` holds the last ones committed. */
  readonly #waiting = new Map<string, Uint8Array>();
  readonly #done = new Set<string>();
  #working: Promise<void> | undefined;
  #stopped: EmbeddedError | undefined;

  constructor(
    channel: Channel,
    members: Members,
    limits: Pick<ConsensusPlan, 'batchMessages' | 'batchBytes'>,
  ) {
    this.#channel = channel;
    this.#members = members;
    this.#limits = limits;
  }

  /**
   * Accepts an envelope for ordering. The same bytes again change nothing.
   *
   * @throws EmbeddedError when the envelope is malformed, unsigned or too large, or the queue is full
   */
  submit(envelope: Uint8Array): void {
    const { batchBytes } = this.#limits;
    if (this.#stopped) throw this.#stopped;
    if (envelope.length > batchBytes) {
      throw invalid(
        `message payload is ${String(envelope.length)} bytes and exceeds maximum allowed ${String(batchBytes)} bytes`,
      );
    }
    const { txId } = this.#read(envelope);
    const id = sha256(envelope).toString('base64');
    if (this.#done.has(id) || this.#waiting.has(id)) return;
    if (this.#waiting.size >= mostWaiting) {
      throw new EmbeddedError('UNAVAILABLE', 'unavailable', 'too many transactions wait to be ordered', {
        txId,
      });
    }
    this.#waiting.set(id, Buffer.from(envelope));
    this.#working ??= this.#work();
  }

  /** Commits what was accepted, then takes no more. */
  async close(): Promise<void> {
    this.#stopped ??= new EmbeddedError('UNAVAILABLE', 'unavailable', 'the embedded network is closed');
    await this.#working;
  }

  #read(envelope: Uint8Array): Transaction {
    let transaction: Transaction;
    try {
      transaction = readTransaction(envelope);
    } catch (error) {
      throw invalid(`envelope cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
    const { txId, creator } = transaction;
    const certified = this.#members.identify(creator);
    const { members, channel } = this.#channel.consortium;
    if (!certified || !members.includes(certified.mspId) || !isSignedByCreator(transaction, this.#members)) {
      throw new EmbeddedError(
        'PERMISSION_DENIED',
        'denied',
        `channel ${channel}: the envelope is not signed by a member's client`,
        { txId },
      );
    }
    if (!isValidAt(certified, Date.now())) {
      throw new EmbeddedError('PERMISSION_DENIED', 'denied', 'broadcast client identity expired', { txId });
    }
    return transaction;
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        if (this.#waiting.size < this.#limits.batchMessages) await delay(gatherTime);
        const batch = this.#cut();
        await this.#channel.commit(batch.map(([, envelope]) => envelope));
        for (const [id] of batch) {
          this.#waiting.delete(id);
          this.#remember(id);
        }
      }
    } catch (error) {
      // What is on disk is whole; what waits is lost to this process and its clients ask again after a restart.
      const why = error instanceof Error ? error.message : String(error);
      this.#stopped = new EmbeddedError('UNAVAILABLE', 'unavailable', `channel has stopped: ${why}`, {
        cause: error,
      });
      this.#channel.close(this.#stopped);
    } finally {
      this.#working = undefined;
    }
  }

  #cut(): [string, Uint8Array][] {
    const batch: [string, Uint8Array][] = [];
    let bytes = 0;
    for (const entry of this.#waiting) {
      bytes += entry[1].length;
      if (
        batch.length === this.#limits.batchMessages ||
        (batch.length > 0 && bytes > this.#limits.batchBytes)
      )
        break;
      batch.push(entry);
    }
    return batch;
  }

  #remember(id: string): void {
    this.#done.add(id);
    if (this.#done.size <= remembered) return;
    for (const oldest of this.#done) {
      this.#done.delete(oldest);
      break;
    }
  }
}

function invalid(message: string): EmbeddedError {
  return new EmbeddedError('INVALID_ARGUMENT', 'invalid', message);
}
