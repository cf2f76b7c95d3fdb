// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '@thingledger/protocol';
import { epcisProblemType } from '@thingledger/protocol/epcis';
import { problemOf } from '../http/index.js';
import type { Job, JobItem } from './store.js';

/** A capture job as EPCIS shows it (EPCIS 2.0, section 12.6). */
export interface JobView {
  readonly captureID: string;
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly running: boolean;
  /** Whether no event was refused, so far. */
  readonly success: boolean;
  readonly captureErrorBehaviour: Job['behaviour'];
  /** A problem for each event refused; `fields.event` is its place in the document, from 0. */
  readonly errors: readonly Problem[];
}

/** The events of a job that the ledger has. */
export interface CapturedView {
  readonly captured: readonly {
    readonly event: number;
    readonly eventHash: string;
    readonly recordId: string;
  }[];
}

/** What became of what the events of a job hand over: an extension of EPCIS. */
export interface HandedOverView {
  readonly handedOver?: readonly {
    readonly event: number;
    readonly eventHash: string;
    /** Absent where all that the event hands over is refused. */
    readonly thing?: string;
    /** The mapping record that was announced; its votes and status are asked for as ever. */
    readonly recordId?: string;
    /** Why nothing was announced. The event is captured all the same. */
    readonly problem?: Problem;
  }[];
}

/** A job as it is now. */
export function viewOf({ id, createdAt, finishedAt, behaviour, items }: Job): JobView {
  const errors = items.flatMap(problemOfItem);
  return {
    captureID: id,
    createdAt,
    ...(finishedAt !== undefined && { finishedAt }),
    running: finishedAt === undefined,
    success: errors.length === 0,
    captureErrorBehaviour: behaviour,
    errors,
  };
}

/** Which events of a job were captured: what `rollback` can not take back once the ledger has it. */
export function capturedOf({ items }: Job): CapturedView {
  return {
    captured: items.flatMap(({ event, eventHash, recordId }) =>
      eventHash === undefined || recordId === undefined ? [] : [{ event, eventHash, recordId }],
    ),
  };
}

/** What the events of a job hand over and is decided; nothing where none does. */
export function handedOverOf({ items }: Pick<Job, 'items'>): HandedOverView {
  const handedOver = items.flatMap(({ event, eventHash = '', handOvers = [] }) =>
    (handOvers === 'due' ? [] : handOvers).flatMap(({ thing, announcement, recordId, refusal }) =>
      announcement
        ? []
        : {
            event,
            eventHash,
            ...(thing !== undefined && { thing }),
            ...(recordId !== undefined && { recordId }),
            ...(refusal && { problem: problemOf(refusal) }),
          },
    ),
  );
  return handedOver.length === 0 ? {} : { handedOver };
}

function problemOfItem({ event, eventHash, refusal }: JobItem): Problem[] {
  if (!refusal) return [];
  const { code, fields, detail } = refusal;
  const placed = { ...fields, event, ...(eventHash !== undefined && { eventHash }) };
  const problem = problemOf({ code, detail, fields: placed });
  return [{ ...problem, type: epcisProblemType(code) ?? problem.type }];
}
