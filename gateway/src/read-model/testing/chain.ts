// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import {
  announceMappingRecord,
  canonicalJson,
  deflateStatement,
  EVENT_NAME,
  operationId,
  sha256,
  statementIdOf,
  statementOf,
  statements,
  things,
  votes,
  type Announcement,
  type DomainEvent,
  type Runs,
} from '@thingledger/protocol';
import type {
  CommittedBlock,
  CommittedTransaction,
  CommittedWrite,
  Identity,
  Ledger,
} from '../../ledger/port.js';

export const CHAINCODE = 'traceability';
export const CHANNEL = 'traceability';
export const nobody: Identity = { mspId: 'maker', certificatePem: '', privateKeyPem: '' };

/** A peer's chain in memory, which can grow while it is followed. */
export class Chain {
  readonly blocks: CommittedBlock[] = [];
  #grown = deferred();

  constructor(readonly seed = 'chain') {
    this.add();
  }

  /** Adds a block of these transactions. */
  add(...transactions: readonly Partial<CommittedTransaction>[]): bigint {
    const number = BigInt(this.blocks.length);
    const previousHash = this.blocks.at(-1)?.hash ?? new Uint8Array();
    const hash = Buffer.from(
      sha256(`${this.seed} ${String(number)} ${Buffer.from(previousHash).toString('hex')}`),
      'hex',
    );
    this.blocks.push({
      number,
      hash,
      previousHash,
      transactions: transactions.map((one) => ({
        txId: randomBytes(32).toString('hex'),
        code: 'VALID',
        creator: { member: 'maker', name: 'farm' },
        timestamp: new Date('2026-11-20T08:00:00Z'),
        operations: [],
        subjects: [],
        writes: [],
        event: undefined,
        ...one,
      })),
    });
    const grown = this.#grown;
    this.#grown = deferred();
    grown.resolve();
    return number;
  }

  /** What a projector follows. */
  readonly ledger: Pick<Ledger, 'blocks'> = {
    blocks: (_channel, from, _as, signal) => this.#follow(from, signal),
  };

  async *#follow(from: bigint, signal: AbortSignal): AsyncGenerator<CommittedBlock, void, void> {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
      if (signal.aborted) resolve();
    });
    for (let next = Number(from); !signal.aborted;) {
      const block = this.blocks[next];
      if (block) {
        next += 1;
        yield block;
      } else await Promise.race([this.#grown.promise, aborted]);
    }
  }
}

function deferred(): { promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** A write of an entry as the chaincode writes it. */
export function put(key: string, value: unknown): CommittedWrite {
  return { namespace: CHAINCODE, key, value: Buffer.from(canonicalJson(value), 'utf8') };
}

export function remove(key: string): CommittedWrite {
  return { namespace: CHAINCODE, key, value: undefined };
}

/** A row of neighbouring things, by the last characters of their identifiers. */
export function thingRow(identifier: string, ...places: readonly string[]): CommittedWrite {
  const stored = {
    kind: 'product',
    quantity: { value: '10', unit: 'C62' },
    registrant: 'farm@maker',
    registeredAt: '2026-11-20T08:00:00.000Z',
    txId: 'aa',
  };
  return put(
    things.key(identifier + (places[0] ?? '')),
    Object.fromEntries(places.map((place) => [place, stored])),
  );
}

export function announcement(thing: string, over: Partial<Announcement> = {}): Announcement {
  return {
    thing,
    informationServer: 'https://127.0.0.1:7081',
    dataHash: sha256(thing),
    to: 'farm@maker',
    eventTime: '2026-11-20T07:00:00.000Z',
    quantity: { value: '10', unit: 'C62' },
    place: { latitude: 48.1, longitude: 11.5 },
    ...over,
  };
}

/** A statement of announcements, of which those in the runs were taken. */
export function statement(txId: string, items: readonly Announcement[], records: Runs): CommittedWrite {
  const operation = operationId(announceMappingRecord);
  const at = '2026-11-20T08:00:00.000Z';
  return put(statements.key(statementIdOf({ txId, at }, 0)), {
    text: deflateStatement(statementOf(operation, items.map(canonicalJson))),
    signature: 'A'.repeat(86),
    operation,
    by: 'farm@maker',
    at,
    rules: 1,
    txId,
    records,
  });
}

/** A regulator's votes on a statement. */
export function votesOn(statementId: string, regulator: string, ...records: readonly Runs[]): CommittedWrite {
  const cast = records.map((runs) => ({
    records: runs,
    decision: 'accept',
    reasons: [],
    verifier: `agent@${regulator}`,
    at: '2026-11-20T08:00:01.000Z',
    txId: 'bb',
  }));
  return put(votes.key(statementId, regulator), cast);
}

/** The chaincode event of a transaction. */
export function eventOf(...events: readonly DomainEvent[]): CommittedTransaction['event'] {
  const envelope = { at: '2026-11-20T08:00:00.000Z', caller: 'farm@maker', events };
  return { name: EVENT_NAME, payload: Buffer.from(canonicalJson(envelope), 'utf8') };
}
