// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  deflatePrivate,
  deflateStatement,
  operationId,
  operations,
  PRIVATE_BYTES,
  privateName,
  Refusal,
  registeredOperation,
  STATEMENT_BYTES,
  statementOf,
  textName,
  type Operation,
  type Outcome,
  type Touches,
} from '@thingledger/protocol';
import { touchedBy } from './keys.js';

/** What stands around the items in a statement, and more. */
const FRAME_BYTES = 200;

/** What became of one write. */
export interface WriteOutcome {
  readonly outcome: Outcome;
  /** The transaction that carried it; absent when no transaction was ordered for it. */
  readonly txId?: string;
  /** The block that holds the transaction. */
  readonly block?: bigint;
}

/** The request that a write belongs to, as the idempotency store knows it, and its place in that request. */
export interface RequestItem {
  readonly requestId: string;
  readonly index: number;
}

/** What a proposal carries to the endorsers beside its arguments, by name. */
export type Transient = Readonly<Record<string, Uint8Array>>;

/** A call of a batch, ready to go; `stated` when it carries a statement of one item that the caller signed. */
export interface ReadyCall {
  readonly text: string;
  readonly stated: boolean;
  readonly transient?: Transient;
}

/** An item that goes in a statement of its operation, with others, and that the gateway signs. */
export interface Item {
  /** Id of the operation. */
  readonly operation: string;
  readonly item: string;
  /** JSON text of what goes to the endorsers only. */
  readonly privatePart?: string;
}

/** One write that waits for its transaction: one operation, or a list that must stay in one transaction. */
export interface Job {
  readonly pieces: readonly (ReadyCall | Item)[];
  /** How many of the pieces are calls of their own, and how many go in a statement with others. */
  readonly calls: number;
  readonly items: number;
  readonly bytes: number;
  /** Its answer is the list of its pieces' outcomes. */
  readonly list: boolean;
  /** All of its pieces are done or none is. */
  readonly whole: boolean;
  readonly touches: Touches;
  readonly request: RequestItem | undefined;
  /** False for all but the first write of a bulk request: a caller that comes back comes back once. */
  readonly leads: boolean;
  readonly since: number;
  settle(answer: WriteOutcome): void;
}

/** A call of the batch function as JSON. */
function callText(operation: string, input: string): string {
  return `{"input":${input},"operation":${JSON.stringify(operation)}}`;
}

/**
 * The call that carries a statement. The text goes beside it, so that a block holds it once, where the contract keeps it;
 * and so does, by place, what of the items goes to the endorsers only.
 */
export function statementCall(
  operation: string,
  text: string,
  signature: string,
  privateParts: readonly (string | undefined)[],
): Required<Omit<ReadyCall, 'stated'>> {
  return {
    text: callText(operation, JSON.stringify({ signature })),
    transient: {
      [textName(signature)]: Buffer.from(deflateStatement(text), 'latin1'),
      ...(privateParts.some((part) => part !== undefined) && {
        [privateName(text)]: deflatePrivate(privateParts.map((part) => part ?? 'null')),
      }),
    },
  };
}

function pieceOf(operation: Operation, input: unknown): ReadyCall | Item {
  const id = operationId(operation);
  if (!operation.item) return { text: callText(id, canonicalJson(input)), stated: false };
  const { signature, ...said } = input as { signature?: string } & Record<string, unknown>;
  const { [operation.private ?? '']: secret, ...item } = said;
  const privatePart = secret === undefined ? undefined : JSON.stringify(secret);
  const text = canonicalJson(item);
  if (signature === undefined)
    return { operation: id, item: text, ...(privatePart === undefined ? {} : { privatePart }) };
  return { ...statementCall(id, statementOf(id, [text]), signature, [privatePart]), stated: true };
}

