// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import {
  placeOfRecord,
  regulatorsOf,
  statements,
  things,
  trails,
  votes,
  type StoredThing,
} from '@thingledger/protocol';
import type { Subject } from '../domain/change';
import { custodyOf, type Custody } from '../domain/custody';
import { recentOf, type Loaded } from './records';

/** What a thing's own records since its last ground come to at a time. */
async function ownCustody(
  tx: Transaction,
  id: string,
  { grounds }: StoredThing,
  at: string,
): Promise<Custody> {
  return custodyOf(await recordsSince(tx, id, grounds?.at(-1)?.trail, at), at, grounds?.at(-1));
}

/** A thing's records since a place in its trail, newest first, down to the last one accepted at a time. */
export async function recordsSince(
  tx: Transaction,
  id: string,
  place: number | undefined,
  at: string,
): Promise<Loaded[]> {
  const trail = (await tx.state.get(trails, id)) ?? [];
  return recentOf(tx, place === undefined ? trail : trail.slice(place), at);
}

/** Where things stand in a transaction, each with what lies around it; what surrounds several is looked at once. */
export class Standings {
  readonly #custody = new Map<string, Promise<Custody>>();
  readonly #subjects = new Map<string, Promise<Subject>>();

  constructor(private readonly tx: Transaction) {}

  /** Where a thing stands: its holder is the holder of the outermost thing around it. */
  of(id: string): Promise<Subject> {
    const known = this.#subjects.get(id) ?? this.#find(id);
    this.#subjects.set(id, known);
    return known;
  }

  async #find(id: string): Promise<Subject> {
    const { state } = this.tx;
    await state.prefetch([things.key(id), trails.key(id)]);
    const stored = state.peek(things, id);
    const within: string[] = [];
    let [root, outermost] = [id, stored];
    while (outermost?.parent) {
      root = outermost.parent.thing;
      within.push(root);
      outermost = await state.get(things, root);
    }
    const trail = ((await state.get(trails, id)) ?? []).length;
    return { stored, within, trail, custody: outermost ? await this.#custodyOf(root, outermost) : {} };
  }

  #custodyOf(root: string, stored: StoredThing): Promise<Custody> {
    const known = this.#custody.get(root) ?? ownCustody(this.tx, root, stored, this.tx.now);
    this.#custody.set(root, known);
    return known;
  }
}

/** The keys behind the last record of a thing, for reading ahead. */
export function keysOfLast(tx: Transaction, id: string): string[] {
  const last = tx.state.peek(trails, id)?.at(-1);
  return last ? keysOf(tx, last[0]) : [];
}

/** The keys behind a record, for reading ahead. */
export function keysOf(tx: Transaction, recordId: string): string[] {
  const rules = tx.rulesInForce;
  if (!rules) return [];
  const { statementId } = placeOfRecord(recordId);
  // Records of earlier rules may have had other regulators; theirs are read when it comes to them.
  const cast = regulatorsOf(rules).map((regulator) => votes.key(statementId, regulator));
  return [statements.key(statementId), ...cast];
}
