// SPDX-License-Identifier: Apache-2.0
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { CALLED_BYTES } from './audit';
import { sha256 } from './hash';
import { RefusalSchema, type Outcome } from './operations/batch';
import { Refusal } from './refusal';
import { Signature } from './values';

/** The most items that a statement has. */
export const STATEMENT_ITEMS = 2000;

/** The most bytes that a statement's text has. */
export const STATEMENT_BYTES = 2 * 1024 * 1024;

/**
 * Which transaction carried a statement, a dash, and its place in that transaction. Of the 32 digits, 8 are the seconds
 * since 1970 that the transaction gives as its time and 24 begin its id: statements lie in order of time (decision 0020).
 */
export const StatementId = z
  .string()
  .regex(/^[0-9a-f]{32}-(0|[1-9]\d{0,2})$/, 'a statement id')
  .meta({ id: 'StatementId', examples: ['9f2c5e0b7a1d4c3e8f60b1a2c3d4e5f6-0'] });

/** A statement's id, a dot, and the place of the record in it. */
export const RecordId = z
  .string()
  .regex(/^[0-9a-f]{32}-(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,3})$/, 'a record id')
  .meta({
    id: 'RecordId',
    description: 'Given by the ledger: time and transaction, statement, place in the statement',
    examples: ['9f2c5e0b7a1d4c3e8f60b1a2c3d4e5f6-0.17'],
  });

/** The id of the statement at a place in a transaction; `at` is the time that the transaction states. */
export function statementIdOf(
  { txId, at }: { readonly txId: string; readonly at: string },
  place: number,
): string {
  const seconds = Math.floor(Date.parse(at) / 1000).toString(16);
  return `${seconds.padStart(8, '0')}${txId.slice(0, 24)}-${String(place)}`;
}

/** The id of the record at a place in a statement. */
export function recordIdOf(statementId: string, index: number): string {
  return `${statementId}.${String(index)}`;
}

/** Where a record stands. */
export function placeOfRecord(recordId: string): { statementId: string; index: number } {
  const dot = recordId.lastIndexOf('.');
  return { statementId: recordId.slice(0, dot), index: Number(recordId.slice(dot + 1)) };
}

/** A statement's text as it travels and as it lies in state. */
export const StatementText = z
  .string()
  .max(STATEMENT_BYTES)
  .regex(/^[A-Za-z0-9_-]+$/)
  .describe('JSON `{"items":[…],"operation":"…"}`, deflated (RFC 1951), base64url');

/**
 * What one account says and signs together: a list of items of one operation. Signed is the UTF-8 form of the text just
 * as it stands, so whoever checks it need not write it anew. The text may travel beside the arguments ({@link textName}):
 * then a block holds it once, in the row where it is kept.
 */
export const SignedStatement = z
  .strictObject({
    text: StatementText.optional(),
    signature: Signature.describe('ES256 of the account over the text'),
  })
  .meta({ id: 'SignedStatement' });
export type SignedStatement = z.infer<typeof SignedStatement>;

const TEXT = 'text/';

/** Under which name the text of a statement travels as transient data: that of its signature. */
export function textName(signature: string): string {
  return TEXT + signature;
}

/** Whether what travels under a name will be on the ledger for all members to read; all else that travels so is private. */
export function isTextName(name: string): boolean {
  return name.startsWith(TEXT);
}

/** The text of a statement: the items' own JSON texts and the id of their operation. */
export function statementOf(operation: string, items: readonly string[]): string {
  return `{"items":[${items.join(',')}],"operation":${JSON.stringify(operation)}}`;
}

/** A statement's text in the form in which it travels and is kept. For clients: endorsers may deflate differently. */
export function deflateStatement(text: string): string {
  return deflateRawSync(text, { level: 3 }).toString('base64url');
}

/** The most bytes that the private parts of a statement's items have together. */
export const PRIVATE_BYTES = 16 * 1024 * 1024;

/** Under which name the private parts of a statement's items travel as transient data, so that they are found by its text. */
export function privateName(text: string): string {
  return `private/${sha256(text)}`;
}

/** The private parts of a statement's items, JSON texts by place, as they travel. */
export function deflatePrivate(parts: readonly string[]): Uint8Array {
  return deflateRawSync(`[${parts.join(',')}]`, { level: 1 });
}

/** The private parts of a statement's items by place. Refuses with `TL-INPUT-MALFORMED` what is none, or too much. */
export function inflatePrivate(deflated: Uint8Array): readonly unknown[] {
  try {
    const text = inflateRawSync(deflated, { maxOutputLength: PRIVATE_BYTES }).toString('utf8');
    const parts: unknown = JSON.parse(text);
    if (Array.isArray(parts)) return parts;
  } catch {
    // Refused below, like what is no list.
  }
  throw new Refusal('TL-INPUT-MALFORMED', { field: 'private' }, 'The private parts can not be read');
}

