// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import {
  effectsOf,
  placeOfRecord,
  publicThing,
  statements,
  trails,
  type ChangeRecord,
  type ChangeStep,
  type CustodyChain,
  type DecidedRecord,
  type StoredThing,
  type Trail,
} from '@thingledger/protocol';
import { compareTexts } from '../domain/verification';
import { Changes, trailOfChanges } from './changes';
import { decidedRecords } from './records';
import { Standings } from './standing';
import { requireThing } from './things';

/** Longer chains than this are read in parts, by asking for the custody at an earlier time. */
const LONGEST_CHAIN = 1000;

/** Between two times of the ledger: event times do not say what lay in what when a record was announced. */
interface Span {
  readonly from: string;
  readonly until: string;
}

/** A time that a thing lay in another. */
interface Stay extends Span {
  readonly parent: string;
}

/** What happened to a thing by itself, oldest first. */
interface Past {
  readonly stored: StoredThing;
  readonly changes: readonly ChangeRecord[];
  readonly records: readonly DecidedRecord[];
  readonly stays: readonly Stay[];
  readonly complete: boolean;
}

/** How things came to their holders, as it stood at a time (requirement T6); what several lay in is looked at once. */
export class Chains {
  readonly #known = new Map<string, Promise<Past>>();

  constructor(
    private readonly tx: Transaction,
    private readonly at: string,
    private readonly standings = new Standings(tx),
    private readonly changes = new Changes(tx),
  ) {}

  /** The chain of a thing. Refuses with `TL-THING-UNKNOWN`. */
  async of(id: string): Promise<CustodyChain> {
    const past = await this.#pastOf(id);
    const { stored, changes } = past;
    const moved = await this.#moved(id, { from: '', until: this.at }, []);
    const records = moved.records
      .sort((a, b) => compareTexts(a.record.announcedAt, b.record.announcedAt))
      .reverse();
    const pending = past.records.find(({ status }) => status === 'announced');
    const ended = changes.some(({ recordId }) => recordId === stored.ended);
    const holder = await this.#holderOf(id, moved.complete ? holderOf(id, past, records[0]) : undefined);
    return {
      thing: publicThing(id, stored),
      ...(holder === undefined || ended ? {} : { holder }),
      ...(pending ? { pending } : {}),
      records,
      changes: changes.map(stepOf).reverse(),
      complete: moved.complete,
    };
  }

  /** The present holder stands in the ledger; who held it in the past is told by the whole chain only. */
  async #holderOf(id: string, then: string | undefined): Promise<string | undefined> {
    return this.at < this.tx.now ? then : (await this.standings.of(id)).custody.holder;
  }

  /** The accepted records that moved a thing in a span: its own, and those of what it lay in. */
  async #moved(
    id: string,
    span: Span,
    inside: readonly string[],
  ): Promise<{ records: DecidedRecord[]; complete: boolean }> {
    const past = await this.#pastOf(id);
    const records = past.records.filter(
      ({ status, record }) =>
        status === 'accepted' && record.announcedAt >= span.from && record.announcedAt <= span.until,
    );
    let { complete } = past;
    for (const { parent, from, until } of past.stays) {
      const both = { from: later(from, span.from), until: until < span.until ? until : span.until };
      // Clients choose times within a window, so two things can seem to have lain in each other.
      if (both.from >= both.until || inside.includes(parent)) continue;
      const along = await this.#moved(parent, both, [...inside, id]);
      records.push(...along.records);
      complete &&= along.complete;
    }
    return { records, complete };
  }

  #pastOf(id: string): Promise<Past> {
    const known = this.#known.get(id) ?? this.#read(id);
    this.#known.set(id, known);
    return known;
  }

  async #read(id: string): Promise<Past> {
    const { tx, at } = this;
    const stored = await requireThing(tx, id);
    const named = await latestOf(tx, await trailOfChanges(tx, id, stored), at);
    const own = await latestOf(tx, (await tx.state.get(trails, id)) ?? [], at);
    const changes: ChangeRecord[] = [];
    for (const recordId of named.ids) {
      const change = await this.changes.of(recordId);
      if (change && change.at <= at) changes.push(change);
    }
    return {
      stored,
      changes,
      records: await decidedRecords(tx, own.ids, at),
      stays: staysOf(id, changes, at),
      complete: named.complete && own.complete,
    };
  }
}

/** The latest of a trail up to a time, oldest first, and whether that is all. */
async function latestOf(
  tx: Transaction,
  trail: Trail,
  at: string,
): Promise<{ ids: string[]; complete: boolean }> {
  let [least, end] = [0, trail.length];
  // A short trail is read anyway; in a long one its end is sought by halves.
  while (trail.length > LONGEST_CHAIN && least < end) {
    const middle = Math.floor((least + end) / 2);
    const { statementId } = placeOfRecord(trail[middle]?.[0] ?? '');
    const row = await tx.state.get(statements, statementId);
    if (row && row.at <= at) least = middle + 1;
    else end = middle;
  }
  const ids = trail.slice(0, end).map(([recordId]) => recordId);
  return { ids: ids.slice(-LONGEST_CHAIN), complete: end <= LONGEST_CHAIN };
}

/** Whoever the last record gave the thing to, or who made it or took it out of another since. */
function holderOf(
  id: string,
  { stored, changes }: Past,
  last: DecidedRecord | undefined,
): string | undefined {
  const ground = changes.findLast(({ recordId, change }) => {
    const { link } = effectsOf(change);
    return recordId === stored.made || (link?.joined === false && link.children.includes(id));
  });
  return last && (!ground || last.record.announcedAt > ground.at) ? last.record.to : ground?.by;
}

function stepOf({ change, reportId: _, txId: __, signature: ___, ...rest }: ChangeRecord): ChangeStep {
  const { link } = effectsOf(change);
  return { ...rest, type: change.type, ...(link ? { parent: link.parent } : {}) };
}

function staysOf(id: string, changes: readonly ChangeRecord[], at: string): Stay[] {
  const stays: Stay[] = [];
  for (const record of changes) {
    const { link } = effectsOf(record.change);
    if (!link?.children.includes(id)) continue;
    if (link.joined) stays.push({ parent: link.parent, from: record.at, until: at });
    else {
      const stay = stays.pop();
      if (stay) stays.push({ ...stay, until: record.at });
    }
  }
  return stays;
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}
