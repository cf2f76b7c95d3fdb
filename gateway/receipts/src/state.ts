// SPDX-License-Identifier: Apache-2.0
import type { Place } from './bundle.js';
import { fail } from './checks.js';
import { inflate } from './content.js';
import type { Transaction } from './transaction.js';

/** A key of the ledger’s state with what a proven transaction wrote to it. */
export interface Row {
  readonly key: string;
  readonly value: Record<string, unknown>;
  /** The transaction that wrote it last. */
  readonly place: Place;
}

/** What the peers read for an answer, each key by the proven transaction that wrote it. */
export class ProvenState {
  readonly #rows = new Map<string, Row>();
  readonly #texts = new Map<string, Promise<string>>();

  /**
   * Fails when a key has no transaction in the file, or its transaction did not write it or did not take effect; and when
   * the file proves a transaction that wrote nothing of what was read.
   */
  constructor({ chaincode, reads }: Transaction, places: readonly Place[]) {
    const byPlace = new Map(places.map((place) => [placeName(place), place]));
    const read = new Set<string>();
    for (const { namespace, key, block, index } of reads) {
      if (namespace !== chaincode) continue;
      const name = placeName({ block, index });
      const place =
        byPlace.get(name) ?? fail(`the file lacks the transaction at ${name}, which wrote ${key}`);
      if (place.validation !== 'VALID') fail(`the transaction at ${name} changed nothing`);
      const write = place.transaction.writes.find((one) => one.namespace === chaincode && one.key === key);
      if (!write?.value) fail(`the transaction at ${name} did not write ${key}, which the peers read there`);
      read.add(name);
      this.#rows.set(key, { key, value: jsonOf(write.value), place });
    }
    const more = places.find((place) => !read.has(placeName(place)));
    if (more) fail(`the file proves transaction ${more.transaction.txId}, of which the peers read nothing`);
  }

  get size(): number {
    return this.#rows.size;
  }

  get rows(): Iterable<Row> {
    return this.#rows.values();
  }

  /** What lies under a key; undefined when the peers did not read it. */
  row(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** The same; fails when the peers did not read it. */
  needed(key: string): Row {
    return this.#rows.get(key) ?? fail(`nothing in the file says what lies under ${key}`);
  }

  /** The text that an account signed, out of the row of its statement. */
  textOf({ key, value }: Row): Promise<string> {
    const known = this.#texts.get(key) ?? inflate(String(value['text']));
    this.#texts.set(key, known);
    return known;
  }
}

function placeName({ block, index }: { readonly block: number; readonly index: number }): string {
  return `${String(block)}.${String(index)}`;
}

function jsonOf(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}
