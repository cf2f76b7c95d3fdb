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
  /** Present where neighbours share a row: the entry's place in it. */
  place?(...id: readonly string[]): string;
  /** Present where such a row is written shorter than its entries by place are. */
  readonly packing?: Packing<z.output<S>>;
  /** The entries in what lies under a key of the collection, by their ids; the parts of an id are joined by `/`. */
  entries(key: string, row: unknown): readonly (readonly [id: string, value: unknown])[];
}

/** The value kept under a key of the collection. */
export type Entry<C extends Collection> = z.output<C['schema']>;

/** Declares a collection. */
export function defineCollection<S extends z.ZodType>(name: string, schema: S): Collection<S> {
  return {
    name,
    schema,
    key: (...id) => `${name}/${id.join('/')}`,
    entries: (key, row) => [[key.slice(name.length + 1), row]],
  };
}

/**
 * Splits the id of an entry into the row that it shares with its neighbours and its own place in that row: put together
 * they are the id again.
 */
export type Neighbourhood = (id: string) => readonly [row: string, place: string];

/** How a row is written that neighbours share, and read again: what all of them say need not stand there ten times. */
export interface Packing<E> {
  pack(row: Readonly<Record<string, E>>): unknown;
  unpack(packed: unknown): Record<string, E>;
}

/**
 * Declares a collection in which neighbours share a row: an object of entries by place. Peers pay for every key, so a
 * list of consecutive ids costs a fraction; two that write neighbours at the same time pay with a conflict.
 */
export function defineShelf<S extends z.ZodType>(
  name: string,
  schema: S,
  neighbourhood: Neighbourhood,
  packing?: Packing<z.output<S>>,
): Collection<S> {
  return {
    name,
    schema,
    key: (id = '') => `${name}/${neighbourhood(id)[0]}`,
    place: (id = '') => neighbourhood(id)[1],
    ...(packing && { packing }),
    entries: (key, row) =>
      Object.entries(packing ? packing.unpack(row) : (row as object)).map(([place, value]) => [
        key.slice(name.length + 1) + place,
        value,
      ]),
  };
}
