// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { checkDigit, type ThingChange } from '@thingledger/protocol';
import { Consortium } from '../support/consortium.js';
import { accepted, announce, freshThing, held, refusalOf, type TestThing } from '../support/custody.js';
import { until } from '../support/until.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const processor = 'processor@maker';
const trucker = 'trucker@carrier';
const shop = 'shop@bank';

const kg = (value: string) => ({ value, unit: 'KGM' });
const one = { value: '1', unit: 'C62' };

/** A logistic unit that no test has used before. */
function freshContainer(): string {
  const digits = `3${String(randomBytes(7).readUIntBE(0, 6)).padStart(16, '0').slice(-16)}`;
  return `(00)${digits}${checkDigit(digits)}`;
}

async function report(as: string, change: ThingChange): Promise<string> {
  const eventTime = new Date(Date.now() - 1000).toISOString();
  return (await consortium.as(as).reportChange({ change, eventTime })).recordId;
}

async function move(item: TestThing, from: string, to: string): Promise<void> {
  await accepted(consortium, from, await announce(consortium, item, from, to));
  await seen(to, item.thing, to);
}

/** Waits until a participant's own peer knows who holds a thing: it may be a block behind. */
async function seen(as: string, thing: string, holder: string): Promise<void> {
  const known = async (): Promise<boolean> => (await consortium.as(as).getThing({ thing })).holder === holder;
  await until(`${as} to see ${thing} at ${holder}`, known, 10_000);
}

const canonical = async (thing: string): Promise<string> =>
  (await consortium.as(farm).getThing({ thing })).thing.thing;

