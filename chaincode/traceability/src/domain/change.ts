// SPDX-License-Identifier: Apache-2.0
import {
  effectsOf,
  Refusal,
  sourceIn,
  thingsIn,
  totalsOf,
  type ChangeReport,
  type Effects,
  type Ground,
  type InformationServer,
  type Made,
  type Quantity,
  type StoredThing,
  type ThingChange,
} from '@thingledger/protocol';
import {
  requireDecided,
  requireInOrder,
  requireNotInFuture,
  requireOwnServer,
  type Custody,
} from './custody';

/** Containers are nested at most so deep, so that whoever holds an item is found in as many steps. */
export const DEEPEST = 16;

/** The most things that lie in one thing. */
const MOST_CHILDREN = 5000;

type Sources = NonNullable<StoredThing['sources']>;

/** The most sources that the row of a thing names. */
const NEAREST = 32;

/** A thing that a change names, as the ledger knows it. */
export interface Subject {
  readonly stored: StoredThing | undefined;
  /** Of the outermost thing around it, or its own. */
  readonly custody: Custody;
  /** What it lies in, innermost first. */
  readonly within: readonly string[];
  /** How many mapping records of its own it has. */
  readonly trail: number;
}

/** What the ledger knows when a change is reported. */
export interface ChangeFacts {
  readonly caller: { readonly id: string; readonly member: string };
  readonly now: string;
  /** The latest event time that is none in the future. */
  readonly latest: string;
  readonly txId: string;
  readonly recordId: string;
  readonly subjects: ReadonlyMap<string, Subject>;
  /** What lies in the parent that the change names. */
  readonly contents: readonly string[];
  readonly server: InformationServer | undefined;
}

/** What a change leaves behind: every thing it names anew, and the contents of its parent. */
export interface Changed {
  readonly things: ReadonlyMap<string, StoredThing>;
  readonly contents?: readonly string[];
}

/** A thing there is. */
interface Present extends Subject {
  readonly id: string;
  readonly stored: StoredThing;
}

/**
 * Makes a change of identifiers (requirement T5). Nothing is created: re-labelling, splitting and merging keep the
 * quantity, transforming does not add to what is measured alike on both sides. Only the present holder may, of things
 * that have not ended, in the order of their events. Refuses as the operation's definition lists.
 */
export function makeChange(report: ChangeReport, facts: ChangeFacts): Changed {
  const { change } = report;
  const effects = effectsOf(change);
  requireNamedOnce(change);
  const founded = foundedBy(change, facts);
  const present = [...effects.ended, ...linked(effects)]
    .filter((id) => id !== founded)
    .map((id) => presentOf(id, facts));
  for (const subject of present) requireFree(subject, report, facts);
  requireTimeAndServer(report, facts);
  // A change either ends things or links them.
  const ended = effects.link ? [] : present;
  for (const subject of ended) {
    requireLoose(subject);
    requireMaterial(subject, change);
  }
  const made = effects.made.map((one) => madeOf(one, ended));
  for (const { thing } of made) requireNew(thing, facts);
  requireConserved(change, ended, made);
  const grounds = groundOf(report, facts, ended[0]?.custody, 0);
  const things = new Map<string, StoredThing>();
  for (const { id, stored } of ended) things.set(id, { ...stored, ended: facts.recordId });
  const sources = nearestSources(ended);
  for (const one of made) things.set(one.thing, { ...begun(one, facts, grounds), sources });
  if (founded !== undefined) {
    const container: Made = { thing: founded, kind: 'container', quantity: { value: '1', unit: 'C62' } };
    things.set(founded, begun(container, facts, grounds));
  }
  const link = effects.link && relink(effects.link, report, facts, present, things);
  for (const id of thingsIn(change))
    things.set(id, { ...(things.get(id) as StoredThing), changedAt: report.eventTime });
  return { things, ...(link && { contents: link }) };
}

function requireNamedOnce(change: ThingChange): void {
  const seen = new Set<string>();
  for (const thing of thingsIn(change)) {
    if (!seen.has(thing)) {
      seen.add(thing);
      continue;
    }
    const itself = 'parent' in change && change.parent === thing;
    throw new Refusal(itself ? 'TL-CONTAINMENT-CYCLE' : 'TL-THING-NAMED-TWICE', { thing });
  }
}

