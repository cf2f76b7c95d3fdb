// SPDX-License-Identifier: Apache-2.0
import type { Outcome, ThingChange } from '@thingledger/protocol';
import { codeOf, Market } from '../testing/market';

const kg = (value: string) => ({ value, unit: 'KGM' });
const one = { value: '1', unit: 'C62' };
const lot = (name: string): string => `https://id.gs1.org/01/09506000134352/10/${name}`;
const item = (serial: string): string => `https://id.gs1.org/01/09506000134352/21/${serial}`;
const pallet = 'https://id.gs1.org/00/395060001343520018';
const box = 'https://id.gs1.org/00/395060001343520025';

const batch = (name: string, value: string) =>
  ({ thing: lot(name), kind: 'batch', quantity: kg(value) }) as const;
const product = (serial: string) => ({ thing: item(serial), kind: 'product', quantity: one }) as const;

const farm = 'farm@maker';
const mill = 'mill@maker';
const shop = 'shop@bank';

describe('T5 identifiers through the chain', () => {
  let market: Market;
  const report = (change: ThingChange, by = farm): Promise<Outcome> => market.report(by, change);
  const code = async (change: ThingChange, by = farm): Promise<string> => codeOf(await report(change, by));
  const refusal = async (change: ThingChange): Promise<object> => {
    const outcome = await report(change);
    return outcome.ok ? outcome : outcome.refusal;
  };
  const pack = (parent: string, ...children: string[]): ThingChange => ({ type: 'pack', parent, children });
  const unpack = (parent: string, ...children: string[]): ThingChange => ({
    type: 'unpack',
    parent,
    children,
  });

  beforeEach(async () => {
    market = await Market.open();
    await market.grow(lot('A'), 'batch', kg('100'));
  });

  describe('splitting, merging, re-labelling, transforming', () => {
    test('a batch is split, its parts are held by its holder, and it has ended', async () => {
      const outcome = await report({
        type: 'split',
        from: lot('A'),
        into: [batch('A1', '60'), batch('A2', '40')],
      });
      expect(codeOf(outcome)).toBe('ok');
      expect(await market.holderOf(lot('A1'))).toBe(farm);
      const ended = await market.ask('getThing', { thing: lot('A') });
      expect(ended.holder).toBeUndefined();
      expect(ended.thing.ended).toBe(outcome.ok && (outcome.result as { recordId: string }).recordId);
      expect(await code({ type: 'relabel', from: lot('A'), to: lot('B') })).toBe('TL-THING-ENDED');
      const again = await market.announce(farm, {
        thing: lot('A'),
        quantity: kg('100'),
        from: farm,
        to: mill,
      });
      expect(codeOf(again)).toBe('TL-THING-ENDED');
    });

    test('parts move on by themselves, without an origin of their own', async () => {
      await report({ type: 'split', from: lot('A'), into: [batch('A1', '60'), batch('A2', '40')] });
      await market.move(lot('A1'), farm, mill);
      expect([await market.holderOf(lot('A1')), await market.holderOf(lot('A2'))]).toEqual([mill, farm]);
      const beginning = await market.announce(farm, { thing: lot('A2'), quantity: kg('40'), to: farm });
      expect(codeOf(beginning)).toBe('TL-CUSTODY-HAS-ORIGIN');
      const { records } = await market.ask('getCustodyChain', { thing: lot('A1') });
      const [origin] = (await market.ask('getCustodyChain', { thing: lot('A') })).records;
      expect(records.map((one) => one.record.previous)).toEqual([origin?.record.recordId]);
    });

    test('quantity is kept over units of one dimension, and not created', async () => {
      const split = (...values: [string, string][]): ThingChange => ({
        type: 'split',
        from: lot('A'),
        into: values.map(([value, unit], at) => ({
          ...batch(`P${String(at)}`, '1'),
          quantity: { value, unit },
        })),
      });
      const refused = await refusal(split(['60', 'KGM'], ['41', 'KGM']));
      expect(refused).toMatchObject({
        code: 'TL-QUANTITY-NOT-CONSERVED',
        fields: { given: '100 KGM', taken: '60 KGM + 41 KGM' },
      });
      expect(await code(split(['60', 'KGM'], ['39.999999', 'KGM']))).toBe('TL-QUANTITY-NOT-CONSERVED');
      expect(await code(split(['60', 'KGM'], ['40', 'LTR']))).toBe('TL-QUANTITY-NOT-CONSERVED');
      expect(await code(split(['0.06', 'TNE'], ['40000', 'GRM']))).toBe('ok');
    });

    test('merging needs one quantity of all', async () => {
      await market.grow(lot('B'), 'batch', kg('0.5'));
      const merge = (value: string): ThingChange => ({
        type: 'merge',
        from: [lot('A'), lot('B')],
        into: batch('M', value),
      });
      expect(await code(merge('101'))).toBe('TL-QUANTITY-NOT-CONSERVED');
      expect(await code(merge('100.5'))).toBe('ok');
      expect(await market.holderOf(lot('M'))).toBe(farm);
    });

    test('transforming may lose, may change the measure, but adds nothing', async () => {
      const into = (value: string): ThingChange => ({
        type: 'transform',
        from: [lot('A')],
        into: [batch('J', value), { ...product('1'), quantity: { value: '400', unit: 'C62' } }],
      });
      expect(await code(into('100.000001'))).toBe('TL-QUANTITY-NOT-CONSERVED');
      expect(await code(into('80'))).toBe('ok');
      const { changes } = await market.ask('getCustodyChain', { thing: lot('J') });
      expect(changes).toMatchObject([{ type: 'transform', by: farm }]);
    });

    test('a new label stands for the same thing', async () => {
      expect(await code({ type: 'relabel', from: lot('A'), to: item('9') })).toBe('ok');
      const { thing, holder } = await market.ask('getThing', { thing: item('9') });
      expect({ ...thing, holder }).toMatchObject({ kind: 'batch', quantity: kg('100'), holder: farm });
    });

    test('what is made must be new, and named once', async () => {
      expect(await code({ type: 'relabel', from: lot('A'), to: lot('A') })).toBe('TL-THING-NAMED-TWICE');
      const twice = [batch('B', '50'), batch('B', '50')];
      expect(await code({ type: 'split', from: lot('A'), into: twice })).toBe('TL-THING-NAMED-TWICE');
      await market.grow(lot('B'), 'batch', kg('1'));
      expect(await code({ type: 'relabel', from: lot('A'), to: lot('B') })).toBe('TL-THING-EXISTS');
      expect(await code({ type: 'relabel', from: lot('X'), to: lot('Y') })).toBe('TL-THING-UNKNOWN');
    });
  });

  describe('who may, and when', () => {
    const relabel: ThingChange = { type: 'relabel', from: lot('A'), to: lot('B') };

    test('only the present holder, of what has an origin and nothing undecided', async () => {
      expect(await code(relabel, mill)).toBe('TL-CUSTODY-NOT-HOLDER');
      await market.call(farm, 'registerThing', { thing: lot('N'), kind: 'batch', quantity: kg('1') });
      expect(await code({ type: 'relabel', from: lot('N'), to: lot('B') })).toBe('TL-CUSTODY-NO-ORIGIN');
      const pending = await market.announce(farm, {
        thing: lot('A'),
        quantity: kg('100'),
        from: farm,
        to: mill,
      });
      const { recordId } = (pending as { result: { recordId: string } }).result;
      expect(await refusal(relabel)).toMatchObject({
        code: 'TL-CUSTODY-PENDING',
        fields: { record: recordId },
      });
      await market.accept(pending);
      expect(await code(relabel)).toBe('TL-CUSTODY-NOT-HOLDER');
      expect(await code(relabel, mill)).toBe('ok');
    });

    test('not in the future, and not before what happened last', async () => {
      const at = (ms: number): string => new Date(market.ledger.now.getTime() + ms).toISOString();
      const when = async (eventTime: string): Promise<string> =>
        codeOf(await market.report(farm, relabel, { eventTime }));
      expect(await when(at(61_000))).toBe('TL-EVENT-IN-FUTURE');
      expect(await when(at(-61_000))).toBe('TL-EVENT-OUT-OF-ORDER');
      expect(await when(at(0))).toBe('ok');
      const early = { thing: lot('B'), quantity: kg('100'), from: farm, to: mill };
      expect(codeOf(await market.announce(farm, early))).toBe('TL-EVENT-OUT-OF-ORDER');
    });

    test('data about it only on a server of the holder’s member', async () => {
      const on = async (informationServer: string): Promise<string> =>
        codeOf(await market.report(farm, relabel, { informationServer, dataHash: 'b'.repeat(64) }));
      expect(await on('https://nowhere.example')).toBe('TL-SERVER-UNKNOWN');
      expect(await on('https://localhost:7444')).toBe('TL-SERVER-FOREIGN');
    });

    test('a repeat answers as the first time and changes nothing; nobody can vote on it', async () => {
      const eventTime = market.then;
      const first = await market.report(farm, relabel, { eventTime });
      const state = new Map(market.ledger.state);
      expect(await market.report(farm, relabel, { eventTime })).toEqual(first);
      expect(market.ledger.state).toEqual(state);
      const { recordId } = (first as { result: { recordId: string } }).result;
      expect(await market.ask('getChange', { recordId })).toMatchObject({
        change: relabel,
        by: farm,
        eventTime,
      });
      const vote = { recordId, decision: 'accept' };
      expect(codeOf(await market.call('a@inspection', 'voteOnRecord', vote))).toBe('TL-RECORD-UNKNOWN');
      const [statementId = ''] = recordId.split('.');
      expect((await market.ask('getStatement', { statementId })).records).toEqual([]);
    });
  });

  describe('containers', () => {
    beforeEach(async () => {
      for (const serial of ['1', '2', '3']) await market.grow(item(serial), 'product', one);
    });

    test('what is packed moves with its container, and stays where it is unpacked', async () => {
      expect(await code(pack(box, item('1'), item('2')))).toBe('ok');
      expect(await code(pack(pallet, box, item('3')))).toBe('ok');
      const alone = { thing: item('1'), quantity: one, from: farm, to: mill };
      expect(codeOf(await market.announce(farm, alone))).toBe('TL-CONTAINED');
      await market.move(pallet, farm, shop);
      expect(await market.ask('getThing', { thing: item('1') })).toMatchObject({
        holder: shop,
        within: [box, pallet],
      });
      expect(await code(unpack(box, item('1')))).toBe('TL-CUSTODY-NOT-HOLDER');
      expect(await code(unpack(box, item('1')), shop)).toBe('ok');
      await market.move(pallet, shop, mill);
      expect([await market.holderOf(item('1')), await market.holderOf(item('2'))]).toEqual([shop, mill]);
      await market.move(item('1'), shop, farm);
      expect(await market.holderOf(item('1'))).toBe(farm);
      const { records } = await market.ask('getCustodyChain', { thing: item('1') });
      expect(records.map(({ record }) => [record.thing, record.to])).toEqual([
        [item('1'), farm],
        [pallet, shop],
        [item('1'), farm],
      ]);
      expect(records[0]?.record.previous).toBe(records[1]?.record.recordId);
    });

    test('the containment tree is told with depths', async () => {
      await report(pack(box, item('1'), item('2')));
      await report(pack(pallet, item('3'), box));
      const { contents, within, complete } = await market.ask('getContents', { thing: pallet });
      expect(contents.map(({ thing, depth }) => [thing, depth])).toEqual([
        [item('3'), 1],
        [box, 1],
        [item('1'), 2],
        [item('2'), 2],
      ]);
      expect([within, complete]).toEqual([[], true]);
      expect((await market.ask('getContents', { thing: item('2') })).within).toEqual([box, pallet]);
    });

    test('nothing lies in two containers, or in itself', async () => {
      await report(pack(box, item('1')));
      expect(await code(pack(pallet, item('1')))).toBe('TL-CONTAINED');
      await report(pack(pallet, box));
      expect(await code(pack(box, pallet))).toBe('TL-CONTAINMENT-CYCLE');
      expect(await code(pack(box, box))).toBe('TL-CONTAINMENT-CYCLE');
      expect(await code(unpack(pallet, item('1')))).toBe('TL-NOT-CONTAINED');
      expect(await code(pack(item('2'), item('3')))).toBe('TL-CONTAINER-KIND');
      expect(await code({ type: 'relabel', from: item('1'), to: item('8') })).toBe('TL-CONTAINED');
      expect(await code({ type: 'relabel', from: pallet, to: item('8') })).toBe('TL-CONTAINER-NOT-EMPTY');
      expect(await code({ type: 'dissociate', parent: box, children: [item('1')] })).toBe('TL-NOT-CONTAINED');
    });

    test('containers nest to a limit, from below and from above', async () => {
      const crate = (n: number): string => `urn:crate:${String(n).padStart(2, '0')}/x`;
      await report(pack(crate(0), item('1')));
      for (let n = 1; n < 16; n += 1) expect(await code(pack(crate(n), crate(n - 1)))).toBe('ok');
      expect(await code(pack(crate(16), crate(15)))).toBe('TL-CONTAINMENT-TOO-DEEP');
      await report(pack(crate(20), item('2')));
      expect(await code(pack(crate(0), crate(20)))).toBe('TL-CONTAINMENT-TOO-DEEP');
      expect(await code(pack(crate(0), item('3')))).toBe('ok');
    });

    test('an emptied container can be packed anew, and end', async () => {
      await report(pack(box, item('1')));
      expect(await code(unpack(box, item('1')))).toBe('ok');
      expect(await code(pack(box, item('2')))).toBe('ok');
      expect(await code(unpack(box, item('2')))).toBe('ok');
      expect(await code({ type: 'relabel', from: box, to: pallet })).toBe('ok');
    });

    test('nothing is made of a container, which no regulator may ever have seen', async () => {
      for (const one of [box, pallet]) {
        await report(pack(one, item('1')));
        await report(unpack(one, item('1')));
      }
      const half = { quantity: { value: '0.5', unit: 'C62' } };
      const split = [
        { ...product('4'), ...half },
        { ...product('5'), ...half },
      ];
      const both = { ...product('6'), quantity: { value: '2', unit: 'C62' } };
      for (const change of [
        { type: 'transform', from: [box], into: [batch('oil', '1000000')] },
        { type: 'merge', from: [box, pallet], into: both },
        { type: 'split', from: box, into: split },
      ] satisfies ThingChange[]) {
        expect(await refusal(change)).toMatchObject({
          code: 'TL-CONTAINER-NO-MATERIAL',
          fields: { thing: box },
        });
      }
    });

    test('parts are built into any thing and go with it', async () => {
      const associate: ThingChange = {
        type: 'associate',
        parent: item('1'),
        children: [item('2'), item('3')],
      };
      expect(await code(associate)).toBe('ok');
      await market.move(item('1'), farm, shop);
      expect(await market.holderOf(item('3'))).toBe(shop);
      expect(await code(unpack(item('1'), item('3')), shop)).toBe('TL-NOT-CONTAINED');
      const parts: ThingChange = { type: 'dissociate', parent: item('1'), children: [item('3')] };
      expect(await code(parts, shop)).toBe('ok');
      expect(await market.holderOf(item('3'))).toBe(shop);
    });

    test('five hundred items are made in one change, packed in another, and moved as one', async () => {
      const serials = Array.from({ length: 500 }, (_, n) => String(10_000 + n));
      const split = { type: 'split', from: item('big'), into: serials.map(product) } as const;
      await market.grow(item('big'), 'batch', { value: '500', unit: 'C62' });
      expect(await code(split)).toBe('ok');
      expect(await code(pack(pallet, ...serials.map(item)))).toBe('ok');
      await market.move(pallet, farm, shop);
      expect(await market.holderOf(item('10499'))).toBe(shop);
      expect((await market.ask('getContents', { thing: pallet })).contents).toHaveLength(500);
    });
  });

  test('lineage goes back to the sources and forward to what became of them', async () => {
    await market.grow(lot('B'), 'batch', kg('50'));
    await report({ type: 'merge', from: [lot('A'), lot('B')], into: batch('M', '150') });
    await report({ type: 'transform', from: [lot('M')], into: [product('1'), product('2')] });
    await report({ type: 'associate', parent: item('1'), children: [item('2')] });
    await market.move(item('1'), farm, shop);
    const walk = async (thing: string, direction: string): Promise<[string, string?][]> =>
      (await market.ask('getLineage', { thing, direction })).things.map(({ thing: found, holder }) =>
        holder === undefined ? [found.thing] : [found.thing, holder],
      );
    expect(await walk(lot('A'), 'forward')).toEqual([
      [lot('A')],
      [lot('M')],
      [item('1'), shop],
      [item('2'), shop],
    ]);
    expect((await walk(item('1'), 'back')).map(([thing]) => thing)).toEqual([
      item('1'),
      lot('M'),
      item('2'),
      lot('A'),
      lot('B'),
    ]);
  });

  test('a deep lineage is read in a handful of messages to the peer', async () => {
    const label = (step: number): string => (step === 0 ? lot('A') : `urn:label:${String(step)}`);
    for (let step = 0; step < 20; step += 1)
      await report({ type: 'relabel', from: label(step), to: label(step + 1) });
    const { chains, complete } = await market.ask('getProvenance', { thing: label(20) });
    expect([chains.map(({ thing }) => thing.thing), complete]).toEqual([
      Array.from({ length: 21 }, (_, step) => label(20 - step)),
      true,
    ]);
    const messages = async (
      operation: 'getCustodyChain' | 'getLineage' | 'getProvenance',
      thing: string,
    ): Promise<number> => (await market.run(farm, operation, { thing })).roundTrips;
    expect(await messages('getCustodyChain', label(20))).toBe(2);
    expect(await messages('getLineage', label(20))).toBe(2);
    expect(await messages('getProvenance', label(20))).toBe(2);
    // Beyond the sources that a row names the walk reads again.
    for (let step = 20; step < 40; step += 1)
      await report({ type: 'relabel', from: label(step), to: label(step + 1) });
    expect(await messages('getProvenance', label(40))).toBe(3);
  });

  test('a lineage and a provenance are bounded, and say when there is more', async () => {
    const generation = (n: number) =>
      Array.from({ length: 1000 }, (_, at) => batch(`G${String(n)}-${String(at)}`, '0.1'));
    const idsOf = (n: number): string[] => generation(n).map(({ thing }) => thing);
    await report({ type: 'split', from: lot('A'), into: generation(0) });
    for (const n of [1, 2])
      expect(await code({ type: 'transform', from: idsOf(n - 1), into: generation(n) })).toBe('ok');
    const product = idsOf(2)[0] ?? '';
    const lineage = await market.ask('getLineage', { thing: product });
    expect([lineage.things.length, lineage.complete]).toEqual([2000, false]);
    for (let n = 0; n < 6; n += 1)
      await report(n % 2 === 0 ? pack(pallet, ...idsOf(2)) : unpack(pallet, ...idsOf(2)));
    expect(await code({ type: 'merge', from: idsOf(2), into: batch('all', '100') })).toBe('ok');
    const provenance = await market.ask('getProvenance', { thing: lot('all') });
    expect(provenance.complete).toBe(false);
    // Each of the 1,000 sources has eight changes; the chain that reaches 5,000 of them is the last.
    expect(provenance.chains.length).toBe(626);
  });
});
