// SPDX-License-Identifier: Apache-2.0
import { CALLED_BYTES } from '@thingledger/protocol/audit';
import { fromBase64url } from './bytes.js';

/** One operation of a transaction, as far as it can be read. */
export interface Said {
  /** `contract:operation`. */
  readonly operation: string;
  readonly input: unknown;
  /** What became of it; absent where the answer does not tell. */
  readonly outcome?: unknown;
}

const BATCH = 'batch:runBatch';
/** The longest text of a signed statement that is shown, in bytes. */
const STATEMENT_BYTES = 2 * 1024 * 1024;

/** What a transaction wrote, as far as statements are found in it. */
export interface Written {
  readonly key: string;
  /** Absent where the key was deleted. */
  readonly value: Uint8Array | undefined;
}

/**
 * The texts of the statements that a transaction kept, as they travel, by their signatures: where the arguments have a
 * signature alone, the text came beside them and stands here.
 */
export function keptTexts(writes: readonly Written[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { key, value } of writes) {
    if (!value || !key.startsWith('statement/')) continue;
    const row = jsonOf(new TextDecoder().decode(value));
    const [signature, text] = [member(row, 'signature'), member(row, 'text')];
    if (typeof signature === 'string' && typeof text === 'string') texts.set(signature, text);
  }
  return texts;
}

/**
 * The operations a transaction asked for: those of a batch one by one, signed statements inflated. What can not be read
 * is given as it stands; nothing here decides whether a receipt is good.
 */
export async function operationsOf(
  name: string,
  args: readonly string[],
  result: string,
  writes: readonly Written[] = [],
): Promise<readonly Said[]> {
  const [input] = args.map(jsonOf);
  const answer = jsonOf(result);
  const texts = await Texts.of(writes);
  const asked = name === BATCH ? listOf(input, 'operations') : [];
  if (asked.length === 0) return [{ operation: name, input: await texts.spelt(input), outcome: answer }];
  const outcomes = listOf(answer, 'outcomes');
  const said: Said[] = [];
  // One after the other: few bytes inflate to many, and all of them together must have room.
  for (const [index, one] of asked.entries()) {
    const called = member(one, 'operation');
    said.push({
      operation: typeof called === 'string' ? called : '',
      input: await texts.spelt(member(one, 'input')),
      ...(outcomes[index] === undefined ? {} : { outcome: outcomes[index] }),
    });
  }
  return said;
}

/**
 * The texts of a transaction's statements as they can be read. Those that took effect come first, each inflated once: the
 * contract takes no more of them than there is room for. What else the arguments bring has a room of its own.
 */
class Texts {
  readonly #kept = new Map<string, { readonly deflated: string; readonly text: unknown }>();
  readonly #others: Room = { bytes: CALLED_BYTES };

  static async of(writes: readonly Written[]): Promise<Texts> {
    const texts = new Texts();
    const room: Room = { bytes: CALLED_BYTES };
    for (const [signature, deflated] of keptTexts(writes)) {
      const text = await inflatedIn(room, deflated);
      if (text !== undefined) texts.#kept.set(signature, { deflated, text: jsonOf(text) });
    }
    return texts;
  }

  /** A statement with its text readable: the one that it brings, else the one that was kept with its signature. */
  async spelt(input: unknown): Promise<unknown> {
    const [own, signature] = [member(input, 'text'), member(input, 'signature')];
    const kept = typeof signature === 'string' ? this.#kept.get(signature) : undefined;
    if (kept && (own === undefined || own === kept.deflated))
      return { ...(input as object), text: kept.text };
    const text = typeof own === 'string' ? await inflatedIn(this.#others, own) : undefined;
    return text === undefined ? input : { ...(input as object), text: jsonOf(text) };
  }
}

/** What may still be inflated. */
interface Room {
  bytes: number;
}

/** A text, while there is room for it; undefined when there is none, or it can not be inflated. */
async function inflatedIn(room: Room, deflated: string): Promise<string | undefined> {
  if (room.bytes <= 0) return undefined;
  // What can not be inflated may have cost as much as the longest that can.
  room.bytes -= STATEMENT_BYTES;
  try {
    const text = await inflate(deflated);
    room.bytes += STATEMENT_BYTES - text.length;
    return text;
  } catch {
    return undefined;
  }
}

/** Every text in the inputs of operations, at any depth: whom and what they name is among them. */
export function textsIn(operations: readonly Said[]): ReadonlySet<string> {
  const texts = new Set<string>();
  const waiting: unknown[] = operations.map(({ input }) => input);
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value) as unknown[]) if (inner !== undefined) waiting.push(inner);
    }
  }
  return texts;
}

/** The text behind the travelling form of a statement. Throws when it is none, or too long. */
export async function inflate(base64url: string): Promise<string> {
  const bytes = fromBase64url(base64url);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > STATEMENT_BYTES) {
      await reader.cancel();
      throw new RangeError('the statement is too long');
    }
    text += decoder.decode(value, { stream: true });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = member(value, name);
  return Array.isArray(list) ? list : [];
}