function piecesOf(operation: Operation, input: unknown): { pieces: (ReadyCall | Item)[]; list: boolean } {
  if (operation.name !== operations.runBatch.name)
    return { pieces: [pieceOf(operation, input)], list: false };
  const calls = (input as { operations: { operation: string; input: unknown }[] }).operations;
  const pieces = calls.map((call) => {
    const known = registeredOperation(call.operation);
    // What is no input of any operation, the contract refuses.
    return known && typeof call.input === 'object' && call.input !== null
      ? pieceOf(known, call.input)
      : { text: callText(call.operation, canonicalJson(call.input ?? null)), stated: false };
  });
  return { pieces, list: true };
}

function bytesOf(piece: ReadyCall | Item): number {
  if ('item' in piece) return Buffer.byteLength(piece.item) + Buffer.byteLength(piece.privatePart ?? '');
  const values = Object.values(piece.transient ?? {});
  return Buffer.byteLength(piece.text) + values.reduce((sum, value) => sum + value.length, 0);
}

/** A job and the promise of its answer. */
export interface NewJob {
  readonly job: Job;
  readonly answer: Promise<WriteOutcome>;
}

type Place = Pick<Job, 'request' | 'leads' | 'since'>;

/** Makes a job of one operation. */
export function newJob(operation: Operation, input: unknown, caller: string, place: Place): NewJob {
  const { pieces, list } = piecesOf(operation, input);
  return waiting(pieces, { list, whole: false, touches: touchedBy(operation, input, caller), place });
}

/** Makes a job of several inputs that are done together or not at all. */
export function newWhole(
  operation: Operation,
  inputs: readonly unknown[],
  caller: string,
  place: Place,
): NewJob {
  const pieces = inputs.map((input) => pieceOf(operation, input));
  const touched = inputs.map((input) => touchedBy(operation, input, caller));
  // Inputs of one list have most of their keys in common, and every look at the job goes through all of them.
  const touches = {
    reads: [...new Set(touched.flatMap(({ reads }) => reads))],
    writes: [...new Set(touched.flatMap(({ writes }) => writes))],
  };
  return waiting(pieces, { list: true, whole: true, touches, place });
}

/** Why a list of items can not be done whole: it is more than one statement takes; undefined when it is not. */
export function excessOf({ pieces }: Job, mostItems: number): Refusal | undefined {
  const items = pieces.filter((piece): piece is Item => 'item' in piece);
  const bytesOfAll = (texts: readonly string[]): number =>
    texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, FRAME_BYTES);
  const excess: readonly (readonly [is: number, limit: number])[] = [
    [items.length, mostItems],
    [bytesOfAll(items.map(({ item }) => item)), STATEMENT_BYTES],
    [bytesOfAll(items.map(({ privatePart = '' }) => privatePart)), PRIVATE_BYTES],
  ];
  const limit = excess.find(([is, most]) => is > most)?.[1];
  return limit === undefined
    ? undefined
    : new Refusal('TL-INPUT-TOO-LARGE', { limit }, 'This is more than one transaction takes');
}

/** What a job is made of besides its pieces. */
interface Nature {
  readonly list: boolean;
  readonly whole: boolean;
  readonly touches: Touches;
  readonly place: Place;
}

function waiting(pieces: readonly (ReadyCall | Item)[], { list, whole, touches, place }: Nature): NewJob {
  let settle: (answer: WriteOutcome) => void = () => undefined;
  const answer = new Promise<WriteOutcome>((resolve) => {
    settle = resolve;
  });
  // Pieces of a list that may be done in part are calls of their own.
  const items = list && !whole ? 0 : pieces.filter((piece) => 'item' in piece).length;
  const bytes = pieces.reduce((sum, piece) => sum + bytesOf(piece), 0);
  const { request, leads, since } = place;
  // Written out: there is a job for every record, and spreading a dozen members takes about as long as all the rest.
  const job = {
    pieces,
    calls: pieces.length - items,
    items,
    bytes,
    list,
    whole,
    touches,
    request,
    leads,
    since,
    settle,
  };
  return { job, answer };
}
