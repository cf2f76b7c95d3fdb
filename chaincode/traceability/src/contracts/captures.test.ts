// SPDX-License-Identifier: Apache-2.0
import {
  captureOf,
  markOfEvent,
  operations,
  type CapturedEvent,
  type EventCapture,
  type Outcome,
  type Output,
  type Sheet,
  type ThingChange,
} from '@thingledger/protocol';
import fc from 'fast-check';
import { ADDRESS, codeOf, Market } from '../testing/market';

const farm = 'farm@maker';
const shop = 'shop@bank';
const one = { value: '1', unit: 'C62' };
const item = (serial: string): string => `https://id.gs1.org/01/09506000134352/21/${serial}`;
const epc = (serial: string): string => `urn:epc:id:sgtin:9506000.013435.${serial}`;
const resultOf = (outcome: Outcome | undefined): object =>
  outcome?.ok ? (outcome.result as object) : { refused: outcome };
const byRecord = (a: { recordId: string }, b: { recordId: string }): number =>
  a.recordId < b.recordId ? -1 : 1;
const saidOf = (document: object): object => {
  const { eventHash, eventTime } = captureOf(document);
  return { eventHash, eventTime };
};
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

  describe('of one second that are sent together, on a sheet,', () => {
    const keyed = (): string[] =>
      [...market.ledger.state.keys()].filter((key) => /^(capture|sheet)\//.test(key));
    const on = (sheet: number): Partial<EventCapture> => ({ fresh: true, sheet });
    const found = (document: object): Promise<Output<typeof operations.getCapturedEvent>> => {
      const { eventHash, eventTime } = captureOf(document);
      return market.ask('getCapturedEvent', { eventHash, eventTime });
    };
    let time: string;
    const many = (count: number, first = 0): object[] =>
      Array.from({ length: count }, (_, n) => seen(String(first + n), { eventTime: time }));
    beforeEach(() => {
      time = market.then;
    });

    test('share a row, and each is found', async () => {
      const documents = many(5);
      const outcomes = await market.captureAll(
        farm,
        documents.map((document) => ({ document, over: on(2) })),
      );
      expect(outcomes.map(codeOf)).toEqual(documents.map(() => 'ok'));
      expect(keyed()).toEqual([`sheet/${time.slice(0, 19)}/maker/2`]);
      for (const [n, document] of documents.entries()) {
        expect(await found(document)).toMatchObject({ ...resultOf(outcomes[n]), by: farm, others: [] });
        expect(await found(document)).not.toHaveProperty('sheet');
      }
      expect(
        codeOf(await market.call(farm, 'getCapturedEvent', saidOf(seen('77', { eventTime: time })))),
      ).toBe('TL-EPCIS-EVENT-UNKNOWN');
    });

    test.each([
      ['as it is', {}],
      ['again', { again: true as const }],
      ['on the same sheet', { fresh: true as const, sheet: 1 }],
    ])('are what they were when they are captured once more, %s', async (_, over) => {
      const documents = many(3);
      const first = await market.captureAll(
        farm,
        documents.map((document) => ({ document, over: on(1) })),
      );
      const state = new Map(market.ledger.state);
      const repeated = await market.captureAll(
        farm,
        documents.map((document) => ({ document, over })),
      );
      expect(repeated).toEqual(first);
      expect(market.ledger.state).toEqual(state);
    });

    test('are one record where they stand twice in one statement', async () => {
      const [document] = many(1) as [object];
      const [first, twice] = await market.captureAll(farm, [
        { document, over: on(0) },
        { document, over: on(0) },
      ]);
      expect(twice).toEqual(first);
      expect(await found(document)).toMatchObject({ ...resultOf(first), others: [] });
    });

    test('and come in several statements stand on it together; a refused one leaves no trace', async () => {
      const [a, b, c] = many(3) as [object, object, object];
      await market.captureAll(farm, [{ document: a, over: on(0) }]);
      const outcomes = await market.captureAll(farm, [
        { document: b, over: { ...on(0), eventHash: captureOf(a).eventHash } },
        { document: b, over: { ...on(0), dataHash: 'd'.repeat(64) }, sent: c },
        { document: c, over: on(0) },
      ]);
      expect(outcomes.map(codeOf)).toEqual(['ok', 'TL-EPCIS-HASH', 'ok']);
      expect(keyed()).toHaveLength(1);
      expect(await found(a)).toMatchObject({ by: farm });
      expect(await found(c)).toMatchObject(resultOf(outcomes[2]));
      expect(codeOf(await market.call(farm, 'getCapturedEvent', saidOf(b)))).toBe('TL-EPCIS-EVENT-UNKNOWN');
    });

    test('and are not fresh after all, by their member, keep their earliest record', async () => {
      const [document] = many(1) as [object];
      const first = await market.capture(farm, document, on(0));
      expect(await market.capture(farm, document, on(3))).not.toEqual(first);
      expect(await found(document)).toMatchObject({ ...resultOf(first), others: [] });
      expect(await market.capture(farm, document)).toEqual(first);
    });

    test('are declared to be in error as any other, and only by who captured them', async () => {
      const [document] = many(1) as [object];
      await market.capture(farm, document, on(0));
      const errorDeclaration = { declarationTime: '2026-11-20T08:00:00.000Z', reason: 'incorrect_data' };
      const declared = { ...document, errorDeclaration };
      const served = { informationServer: 'https://localhost:7444' };
      expect(codeOf(await market.capture(shop, declared, served))).toBe('TL-EPCIS-DECLARATION-FOREIGN');
      expect(codeOf(await market.capture(farm, declared, on(0)))).toBe('ok');
      expect(await found(document)).toMatchObject({ declarations: [{ by: farm }] });
      await market.capture(shop, document, { ...served, ...on(0) });
      expect(await found(document)).toMatchObject({ by: farm, others: [{ by: shop }] });
    });

    test('are told from those that bear the same mark', async () => {
      const [document, other] = many(2) as [object, object];
      await market.capture(farm, other, on(0));
      const key = `sheet/${time.slice(0, 19)}/maker/0`;
      const sheet = JSON.parse(Buffer.from(market.ledger.state.get(key)!).toString()) as Sheet;
      const mark = markOfEvent(captureOf(document).eventHash);
      const [[statementId, [runs]]] = Object.entries(sheet) as [[string, Sheet[string]]];
      market.ledger.state.set(key, Buffer.from(JSON.stringify({ [statementId]: [runs, mark] })));
      expect(codeOf(await market.call(farm, 'getCapturedEvent', saidOf(document)))).toBe(
        'TL-EPCIS-EVENT-UNKNOWN',
      );
      const captured = await market.capture(farm, document, on(0));
      expect(await found(document)).toMatchObject(resultOf(captured));
    });

    test('have rows of their own when there is no more room on it', async () => {
      const key = `sheet/${time.slice(0, 19)}/maker/0`;
      const [first, last] = [many(1, 1), many(2, 5)];
      await market.capture(farm, first[0]!, on(0));
      const sheet = JSON.parse(Buffer.from(market.ledger.state.get(key)!).toString()) as Sheet;
      const [[statementId]] = Object.entries(sheet) as [[string, Sheet[string]]];
      const full = { ...sheet, [statementId.replace('-0', '-1')]: [[[0, 1997]], 'A'.repeat(8 * 1998)] };
      market.ledger.state.set(key, Buffer.from(JSON.stringify(full)));
      const outcomes = await market.captureAll(
        farm,
        last.map((document) => ({ document, over: on(0) })),
      );
      expect(keyed().map((one) => one.split('/')[0])).toEqual(['sheet', 'capture']);
      for (const [n, document] of last.entries())
        expect(await found(document)).toMatchObject(resultOf(outcomes[n]));
      expect(await market.captureAll(farm, [{ document: last[1]! }])).toEqual([outcomes[1]]);
    });

    test('need only a number from 0 to 3', async () => {
      for (const sheet of [-1, 4, 0.5, '0', null])
        expect(codeOf(await market.capture(farm, seen('1'), on(sheet as number)))).toBe('TL-INPUT-INVALID');
      expect(keyed()).toEqual([]);
    });

    test('read what is written when one of them is sent again: peers refuse one of the two', async () => {
      const [document] = many(1) as [object];
      const served = { informationServer: 'https://localhost:7443', dataHash: 'c'.repeat(64) };
      const touched = (over: object) =>
        operations.captureEvent.touches?.(
          { ...captureOf(document), ...served, ...over, document: { ...document } },
          farm,
        );
      const [first, again, plain] = [touched(on(3)), touched({ again: true }), touched({})];
      expect(first?.writes).toEqual([`sheet/${time.slice(0, 19)}/maker/3`]);
      expect(first?.reads).toEqual(expect.arrayContaining(['fence/maker', ...(first?.writes ?? [])]));
      expect(again?.reads).toEqual(expect.arrayContaining([...(first?.writes ?? [])]));
      expect(again?.writes).toContain('fence/maker');
      expect(plain?.reads).toEqual(expect.arrayContaining([...(first?.writes ?? [])]));
    });

    test('captured in any way and order, by whomever: each event has each member’s first record', async () => {
      const way = fc.record({
        event: fc.nat(4),
        how: fc.constantFrom('', 'again', 'first'),
        sheet: fc.option(fc.nat(3), { nil: undefined }),
      });
      const statement = fc.record({
        by: fc.constantFrom(farm, shop),
        ways: fc.uniqueArray(way, { selector: ({ event }) => event, minLength: 1 }),
      });
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(statement, { maxLength: 6 }), async (statements) => {
          time = new Date(Date.parse(market.then) - 1000 * (runs += 1)).toISOString();
          const documents = many(5);
          const known = new Map<string, object>();
          for (const { by, ways } of statements) {
            const informationServer = by === shop ? 'https://localhost:7444' : ADDRESS;
            const outcomes = await market.captureAll(
              by,
              ways.map(({ event, how, sheet }) => {
                const isNew = how === 'first' && !known.has(by + String(event));
                const told = isNew ? { fresh: true as const, ...(sheet !== undefined && { sheet }) } : {};
                const again = how === 'again' && { again: true as const };
                return { document: documents[event]!, over: { informationServer, ...told, ...again } };
              }),
            );
            for (const [n, { event }] of ways.entries()) {
              const key = by + String(event);
              const result = resultOf(outcomes[n]);
              expect(result).toEqual(known.get(key) ?? result);
              known.set(key, result);
            }
          }
          for (const [event, document] of documents.entries()) {
            const outcome = await market.call(farm, 'getCapturedEvent', saidOf(document));
            const expected = [farm, shop].flatMap((by) => known.get(by + String(event)) ?? []);
            const found = resultOf(outcome) as CapturedEvent;
            const recorded = outcome.ok ? [found, ...found.others] : [];
            expect(recorded.map(({ recordId, txId }) => ({ recordId, txId })).sort(byRecord)).toEqual(
              (expected as CapturedEvent[]).sort(byRecord),
            );
          }
        }),
        { seed: 20261122, numRuns: 40 },
      );
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
