// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';

/**
 * A kind of state: where its entries lie and what they look like (requirement X8). Prefixes, once used on a channel,
 * are never used for anything else.
 */
export interface Collection<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly schema: S;
  /** The state key of an entry: the collection's name and the parts of its id, joined by `/`. */
  key(...id: readonly string[]): string;
}

/** The value kept under a key of the collection. */
export type Entry<C extends Collection> = z.output<C['schema']>;

/** Declares a collection. */
export function defineCollection<S extends z.ZodType>(name: string, schema: S): Collection<S> {
  return { name, schema, key: (...id) => [name, ...id].join('/') };
}
