// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import {
  contents,
  effectsOf,
  placeOfRecord,
  publicThing,
  sourceIn,
  statementKeyOf,
  statements,
  things,
  trails,
  type CustodyChain,
  type getLineage,
  type getProvenance,
  type Input,
  type Output,
  type StoredThing,
} from '@thingledger/protocol';
import { Chains } from './chain';
import { Changes } from './changes';
import { keysOf, keysOfLast, Standings } from './standing';
import { requireThing } from './things';

/** The most things in one lineage. */
const MOST = 2000;

/** So many records and changes are told of in one answer; the chain that goes beyond them is the last. */
const MOST_TOLD = 5000;

/**
 * Walks from source to product and from part to whole, or the other way (requirement T6): nearest first, each thing once.
 * Forward from a thing leads to another exactly when back from that one leads to it.
 */
export async function lineageOf(
  tx: Transaction,
  { thing, direction }: Input<typeof getLineage>,
  standings = new Standings(tx),
  changes = new Changes(tx),
): Promise<Output<typeof getLineage>> {
  await requireThing(tx, thing);
  const next = direction === 'back' ? sourcesOf : productsOf;
  const steps = new Map([[thing, 0]]);
  const found: Output<typeof getLineage>['things'] = [];
  let complete = true;
  // A map keeps the order of insertion, and what is added on the way is visited too.
  for (const [id, step] of steps) {
    const { stored, custody } = await standings.of(id);
    if (!stored) continue;
    const { holder } = custody;
    const shown = holder === undefined || stored.ended !== undefined ? {} : { holder };
    found.push({ thing: publicThing(id, stored), ...shown, steps: step });
    if (!complete) continue;
    for (const one of await next(tx, id, stored, changes)) {
      if (steps.has(one)) continue;
      if (steps.size < MOST) steps.set(one, step + 1);
      else complete = false;
    }
  }
  return { things: found, complete };
}

/** The chains of a thing and of all that it was made of, at a time. */
export async function provenanceOf(
  tx: Transaction,
  { thing, at = tx.now }: Input<typeof getProvenance>,
): Promise<Output<typeof getProvenance>> {
  const standings = new Standings(tx);
  const changes = new Changes(tx);
  const { things: found, complete } = await lineageOf(tx, { thing, direction: 'back' }, standings, changes);
  const all = new Chains(tx, at, standings, changes);
  const chains: CustodyChain[] = [];
  let told = 0;
  for (const { thing: one } of found) {
    if (told >= MOST_TOLD) return { chains, complete: false };
    const chain = await all.of(one.thing);
    chains.push(chain);
    told += chain.records.length + chain.changes.length;
  }
  return { chains, complete: complete && chains.every((chain) => chain.complete) };
}

async function sourcesOf(tx: Transaction, id: string, stored: StoredThing, all: Changes): Promise<string[]> {
  await readAhead(tx, stored);
  const { made, children } = stored;
  const change = made === undefined ? undefined : await all.of(made);
  const sources = change ? effectsOf(change.change).ended : [];
  if (!children) return [...sources];
  const inside = (await tx.state.get(contents, id)) ?? [];
  const present = await tx.state.getAll(
    things,
    inside.map((one) => [one]),
  );
  const parts = inside.filter((_, at) => present[at]?.parent?.relation === 'association');
  return [...sources, ...parts];
}

/**
 * Reads the nearest sources of a thing in one message, when the walk comes to a change that was not read yet: things, the
 * changes that made them, and the record that gave the first its holder; in a second what records of others there are.
 */
async function readAhead(tx: Transaction, { made, sources = [], grounds }: StoredThing): Promise<void> {
  if (made === undefined) return;
  const { state } = tx;
  if (state.peek(statements, placeOfRecord(made).statementId)) return;
  const named = sources.map(sourceIn);
  const ids = named.map(([id]) => id);
  const record = grounds?.at(-1)?.record;
  await state.prefetch([
    ...ids.flatMap((id) => [things.key(id), trails.key(id)]),
    ...[made, ...named.flatMap(([, change]) => change ?? [])].map(statementKeyOf),
    ...(record === undefined ? [] : keysOf(tx, record)),
  ]);
  await state.prefetch([
    ...ids.flatMap((id) => state.peek(things, id)?.made ?? []).map(statementKeyOf),
    ...ids.flatMap((id) => keysOfLast(tx, id)),
  ]);
}

async function productsOf(
  _tx: Transaction,
  _id: string,
  { ended, parent }: StoredThing,
  all: Changes,
): Promise<string[]> {
  const change = ended === undefined ? undefined : await all.of(ended);
  const products = change ? effectsOf(change.change).made.map(({ thing }) => thing) : [];
  return parent?.relation === 'association' ? [...products, parent.thing] : products;
}
