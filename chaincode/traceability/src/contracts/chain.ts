// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import {
  effectsOf,
  trails,
  type ChangeRecord,
  type ChangeStep,
  type CustodyChain,
  type DecidedRecord,
  publicThing,
} from '@thingledger/protocol';
import { loadChange } from './changes';
import { decidedRecords } from './records';
import { requireThing } from './things';

/** Longer chains than this are read in parts, by asking for the custody at an earlier time. */
const LONGEST_CHAIN = 1000;

/** A time that a thing lay in another: what joined them, and what parted them. */
interface Stay {
  readonly parent: string;
  readonly from: ChangeRecord;
  readonly until: ChangeRecord | undefined;
}

/** How things came to their holders, as it stood at a time (requirement T6); what several lay in is looked at once. */
export class Chains {
  readonly #known = new Map<string, Promise<CustodyChain>>();

  constructor(
    private readonly tx: Transaction,
    private readonly at: string,
  ) {}

  /** The chain of a thing. Refuses with `TL-THING-UNKNOWN`. */
  of(id: string): Promise<CustodyChain> {
    const known = this.#known.get(id) ?? this.#walk(id);
    this.#known.set(id, known);
    return known;
  }

  async #walk(id: string): Promise<CustodyChain> {
    const { tx, at } = this;
    const stored = await requireThing(tx, id);
    const changes = await changesOf(tx, stored.changes ?? [], at);
    const own = await ownRecords(tx, id, at);
    const along: DecidedRecord[] = [];
    for (const stay of staysOf(id, changes)) {
      const { records } = await this.of(stay.parent);
      along.push(...records.filter((record) => isDuring(record, stay)));
    }
    const accepted = own.filter(({ status }) => status === 'accepted').reverse();
    const records = [...accepted, ...along].sort(newestFirst);
    const pending = own.find(({ status }) => status === 'announced');
    const ground = stored.grounds?.findLast(({ since }) => since <= at);
    const last = records[0]?.record;
    const ended = changes.some(({ recordId }) => recordId === stored.ended);
    const holder = ground && (!last || last.eventTime < ground.since) ? ground.holder : last?.to;
    return {
      thing: publicThing(id, stored),
      ...(holder === undefined || ended ? {} : { holder }),
      ...(pending ? { pending } : {}),
      records,
      changes: changes.map(stepOf).reverse(),
    };
  }
}

function stepOf({ change, reportId: _, txId: __, signature: ___, ...rest }: ChangeRecord): ChangeStep {
  const { link } = effectsOf(change);
  return { ...rest, type: change.type, ...(link ? { parent: link.parent } : {}) };
}

async function changesOf(
  tx: Transaction,
  named: readonly (readonly [string, string])[],
  at: string,
): Promise<ChangeRecord[]> {
  const changes: ChangeRecord[] = [];
  for (const [recordId] of named) {
    const change = await loadChange(tx, recordId);
    if (change && change.at <= at) changes.push(change);
  }
  return changes;
}

async function ownRecords(tx: Transaction, id: string, at: string): Promise<DecidedRecord[]> {
  const trail = (await tx.state.get(trails, id)) ?? [];
  const ids = trail.slice(-LONGEST_CHAIN).map(([recordId]) => recordId);
  return decidedRecords(tx, ids, at);
}

function staysOf(id: string, changes: readonly ChangeRecord[]): Stay[] {
  const stays: Stay[] = [];
  for (const record of changes) {
    const { link } = effectsOf(record.change);
    if (!link?.children.includes(id)) continue;
    if (link.joined) stays.push({ parent: link.parent, from: record, until: undefined });
    else {
      const stay = stays.pop();
      if (stay) stays.push({ ...stay, until: record });
    }
  }
  return stays;
}

function isDuring({ record }: DecidedRecord, { from, until }: Stay): boolean {
  if (record.announcedAt < from.at || record.eventTime < from.eventTime) return false;
  return !until || (record.announcedAt <= until.at && record.eventTime <= until.eventTime);
}

function newestFirst({ record: a }: DecidedRecord, { record: b }: DecidedRecord): number {
  return compare(b.eventTime, a.eventTime) || compare(b.announcedAt, a.announcedAt);
}

// Instants of the ledger have one written form, so their texts order like their times.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
