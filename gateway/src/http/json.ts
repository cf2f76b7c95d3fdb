// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Parses a JSON text that also keeps to I-JSON (RFC 7493), so that what is hashed and signed is what the sender wrote:
 * no name twice in an object, no unpaired surrogate, no number a double can not carry. Refused besides: U+0000, names
 * that pollute prototypes, nesting deeper than `depth`. Refuses with `TL-INPUT-MALFORMED` and `TL-INPUT-TOO-DEEP`.
 */
export function parseStrictJson(text: string, depth: number): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message would quote the body, which may hold what must not be logged or echoed.
    throw new Refusal('TL-INPUT-MALFORMED');
  }
  checkTokens(text, depth);
  return value;
}

/** Walks the tokens of a text that is known to be valid JSON; only what `JSON.parse` lets pass is looked for. */
function checkTokens(text: string, limit: number): void {
  /** For each open container the names seen in it, or undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let nameNext = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at + 1);
      const raw = text.slice(at + 1, end);
      const string = raw.includes('\\') ? unescape(raw) : raw;
      if (nameNext) addName(open.at(-1), string);
      at = end;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      open.push(code === OPEN_OBJECT ? new Set() : undefined);
      if (open.length > limit) throw new Refusal('TL-INPUT-TOO-DEEP', { limit });
      nameNext = code === OPEN_OBJECT;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      open.pop();
      nameNext = false;
    } else if (code === COMMA) {
      nameNext = open.at(-1) !== undefined;
    } else if (code === COLON) {
      nameNext = false;
    } else if (code === MINUS || (code >= 0x30 && code <= 0x39)) {
      at = checkNumber(text, at) - 1;
    }
  }
}

function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
}

function unescape(raw: string): string {
  const string = JSON.parse(`"${raw}"`) as string;
  if (!string.isWellFormed()) throw malformed('An unpaired surrogate stands in a text');
  if (string.includes('\0')) throw malformed('The character U+0000 stands in a text');
  return string;
}

function addName(names: Set<string> | undefined, name: string): void {
  if (FORBIDDEN.has(name)) throw malformed(`The member name "${name}" is not allowed`, { name });
  if (names?.has(name))
    throw malformed('A member name stands twice in an object', { name: name.slice(0, 100) });
  names?.add(name);
}

/** Returns where the number ends. */
function checkNumber(text: string, from: number): number {
  let end = from + 1;
  let whole = true;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code >= 0x30 && code <= 0x39) continue;
    // . e E + -
    if (code !== 0x2e && code !== 0x65 && code !== 0x45 && code !== 0x2b && code !== MINUS) break;
    whole = false;
  }
  if (whole && end - from < 16) return end;
  const value = Number(text.slice(from, end));
  if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
    throw malformed('A number is larger than a double carries exactly; send it as a text');
  }
  return end;
}

function malformed(detail: string, fields: Record<string, string> = {}): Refusal {
  return new Refusal('TL-INPUT-MALFORMED', fields, detail);
}
