// SPDX-License-Identifier: Apache-2.0
import { captureOf, operations, type ThingChange } from '@thingledger/protocol';
import { codeOf, Market } from '../testing/market';

const farm = 'farm@maker';
const shop = 'shop@bank';
const one = { value: '1', unit: 'C62' };
const item = (serial: string): string => `https://id.gs1.org/01/09506000134352/21/${serial}`;
const epc = (serial: string): string => `urn:epc:id:sgtin:9506000.013435.${serial}`;
const pallet = 'https://id.gs1.org/00/395060001343520018';

describe('T8 EPCIS events on the ledger', () => {
  let market: Market;
  const base = (): object => ({
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    eventTime: market.then,
    eventTimeZoneOffset: '+02:00',
    bizStep: 'packing',
  });
  const packing = (...serials: string[]): object => ({
    ...base(),
    type: 'AggregationEvent',
    action: 'ADD',
    parentID: pallet,
    childEPCs: serials.map(epc),
  });
  const seen = (serial: string, over: object = {}): object => ({
    ...base(),
    type: 'ObjectEvent',
    action: 'OBSERVE',
    epcList: [epc(serial)],
    ...over,
  });

  beforeEach(async () => {
    market = await Market.open();
    for (const serial of ['1', '2']) await market.grow(item(serial), 'product', one);
  });

  test('an event is captured by its hash; of the event itself nothing is written, emitted or answered', async () => {
    const document = seen('1', {
      bizTransactionList: [{ type: 'po', bizTransaction: 'urn:secret:471108154711' }],
    });
    const state = new Map(market.ledger.state);
    const outcome = await market.capture(farm, document);
    expect(codeOf(outcome)).toBe('ok');
    const { eventHash, eventTime } = captureOf(document);
    const found = await market.ask('getCapturedEvent', { eventHash, eventTime });
    expect(found).toMatchObject({ eventHash, by: farm, changed: false });
    const written = [...market.ledger.state].filter(([key, value]) => state.get(key) !== value);
    expect(written.map(([key]) => key.split('/')[0])).toEqual(['capture', 'statement']);
    expect(written.map(([, value]) => Buffer.from(value).toString('utf8')).join()).not.toMatch(
      /secret|471108154711/,
    );
  });

  test('the same event in another spelling is one', async () => {
    const document = seen('1') as { epcList: string[] };
    const first = await market.capture(farm, document);
    const state = new Map(market.ledger.state);
    const spelled = {
      ...document,
      epcList: [`https://farm.example/01/9506000134352/21/1`],
      eventID: 'urn:uuid:1',
    };
    expect(await market.capture(farm, spelled)).toEqual(first);
    expect(market.ledger.state).toEqual(state);
  });

  test('of an event that moves nothing each member has a record of its own; the earliest is the event’s', async () => {
    const document = seen('1');
    const { eventHash, eventTime } = captureOf(document);
    const first = await market.capture(farm, document);
    const served = { informationServer: 'https://localhost:7444' };
    const second = await market.capture(shop, document, served);
    expect(codeOf(second)).toBe('ok');
    expect(second).not.toEqual(first);
    expect(await market.capture(shop, document, served)).toEqual(second);
    expect(await market.ask('getCapturedEvent', { eventHash, eventTime })).toMatchObject({
      by: farm,
      others: [{ by: shop, ...served }],
    });
    const packed = packing('1');
    const moved = await market.capture(farm, packed);
    expect(await market.capture(shop, packed, served)).toEqual(moved);
  });

  describe('that is fresh, as its member says,', () => {
    const fresh = { fresh: true } as const;
    const keyed = (): string[] => [...market.ledger.state.keys()].filter((key) => key.startsWith('capture/'));

    test('is captured without a look at what is there; said twice after all, it is one event with the later record', async () => {
      const document = seen('1');
      const { eventHash, eventTime } = captureOf(document);
      const first = await market.capture(farm, document, fresh);
      expect(codeOf(first)).toBe('ok');
      expect(await market.capture(farm, document)).toEqual(first);
      const again = await market.capture(farm, document, fresh);
      expect(again).not.toEqual(first);
      expect(keyed()).toHaveLength(1);
      const found = await market.ask('getCapturedEvent', { eventHash, eventTime });
      expect(found).toMatchObject({ by: farm, others: [] });
      expect(found).not.toHaveProperty('fresh');
      expect(await market.capture(farm, document)).toEqual(again);
    });

    test('hides neither what others captured nor what was declared', async () => {
      const document = seen('1');
      const { eventHash, eventTime } = captureOf(document);
      await market.capture(farm, document);
      const errorDeclaration = { declarationTime: '2026-11-20T08:00:00.000Z', reason: 'incorrect_data' };
      expect(codeOf(await market.capture(farm, { ...document, errorDeclaration }))).toBe('ok');
      await market.capture(shop, document, { informationServer: 'https://localhost:7444', ...fresh });
      await market.capture(farm, document, fresh);
      expect(await market.ask('getCapturedEvent', { eventHash, eventTime })).toMatchObject({
        by: shop,
        others: [{ by: farm }],
        declarations: [{ by: farm }],
      });
    });

    test('and comes late, after the same was sent again, reads what that has written: peers refuse one of the two', async () => {
      const document = { ...seen('1') };
      const served = { informationServer: 'https://localhost:7443', dataHash: 'c'.repeat(64) };
      const touched = (over: object) =>
        operations.captureEvent.touches?.({ ...captureOf(document), ...served, ...over, document }, farm);
      const [first, again] = [touched(fresh), touched({ again: true })];
      expect(first?.reads.filter((key) => again?.writes.includes(key))).toEqual(['fence/maker']);
      await market.capture(farm, document, { again: true });
      expect(market.ledger.state.has('fence/maker')).toBe(true);
      const state = new Map(market.ledger.state);
      expect(codeOf(await market.capture(farm, document, { again: true }))).toBe('ok');
      expect(market.ledger.state).toEqual(state);
      const item = { ...captureOf(seen('2')), ...served, ...fresh };
      const statement = market.signed(farm, 'captureEvent', [item]);
      const { reads } = await market.run(farm, 'captureEvent', statement);
      expect(reads).toContain('fence/maker');
      expect(reads.filter((key) => key.startsWith('capture/'))).toEqual([]);
    });

    test('and moves something is looked for all the same', async () => {
      const document = packing('1');
      const first = await market.capture(farm, document, fresh);
      expect(codeOf(first)).toBe('ok');
      expect(await market.capture(farm, document, fresh)).toEqual(first);
      const errorDeclaration = { declarationTime: '2026-11-20T08:00:00.000Z', reason: 'incorrect_data' };
      const declared = { ...seen('2'), errorDeclaration };
      const said = await market.capture(farm, declared, fresh);
      expect(await market.capture(farm, declared, fresh)).toEqual(said);
    });

    test('and false is refused as any other', async () => {
      const { eventHash } = captureOf(seen('2'));
      expect(codeOf(await market.capture(farm, seen('1'), { eventHash, ...fresh }))).toBe('TL-EPCIS-HASH');
      expect(codeOf(await market.capture(farm, seen('1'), { fresh: false as unknown as true }))).toBe(
        'TL-INPUT-INVALID',
      );
      expect(keyed()).toEqual([]);
    });
  });

  test('a time with spaces around it is the same time; one that is none is refused, not a fault', async () => {
    const document = seen('1') as { eventTime: string };
    const first = await market.capture(farm, document);
    expect(await market.capture(farm, { ...document, eventTime: ` ${document.eventTime} ` })).toEqual(first);
    const item = captureOf(seen('2'));
    const bad = { ...document, eventTime: '2026-02-30T25:61:00Z' };
    const outcome = await market.capture(farm, seen('2'), item, bad);
    expect(codeOf(outcome)).toMatch(/^(TL-EPCIS-TIME|TL-INPUT-INVALID)$/);
  });

  test('a hash, a change or an event that does not fit is refused', async () => {
    const document = packing('1');
    const hash = captureOf(seen('2')).eventHash;
    expect(codeOf(await market.capture(farm, document, { eventHash: hash }))).toBe('TL-EPCIS-HASH');
    expect(codeOf(await market.capture(farm, document, {}, null))).toBe('TL-EPCIS-EVENT-MISSING');
    expect(codeOf(await market.capture(farm, document, {}, seen('1')))).toBe('TL-EPCIS-HASH');
    const other: ThingChange = { type: 'pack', parent: pallet, children: [item('2')] };
    expect(codeOf(await market.capture(farm, document, { change: other }))).toBe('TL-EPCIS-CHANGE');
    expect(codeOf(await market.capture(farm, document, { change: undefined }))).toBe('TL-EPCIS-CHANGE');
    expect(codeOf(await market.capture(farm, document, {}, { ...document, action: 'CREATE' }))).toBe(
      'TL-INPUT-INVALID',
    );
    const time = new Date(market.ledger.now.getTime()).toISOString();
    expect(codeOf(await market.capture(farm, document, { eventTime: time }))).toBe('TL-EPCIS-CHANGE');
    expect(codeOf(await market.capture(shop, document))).toBe('TL-SERVER-FOREIGN');
    const late = { ...seen('1'), eventTime: new Date(market.ledger.now.getTime() + 120_000).toISOString() };
    expect(codeOf(await market.capture(farm, late))).toBe('TL-EVENT-IN-FUTURE');
  });

  test('events drive the containment tree, and only the holder’s do', async () => {
    expect(codeOf(await market.capture(farm, packing('1', '2')))).toBe('ok');
    expect((await market.ask('getThing', { thing: item('1') })).within).toEqual([pallet]);
    const { changes } = await market.ask('getCustodyChain', { thing: item('1') });
    expect(changes).toMatchObject([{ type: 'pack', parent: pallet, by: farm }]);
    await market.move(pallet, farm, shop);
    const unpacking = { ...packing('1'), action: 'DELETE', bizStep: 'unpacking' };
    expect(codeOf(await market.capture(farm, unpacking))).toBe('TL-CUSTODY-NOT-HOLDER');
    const served = { informationServer: 'https://localhost:7444' };
    expect(codeOf(await market.capture(shop, unpacking, served))).toBe('ok');
    expect((await market.ask('getThing', { thing: item('1') })).within).toEqual([]);
  });

  test('inputs become outputs; what the ledger does not know changes nothing', async () => {
    const making = (from: string, into: string): object => ({
      ...base(),
      type: 'TransformationEvent',
      inputEPCList: [epc(from)],
      outputEPCList: [epc(into)],
      bizStep: 'commissioning',
    });
    expect(codeOf(await market.capture(farm, making('1', '7')))).toBe('ok');
    expect(await market.holderOf(item('7'))).toBe(farm);
    const { things } = await market.ask('getLineage', { thing: item('7') });
    expect(things.map(({ thing }) => thing.thing)).toEqual([item('7'), item('1')]);
    const unknown = making('99', '98');
    expect(codeOf(await market.capture(farm, unknown))).toBe('ok');
    const { eventHash, eventTime } = captureOf(unknown);
    expect((await market.ask('getCapturedEvent', { eventHash, eventTime })).changed).toBe(false);
    expect(codeOf(await market.call(farm, 'getThing', { thing: item('98') }))).toBe('TL-THING-UNKNOWN');
  });

  describe('a declaration of error', () => {
    const declaring = (document: object, over: object = {}): object => ({
      ...document,
      errorDeclaration: { declarationTime: '2026-11-20T08:00:00.000Z', reason: 'incorrect_data', ...over },
    });
    const declarationsOf = async (document: object): Promise<unknown[]> => {
      const { eventHash, eventTime } = captureOf(document);
      return (await market.ask('getCapturedEvent', { eventHash, eventTime })).declarations;
    };

    test('is kept with the event: who, when, and its hash; it undoes nothing, and the reason is not told', async () => {
      const document = packing('1');
      const first = await market.capture(farm, document);
      const declared = declaring(document, { correctiveEventIDs: ['urn:uuid:secret-471108154711'] });
      expect(captureOf(declared).eventHash).toBe(captureOf(document).eventHash);
      const outcome = await market.capture(farm, declared);
      expect(codeOf(outcome)).toBe('ok');
      expect(outcome).not.toEqual(first);
      const { hash, time } = captureOf(declared).declaration!;
      expect(await declarationsOf(document)).toMatchObject([{ hash, time, by: farm }]);
      expect((await market.ask('getThing', { thing: item('1') })).within).toEqual([pallet]);
      const written = [...market.ledger.state.values()].map((value) => Buffer.from(value).toString('utf8'));
      expect(written.join()).not.toMatch(/secret|471108154711/);
      expect(written.join()).not.toContain('incorrect_data');
    });

    test('said again, in any spelling, is one; another is another', async () => {
      const document = seen('1');
      await market.capture(farm, document);
      const first = await market.capture(farm, declaring(document));
      const state = new Map(market.ledger.state);
      expect(
        await market.capture(
          farm,
          declaring(document, {
            declarationTime: '2026-11-20T09:00:00+01:00',
            reason: 'cbv:ER-incorrect_data',
          }),
        ),
      ).toEqual(first);
      expect(await market.capture(farm, declaring({ ...document, eventID: 'urn:uuid:1' }))).toEqual(first);
      expect(market.ledger.state).toEqual(state);
      expect(codeOf(await market.capture(farm, declaring(document, { reason: 'did_not_occur' })))).toBe('ok');
      expect(await declarationsOf(document)).toHaveLength(2);
    });

    test('may be the first that is heard of an event, which then changes nothing', async () => {
      const document = packing('1');
      const first = await market.capture(farm, declaring(document));
      expect(codeOf(first)).toBe('ok');
      expect(await market.capture(farm, document)).toEqual(first);
      expect(await declarationsOf(document)).toMatchObject([{ by: farm }]);
      expect((await market.ask('getThing', { thing: item('1') })).within).toEqual([]);
    });

    test('of another member, who was first, does not stand in the event’s way', async () => {
      const document = packing('1');
      const served = { informationServer: 'https://localhost:7444' };
      const foreign = await market.capture(shop, declaring(document), served);
      expect(codeOf(foreign)).toBe('ok');
      expect(await declarationsOf(document)).toMatchObject([{ by: shop }]);
      const outcome = await market.capture(farm, document);
      expect(codeOf(outcome)).toBe('ok');
      expect(outcome).not.toEqual(foreign);
      expect((await market.ask('getThing', { thing: item('1') })).within).toEqual([pallet]);
      expect(await declarationsOf(document)).toEqual([]);
      expect(await market.capture(shop, declaring(document), served)).toEqual(foreign);
      const otherwise = declaring(document, { reason: 'did_not_occur' });
      expect(codeOf(await market.capture(shop, otherwise, served))).toBe('TL-EPCIS-DECLARATION-FOREIGN');
      expect(await market.capture(farm, document)).toEqual(outcome);
      expect(codeOf(await market.capture(farm, declaring(document)))).toBe('ok');
      expect(await declarationsOf(document)).toMatchObject([{ by: farm }]);
    });

    test('is the capturing member’s to make, and not without end', async () => {
      const document = seen('1');
      await market.capture(farm, document);
      const served = { informationServer: 'https://localhost:7444' };
      expect(codeOf(await market.capture(shop, declaring(document), served))).toBe(
        'TL-EPCIS-DECLARATION-FOREIGN',
      );
      for (let n = 0; n < 16; n += 1)
        expect(
          codeOf(await market.capture(farm, declaring(document, { reason: `urn:reason:${String(n)}` }))),
        ).toBe('ok');
      expect(codeOf(await market.capture(farm, declaring(document)))).toBe('TL-EPCIS-DECLARATION-LIMIT');
    });

    test('that is not in the event is refused', async () => {
      const document = seen('1');
      const lie = { declaration: captureOf(declaring(document)).declaration };
      expect(codeOf(await market.capture(farm, document, lie))).toBe('TL-EPCIS-CHANGE');
      expect(codeOf(await market.capture(farm, declaring(document), { declaration: undefined }))).toBe(
        'TL-EPCIS-CHANGE',
      );
    });
  });
});
