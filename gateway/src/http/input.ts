// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '@thingledger/protocol';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Members of an input by name; without a prototype, so that no name can mean anything else. */
export type RawInput = Record<string, unknown>;

/**
 * One input out of path parameters, query and body. The same member with two values is refused with `TL-INPUT-INVALID`:
 * which of them was meant nobody can know.
 */
export function mergeInput(path: Readonly<Record<string, string>>, query: string, body: unknown): RawInput {
  const input = Object.create(null) as RawInput;
  if (body !== undefined) {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new Refusal('TL-INPUT-INVALID', { fields: ['(body)'] }, 'The body must be a JSON object');
    }
    Object.assign(input, body);
  }
  for (const [name, value] of [...queryMembers(query), ...Object.entries(path)]) {
    if (value.includes('\0'))
      throw new Refusal('TL-INPUT-MALFORMED', { name }, 'The character U+0000 stands in the address');
    if (name in input && !isDeepStrictEqual(input[name], value)) {
      throw new Refusal(
        'TL-INPUT-INVALID',
        { fields: [name] },
        `"${name}" is given twice, with different values`,
      );
    }
    input[name] = value;
  }
  return input;
}

/** The query of an address as name and value pairs. Refuses broken percent-encoding with `TL-INPUT-MALFORMED`. */
export function queryMembers(url: string): [string, string][] {
  const start = url.indexOf('?');
  if (start < 0 || start === url.length - 1) return [];
  const pairs: [string, string][] = [];
  const seen = new Set<string>();
  for (const part of url.slice(start + 1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (FORBIDDEN.has(name))
      throw new Refusal('TL-INPUT-MALFORMED', { name }, `The parameter "${name}" is not allowed`);
    if (seen.has(name))
      throw new Refusal(
        'TL-INPUT-INVALID',
        { fields: [name.slice(0, 100)] },
        'A query parameter is given twice',
      );
    seen.add(name);
    pairs.push([name, equals < 0 ? '' : decode(part.slice(equals + 1))]);
  }
  return pairs;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Refusal('TL-INPUT-MALFORMED', {}, 'The address has a broken percent-encoding');
  }
}