describe('T5 T6: identifiers change along the chain, and the trace goes through', () => {
  test('a batch is split, made into products, packed, carried and unpacked; the shop traces it all', async () => {
    const batch = await held(consortium, farm);
    await move(batch, farm, processor);
    const parts = [freshThing(), freshThing()];
    await report(processor, {
      type: 'split',
      from: batch.thing,
      into: parts.map((thing) => ({ thing, kind: 'batch', quantity: { value: '5', unit: 'C62' } })),
    });
    const products: TestThing[] = [freshThing(), freshThing()].map((thing) => ({ thing, quantity: one }));
    const [first, second] = products as [TestThing, TestThing];
    await report(processor, {
      type: 'transform',
      from: [parts[0] ?? ''],
      into: products.map((product) => ({ ...product, kind: 'product' })),
    });
    const box = freshContainer();
    await report(processor, { type: 'pack', parent: box, children: [first.thing, second.thing] });
    expect(await refusalOf(announce(consortium, first, processor, trucker))).toBe('TL-CONTAINED');
    const container: TestThing = { thing: box, quantity: one };
    await move(container, processor, trucker);
    await move(container, trucker, shop);
    expect((await consortium.as(shop).getThing({ thing: first.thing })).holder).toBe(shop);
    const { contents } = await consortium.as(shop).getContents({ thing: box });
    expect(contents.map(({ thing }) => thing).sort()).toEqual(
      (await Promise.all(products.map(({ thing }) => canonical(thing)))).sort(),
    );
    await report(shop, { type: 'unpack', parent: box, children: [first.thing] });

    const trace = await consortium.as(shop).traceThing({ thing: first.thing });
    expect(trace.holder).toBe(shop);
    expect(trace.hops.map(({ record, verdict }) => [record.record.to, verdict])).toEqual([
      [shop, 'ok'],
      [trucker, 'ok'],
    ]);
    expect(trace.changes.map(({ type }) => type)).toEqual(['unpack', 'pack', 'transform']);
    expect(trace.sources.map(({ thing, hops }) => [thing.thing, hops.map(({ verdict }) => verdict)])).toEqual(
      [
        [await canonical(parts[0] ?? ''), []],
        [await canonical(batch.thing), ['ok', 'ok']],
      ],
    );
    expect(trace.complete).toBe(true);
  });

  test('T10: a recalled batch finds everything made of it, with its present holders', async () => {
    const frames = await held(consortium, farm);
    const frame = (): { thing: string; kind: 'product'; quantity: typeof one } => ({
      thing: freshThing(),
      kind: 'product',
      quantity: one,
    });
    const into = Array.from({ length: 10 }, frame);
    await report(farm, { type: 'split', from: frames.thing, into });
    const bike = await held(consortium, farm);
    await report(farm, { type: 'associate', parent: bike.thing, children: [into[0]?.thing ?? ''] });
    await move(bike, farm, shop);
    const { things, complete } = await consortium
      .as(farm)
      .getLineage({ thing: frames.thing, direction: 'forward' });
    expect([things.length, complete]).toEqual([12, true]);
    const holders = new Map(things.map(({ thing, holder }) => [thing.thing, holder]));
    expect(holders.get(await canonical(bike.thing))).toBe(shop);
    expect(holders.get(await canonical(into[0]?.thing ?? ''))).toBe(shop);
    expect(holders.get(await canonical(into[1]?.thing ?? ''))).toBe(farm);
    expect(holders.get(await canonical(frames.thing))).toBeUndefined();
    const traced = await consortium.as(shop).traceThing({ thing: bike.thing });
    expect([traced.sources.length, traced.complete]).toEqual([2, true]);

    // X9: the same recall as one query of the read model.
    const query = `with recursive downstream(thing) as (
        select thing from things where thing = '${await canonical(frames.thing)}'
        union
        select next.thing from downstream d
          join lateral (
            select made.thing from things t
              join changed_things made on made.record_id = t.ended and made.side = 'into'
              where t.thing = d.thing
            union all
            select t.parent_thing from things t where t.thing = d.thing and t.parent_relation = 'association'
          ) next on next.thing is not null
      ) select thing from downstream`;
    const rows = await until(
      'the recall in SQL',
      async () => {
        const found = (await consortium.as(farm).querySql({ query })).rows;
        return found.length === things.length && found;
      },
      20_000,
    );
    expect(rows.map(({ thing }) => thing).sort()).toEqual(things.map(({ thing }) => thing.thing).sort());
  });

  test('who holds nothing of it sees no data through it', async () => {
    const item = await held(consortium, farm);
    const made = freshThing();
    await report(farm, { type: 'relabel', from: item.thing, to: made });
    await seen(shop, made, farm);
    const trace = await consortium.as(shop).traceThing({ thing: made });
    expect(trace.sources.flatMap(({ hops }) => hops.map(({ verdict }) => verdict))).toEqual(['not-entitled']);
    expect(trace.complete).toBe(false);
  });

  test('refused with a code: created quantity, foreign holder, cycle, double containment, ended identifier', async () => {
    const item = await held(consortium, farm);
    const other = await held(consortium, farm);
    const codeOf = (as: string, change: ThingChange): Promise<string> => refusalOf(report(as, change));
    const made = { thing: freshThing(), kind: 'batch', quantity: kg('1') } as const;
    const more = { ...made, quantity: { value: '21', unit: 'C62' } };
    expect(await codeOf(farm, { type: 'merge', from: [item.thing, other.thing], into: more })).toBe(
      'TL-QUANTITY-NOT-CONSERVED',
    );
    expect(await codeOf(processor, { type: 'relabel', from: item.thing, to: freshThing() })).toBe(
      'TL-CUSTODY-NOT-HOLDER',
    );
    const [inner, outer] = [freshContainer(), freshContainer()];
    await report(farm, { type: 'pack', parent: inner, children: [item.thing] });
    await report(farm, { type: 'pack', parent: outer, children: [inner] });
    expect(await codeOf(farm, { type: 'pack', parent: inner, children: [outer] })).toBe(
      'TL-CONTAINMENT-CYCLE',
    );
    expect(await codeOf(farm, { type: 'pack', parent: outer, children: [item.thing] })).toBe('TL-CONTAINED');
    await report(farm, { type: 'relabel', from: other.thing, to: freshThing() });
    expect(await codeOf(farm, { type: 'relabel', from: other.thing, to: freshThing() })).toBe(
      'TL-THING-ENDED',
    );
    expect(await codeOf(farm, { type: 'relabel', from: '(01)09506000134353(21)X', to: freshThing() })).toBe(
      'TL-ID-CHECK-DIGIT',
    );
  });

  test('a hundred changes in bulk and their repeat: each once', async () => {
    const batch = await held(consortium, farm);
    const { quantity } = batch;
    const half = { value: '5', unit: 'C62' };
    const [left, right] = [freshThing(), freshThing()];
    const into = [left, right].map((thing) => ({ thing, kind: 'batch' as const, quantity: half }));
    await report(farm, { type: 'split', from: batch.thing, into });
    let last = left;
    const eventTime = new Date(Date.now() - 500).toISOString();
    const inputs = Array.from({ length: 100 }, () => {
      const from = last;
      last = freshThing();
      return { change: { type: 'relabel' as const, from, to: last }, eventTime };
    });
    const outcomes = await consortium.as(farm).bulk.reportChange(inputs);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const again = await consortium.as(farm).bulk.reportChange(inputs);
    expect(again.map((one) => one.ok && one.result.recordId)).toEqual(
      outcomes.map((one) => one.ok && one.result.recordId),
    );
    const { things } = await consortium.as(farm).getLineage({ thing: last });
    expect(things).toHaveLength(102);
    expect(things[0]?.thing.quantity).toEqual(half);
    const trace = await consortium.as(farm).traceThing({ thing: last });
    expect([trace.sources.length, trace.complete]).toEqual([101, true]);
    expect(quantity).toEqual({ value: '10', unit: 'C62' });
  });
});
