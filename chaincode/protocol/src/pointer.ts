// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** The longest JSON Pointer to a member, in characters. */
export const POINTER_LENGTH = 256;

/** A JSON Pointer (RFC 6901) to a member, not to the whole document. */
export const Pointer = z
  .string()
  .max(POINTER_LENGTH)
  .regex(/^(\/([^/~]|~[01])*)+$/, 'a JSON Pointer (RFC 6901) like "/origin/country"')
  .meta({ id: 'Pointer', examples: ['/origin'] });

/** The pointer that leads through these names. */
export function pointerTo(names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The names that a pointer leads through, outermost first; undefined when it is no {@link Pointer}, or names
 * `__proto__`, which no document may have.
 */
export function parsePointer(pointer: string): string[] | undefined {
  if (!Pointer.safeParse(pointer).success) return undefined;
  const names = pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.includes('__proto__') ? undefined : names;
}

/** Whether a pointer leads to a member or beneath it. */
export function within(pointer: string, member: string): boolean {
  return pointer === member || pointer.startsWith(`${member}/`);
}