/**
 * The text behind its travelling form. Refuses with `TL-INPUT-MALFORMED` what is no deflated text, or too long a one, and
 * one with anything behind it: whoever reads the ledger elsewhere must come to the same text.
 */
export function inflateStatement(deflated: string): string {
  try {
    const bytes = Buffer.from(deflated, 'base64url');
    if (bytes.toString('base64url') !== deflated) throw new RangeError('not in the one form of its bytes');
    // With `info`, zlib tells how much of the bytes it took; its types do not know that.
    const { buffer, engine } = inflateRawSync(bytes, {
      maxOutputLength: STATEMENT_BYTES,
      info: true,
    }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    if (engine.bytesWritten !== bytes.length) throw new RangeError('something stands behind it');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer);
  } catch {
    throw new Refusal('TL-INPUT-MALFORMED', { field: 'text' }, 'The statement can not be inflated');
  }
}

/**
 * What of the statements of one transaction is inflated: contracts take no more, so readers find all that took effect,
 * and few bytes that inflate to many cost nobody more than this.
 */
export class StatementRoom {
  #left = CALLED_BYTES;

  /** {@link inflateStatement}. Refuses with `TL-INPUT-TOO-LARGE` when there is no room left. */
  inflate(deflated: string): string {
    if (this.#left <= 0)
      throw new Refusal(
        'TL-INPUT-TOO-LARGE',
        { limit: CALLED_BYTES },
        'The statements are too long together',
      );
    // What can not be inflated may have cost as much as the longest that can.
    this.#left -= STATEMENT_BYTES;
    const text = inflateStatement(deflated);
    this.#left += STATEMENT_BYTES - Buffer.byteLength(text);
    return text;
  }
}

const Stated = z.strictObject({
  items: z.array(z.unknown()).min(1).max(STATEMENT_ITEMS),
  operation: z.string(),
});

/** The items of a statement. Refuses with `TL-INPUT-MALFORMED` a text that is no statement of the operation. */
export function itemsOf(text: string, operation: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('TL-INPUT-MALFORMED', { field: 'text' }, 'The statement is no JSON');
  }
  const stated = Stated.safeParse(value);
  if (!stated.success || stated.data.operation !== operation) {
    throw new Refusal('TL-INPUT-MALFORMED', { field: 'text' }, `The statement is none of ${operation}`);
  }
  return stated.data.items;
}

const Index = z
  .int()
  .min(0)
  .max(STATEMENT_ITEMS - 1);

/** Places in a statement as runs of first and last, in order. */
export const Runs = z
  .array(z.tuple([Index, Index]))
  .min(1)
  .max(STATEMENT_ITEMS)
  .refine(
    (runs) => runs.every(([first, last], at) => first <= last && first > (runs[at - 1]?.[1] ?? -1)),
    'runs of first and last place, in order and apart',
  )
  .meta({ id: 'Runs', description: 'Places in a statement: runs of first and last', examples: [[[0, 499]]] });
export type Runs = z.infer<typeof Runs>;

/** The runs of places in ascending order. */
export function runsOf(places: Iterable<number>): Runs {
  const runs: Runs = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last?.[1] === place - 1) last[1] = place;
    else runs.push([place, place]);
  }
  return runs;
}

/** The places in runs, ascending. */
export function placesIn(runs: Runs): number[] {
  return runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
}

/** Whether a place lies in the runs. */
export function isIn(runs: Runs, place: number): boolean {
  return runs.some(([first, last]) => first <= place && place <= last);
}

const byPlace = <S extends z.ZodType>(schema: S): z.ZodRecord<z.ZodString, S> =>
  z.record(z.string().regex(/^\d{1,4}$/), schema);

/** What the ledger answers to a statement: what all its items share once, and what differs by place. */
export const StatementResult = z
  .strictObject({
    statementId: StatementId,
    answer: z.record(z.string(), z.unknown()).describe('Answer to every item not named below'),
    repeated: byPlace(z.record(z.string(), z.unknown())).describe('Items said before: their first answers'),
    refused: byPlace(RefusalSchema),
  })
  .meta({ id: 'StatementResult' });
export type StatementResult = z.infer<typeof StatementResult>;

/** What became of the item at a place of a statement. */
export function outcomeAt(
  { statementId, answer, repeated, refused }: StatementResult,
  place: number,
): Outcome {
  const refusal = refused[place];
  if (refusal) return { ok: false, refusal };
  return { ok: true, result: repeated[place] ?? { ...answer, recordId: recordIdOf(statementId, place) } };
}