/** The container that packing makes, because there is none of its identifier yet. */
function foundedBy(change: ThingChange, { subjects }: ChangeFacts): string | undefined {
  return change.type === 'pack' && !subjects.get(change.parent)?.stored ? change.parent : undefined;
}

function linked({ link }: Effects): string[] {
  return link ? [link.parent, ...link.children] : [];
}

function presentOf(id: string, { subjects }: ChangeFacts): Present {
  const subject = subjects.get(id);
  if (!subject?.stored) throw new Refusal('TL-THING-UNKNOWN', { thing: id });
  return { ...subject, id, stored: subject.stored };
}

/** The caller's to change: there, held by the caller, with nothing undecided, and not changed later than this. */
function requireFree(
  { id, stored, custody }: Present,
  { eventTime }: ChangeReport,
  facts: ChangeFacts,
): void {
  if (stored.ended !== undefined) throw new Refusal('TL-THING-ENDED', { thing: id, record: stored.ended });
  requireDecided(id, custody);
  const { holder } = custody;
  if (holder === undefined) throw new Refusal('TL-CUSTODY-NO-ORIGIN', { thing: id });
  const caller = facts.caller.id;
  if (holder !== caller) throw new Refusal('TL-CUSTODY-NOT-HOLDER', { thing: id, holder, caller });
  requireInOrder(eventTime, stored, custody);
}

function requireTimeAndServer(report: ChangeReport, facts: ChangeFacts): void {
  const { server, caller } = facts;
  requireNotInFuture(report.eventTime, facts);
  if (report.informationServer !== undefined)
    requireOwnServer(server, report.informationServer, caller.member);
}

/** Lies in nothing, and nothing lies in it. */
function requireLoose({ id, stored }: Present): void {
  if (stored.parent) throw new Refusal('TL-CONTAINED', { thing: id, parent: stored.parent.thing });
  if ((stored.children ?? 0) > 0)
    throw new Refusal('TL-CONTAINER-NOT-EMPTY', { thing: id, children: stored.children ?? 0 });
}

/** Packing makes containers of nothing that a regulator ever voted on, so nothing is made of a container. */
function requireMaterial({ id, stored }: Present, { type }: ThingChange): void {
  if (stored.kind === 'container' && type !== 'relabel')
    throw new Refusal('TL-CONTAINER-NO-MATERIAL', { thing: id });
}

function requireNew(thing: string, { subjects }: ChangeFacts): void {
  const stored = subjects.get(thing)?.stored;
  if (stored) throw new Refusal('TL-THING-EXISTS', { thing, registrant: stored.registrant });
}

function madeOf(one: Effects['made'][number], [source]: readonly Present[]): Made {
  if ('kind' in one) return one;
  const { kind, quantity } = (source as Present).stored;
  return { ...one, kind, quantity };
}

function requireConserved(change: ThingChange, ended: readonly Present[], made: readonly Made[]): void {
  const given = totalsOf(ended.map(({ stored }) => stored.quantity));
  const taken = totalsOf(made.map(({ quantity }) => quantity));
  for (const dimension of new Set([...given.keys(), ...taken.keys()])) {
    const [before, after] = [given.get(dimension), taken.get(dimension)];
    // Raw material in kilograms becomes pieces: what is measured in another way can not be compared.
    const fits =
      change.type === 'transform'
        ? before === undefined || after === undefined || after <= before
        : before === after;
    if (!fits) {
      throw new Refusal('TL-QUANTITY-NOT-CONSERVED', {
        given: written(ended.map(({ stored }) => stored.quantity)),
        taken: written(made.map(({ quantity }) => quantity)),
      });
    }
  }
}

function written(quantities: readonly Quantity[]): string {
  const shown = quantities.slice(0, 10).map(({ value, unit }) => `${value} ${unit}`);
  return [...shown, ...(quantities.length > 10 ? ['…'] : [])].join(' + ');
}

