// SPDX-License-Identifier: Apache-2.0
import { statementOf } from '@thingledger/protocol';
import { signEs256 } from '../../wallet/signing.js';
import type { Caller } from '../caller.js';
import { statementCall, type Item, type Job, type Transient } from './job.js';
import { KeyTable } from './keys.js';
import type { Part, Share } from './outcomes.js';

/** What one transaction carries: the argument of the batch function, and what of its outcomes is each write's. */
export interface Batch {
  readonly argument: string;
  readonly transient: Transient;
  readonly shares: readonly Share[];
}

/** A statement that still takes items, and the keys of what was put behind it. */
interface OpenStatement {
  readonly call: number;
  readonly operation: string;
  readonly items: string[];
  readonly privateParts: (string | undefined)[];
  readonly behind: KeyTable;
}

/**
 * Puts the writes of a caller into one batch, in order. Items of one operation share a statement, so that one signature
 * is made, carried and checked for all of them; an item goes in front of an earlier write only if they share no keys.
 */
export function assemble(jobs: readonly Job[], { identity }: Caller): Batch {
  const calls: string[] = [];
  const open = new Map<string, OpenStatement>();
  const transient: Record<string, Uint8Array> = {};
  const join = ({ operation, item, privatePart }: Item, job: Job): Part => {
    let statement = open.get(operation);
    if (!statement || (job.list && !job.whole)) {
      statement = {
        call: calls.push('') - 1,
        operation,
        items: [],
        privateParts: [],
        behind: new KeyTable(),
      };
      seal(open.get(operation));
      open.set(operation, statement);
    }
    statement.privateParts.push(privatePart);
    return { call: statement.call, place: statement.items.push(item) - 1 };
  };
  const seal = (statement: OpenStatement | undefined): void => {
    if (!statement) return;
    const { call, operation, items, privateParts } = statement;
    const text = statementOf(operation, items);
    const made = statementCall(operation, text, signEs256(identity, text), privateParts);
    calls[call] = made.text;
    Object.assign(transient, made.transient);
  };
  // Once a job, however many items it has: what is behind a statement changes between jobs only.
  const closeBefore = ({ pieces, touches }: Job): void => {
    for (const [operation, statement] of open) {
      if (!statement.behind.conflicts(touches)) continue;
      if (!pieces.some((piece) => 'item' in piece && piece.operation === operation)) continue;
      seal(statement);
      open.delete(operation);
    }
  };
  const shares = jobs.map((job): Share => {
    closeBefore(job);
    const parts = job.pieces.map((piece): Part => {
      if ('item' in piece) return join(piece, job);
      Object.assign(transient, piece.transient);
      return { call: calls.push(piece.text) - 1, ...(piece.stated && { place: 0 }) };
    });
    for (const { call, behind } of open.values()) {
      if (parts.some((part) => part.call !== call)) behind.hold([job.touches]);
    }
    return { parts, list: job.list };
  });
  for (const statement of open.values()) seal(statement);
  return { argument: `{"operations":[${calls.join(',')}]}`, transient, shares };
}
