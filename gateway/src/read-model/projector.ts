// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { Identity, Ledger, CommittedBlock } from '../ledger/port.js';
import { fullJitter, pause } from '../ledger/submit/pace.js';
import { batchesOf } from './batches.js';
import type { Database } from './engine/database.js';
import { isPrepared, readCheckpoint, rebuild, type Checkpoint, type SchemaNames } from './schema.js';
import { store } from './store.js';

const RETRY_BASE_MS = 200;
const RETRY_MOST_MS = 30_000;

/** What a projector works with. */
export interface ProjectorParts {
  readonly ledger: Pick<Ledger, 'blocks'>;
  readonly channel: string;
  /** Whose keys have rows in the published tables. */
  readonly chaincode: string;
  /** Reads the blocks. */
  readonly as: Identity;
  readonly database: Database;
  readonly names: SchemaNames;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** How far a projector has come. */
export interface Progress {
  /** The last block in the tables; undefined before the first. */
  readonly block: bigint | undefined;
  /**
   * Age of the oldest block that is not stored yet, in seconds, from when its transactions were proposed; 0 when it has
   * stored all it was given.
   */
  readonly behindSeconds: number;
  /** What went wrong since it last stored anything; it tries again by itself. */
  readonly fault: string | undefined;
  /** Values that fitted no schema and so have no rows, since the start. */
  readonly unreadable: number;
}

/** The peer's chain is not the one that the tables were made from. */
class OtherChainError extends Error {
  override readonly name = 'OtherChainError';
}

/**
 * Keeps the tables of a read model at the end of the chain: follows the committed blocks of the member's own peer from
 * the checkpoint on, checks that each carries the hash of the one before, and stores them. After a fault it begins again
 * at the checkpoint, with a growing pause; tables of another chain or another definition are built anew.
 */
export class Projector {
  readonly #parts: ProjectorParts;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #checkpoint: Checkpoint | undefined;
  /** Milliseconds since 1970. */
  #behindSince: number | undefined = Date.now();
  #fault: string | undefined;
  #unreadable = 0;

  /** Begins at once, in the background. */
  constructor(parts: ProjectorParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  get progress(): Progress {
    return {
      block: this.#checkpoint?.block,
      behindSeconds: this.#behindSince === undefined ? 0 : Math.max(0, Date.now() - this.#behindSince) / 1000,
      fault: this.#fault,
      unreadable: this.#unreadable,
    };
  }

  /** Finishes the batch it is storing and stops. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log } = this.#parts;
    for (let attempt = 0; !this.#stopped(); attempt += 1) {
      const before = this.#checkpoint?.block;
      try {
        await this.#follow();
      } catch (error) {
        if (this.#stopped()) return;
        if (this.#checkpoint?.block !== before) attempt = 0;
        this.#behindSince ??= Date.now();
        this.#fault = error instanceof Error ? error.message : String(error);
        log.error(
          { err: error, block: String(this.#checkpoint?.block ?? 'none') },
          'the read model met a fault',
        );
        if (error instanceof OtherChainError) await this.#drop();
      }
      await pause(fullJitter(attempt, RETRY_BASE_MS, RETRY_MOST_MS), this.#stopping.signal);
    }
  }

  #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #follow(): Promise<void> {
    const { ledger, channel, as, database, names, chaincode, log } = this.#parts;
    if (!(await isPrepared(database.db, names, chaincode))) {
      log.info('the read model is built from the first block');
      await rebuild(database.db, names, chaincode);
    }
    this.#checkpoint = await readCheckpoint(database.db, names);
    // The block of the checkpoint comes once more: its hash tells whether this is still the same chain.
    const from = this.#checkpoint?.block ?? 0n;
    const follow = (signal: AbortSignal): AsyncIterable<CommittedBlock> =>
      ledger.blocks(channel, from, as, signal);
    for await (const batch of batchesOf(follow, this.#stopping.signal)) {
      const fresh = following(this.#checkpoint, batch);
      if (fresh.length > 0) {
        this.#behindSince = madeAt(fresh[0]);
        const { unreadable, ...reached } = await store(
          database.db,
          { rows: names.rows, chaincode },
          this.#checkpoint,
          fresh,
        );
        this.#checkpoint = reached;
        if (unreadable > 0) log.warn({ unreadable, block: String(reached.block) }, 'values fit no schema');
        this.#unreadable += unreadable;
      }
      this.#fault = undefined;
      this.#behindSince = undefined;
    }
  }

  async #drop(): Promise<void> {
    const { database, names, chaincode } = this.#parts;
    this.#checkpoint = undefined;
    await rebuild(database.db, names, chaincode).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'the read model can not be dropped');
    });
  }
}

/** The blocks that come after the checkpoint, each checked against the one before. */
function following(
  checkpoint: Checkpoint | undefined,
  blocks: readonly CommittedBlock[],
): readonly CommittedBlock[] {
  let last = checkpoint;
  const fresh: CommittedBlock[] = [];
  for (const block of blocks) {
    const hash = hex(block.hash);
    const repeated = last !== undefined && block.number === last.block;
    const expected = repeated ? last?.hash === hash : hex(block.previousHash) === (last?.hash ?? '');
    if (!expected || (!repeated && block.number !== (last?.block ?? -1n) + 1n)) {
      throw new OtherChainError(`block ${String(block.number)} does not follow the read model's last block`);
    }
    last = { block: block.number, hash };
    if (!repeated) fresh.push(block);
  }
  return fresh;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** When a block was made, by its transactions: it may have waited at the peer before it was read. */
function madeAt(block: CommittedBlock | undefined): number {
  const times = block?.transactions.flatMap(({ timestamp }) => timestamp?.getTime() ?? []) ?? [];
  return times.reduce((latest, time) => Math.max(latest, time), 0) || Date.now();
}
