// SPDX-License-Identifier: Apache-2.0
import { captureOf, type ThingChange } from '@thingledger/protocol';
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
    const document = seen('1', { bizTransactionList: [{ type: 'po', bizTransaction: 'urn:secret:4711' }] });
    const state = new Map(market.ledger.state);
    const outcome = await market.capture(farm, document);
    expect(codeOf(outcome)).toBe('ok');
    const { eventHash } = captureOf(document);
    const found = await market.ask('getCapturedEvent', { eventHash });
    expect(found).toMatchObject({ eventHash, by: farm, changed: false });
    const written = [...market.ledger.state].filter(([key, value]) => state.get(key) !== value);
    expect(written.map(([key]) => key.split('/')[0])).toEqual(['event', 'statement']);
    expect(written.map(([, value]) => Buffer.from(value).toString('utf8')).join()).not.toContain('4711');
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
    const { eventHash } = captureOf(unknown);
    expect((await market.ask('getCapturedEvent', { eventHash })).changed).toBe(false);
    expect(codeOf(await market.call(farm, 'getThing', { thing: item('98') }))).toBe('TL-THING-UNKNOWN');
  });
});