function groundOf(
  { eventTime }: ChangeReport,
  { caller }: ChangeFacts,
  before: Custody | undefined,
  trail: number,
): Ground {
  const record = before?.accepted?.recordId;
  return { holder: caller.id, since: eventTime, trail, ...(record === undefined ? {} : { record }) };
}

function begun(
  { kind, quantity }: Made,
  { caller, now, txId, recordId }: ChangeFacts,
  ground: Ground,
): StoredThing {
  return {
    kind,
    quantity,
    registrant: caller.id,
    registeredAt: now,
    txId,
    made: recordId,
    grounds: [ground],
  };
}

/** What ended for a thing to be made, then in turn what each of that was made of. */
function nearestSources(ended: readonly Present[]): Sources {
  const own = ended.map(({ id, stored: { made } }): Sources[number] =>
    made === undefined ? id : [id, made],
  );
  const before = ended.map(({ stored }) => stored.sources ?? []);
  const turns = Array.from({ length: NEAREST }, (_, turn) =>
    before.flatMap((sources) => sources.slice(turn, turn + 1)),
  );
  const byId = new Map([own, ...turns].flat().map((source) => [sourceIn(source)[0], source]));
  return [...byId.values()].slice(0, NEAREST);
}

/** Joins children to their parent or takes them away; gives the parent's contents afterwards. */
function relink(
  { parent, children, joined, relation }: NonNullable<Effects['link']>,
  report: ChangeReport,
  facts: ChangeFacts,
  present: readonly Present[],
  things: Map<string, StoredThing>,
): readonly string[] {
  const holder = things.get(parent) ?? presentOf(parent, facts).stored;
  const items = present.filter(({ id }) => id !== parent);
  if (joined) {
    if (relation === 'aggregation' && holder.kind !== 'container')
      throw new Refusal('TL-CONTAINER-KIND', { thing: parent, kind: holder.kind });
    const within = [parent, ...(facts.subjects.get(parent)?.within ?? [])];
    for (const item of items) requireJoinable(item, within);
    const after = [...facts.contents, ...children];
    if (after.length > MOST_CHILDREN) throw new Refusal('TL-CONTAINER-FULL', { limit: MOST_CHILDREN });
    const height = Math.max(holder.height ?? 0, ...items.map(({ stored }) => 1 + (stored.height ?? 0)));
    raise(within, height, facts, things);
    for (const { id, stored } of items) things.set(id, { ...stored, parent: { thing: parent, relation } });
    things.set(parent, { ...holder, children: after.length, height });
    return after;
  }
  for (const { id, stored } of items) {
    if (stored.parent?.thing !== parent || stored.parent.relation !== relation)
      throw new Refusal('TL-NOT-CONTAINED', { thing: id, parent });
  }
  const gone = new Set(children);
  const after = facts.contents.filter((id) => !gone.has(id));
  for (const {
    stored: { parent: _, ...stored },
    id,
    custody,
    trail,
  } of items) {
    const ground = groundOf(report, facts, custody, trail);
    // No record of its own came in between, so nothing stands on an earlier ground of the same place.
    const earlier = (stored.grounds ?? []).filter((one) => one.trail !== trail);
    things.set(id, { ...stored, grounds: [...earlier, ground] });
  }
  const { height: _, ...rest } = holder;
  things.set(parent, {
    ...(after.length === 0 ? rest : holder),
    children: after.length,
  });
  return after;
}

function requireJoinable({ id, stored }: Present, within: readonly string[]): void {
  if (stored.parent) throw new Refusal('TL-CONTAINED', { thing: id, parent: stored.parent.thing });
  if (within.includes(id)) throw new Refusal('TL-CONTAINMENT-CYCLE', { thing: id });
}

/** What lies around the parent gets as much higher as the parent does. */
function raise(
  [, ...around]: readonly string[],
  height: number,
  facts: ChangeFacts,
  things: Map<string, StoredThing>,
): void {
  if (around.length + height > DEEPEST) throw new Refusal('TL-CONTAINMENT-TOO-DEEP', { limit: DEEPEST });
  around.forEach((id, level) => {
    const { stored } = presentOf(id, facts);
    const needed = height + 1 + level;
    if ((stored.height ?? 0) < needed) things.set(id, { ...stored, height: needed });
  });
}
