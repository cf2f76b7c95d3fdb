// SPDX-License-Identifier: Apache-2.0
import {
  outcomeAt,
  things,
  type Outcome,
  type StatementResult,
  type ThingChange,
} from '@thingledger/protocol';
import { codeOf, Market } from '../testing/market';

const one = { value: '1', unit: 'C62' };
const item = (serial: string): string => `https://id.gs1.org/01/09506000134352/21/${serial}`;
const crate = (n: number): string => `urn:crate:${String(n).padStart(2, '0')}/x`;

const farm = 'farm@maker';
const shop = 'shop@bank';

describe('T5 T6 the chain of a thing through what it lay in', () => {
  let market: Market;
  const report = (change: ThingChange, by = farm): Promise<Outcome> => market.report(by, change);
  const link = (
    type: 'pack' | 'unpack' | 'associate' | 'dissociate',
    parent: string,
    ...children: string[]
  ) => ({ type, parent, children }) satisfies ThingChange;
  const tos = async (thing: string): Promise<string[]> =>
    (await market.ask('getCustodyChain', { thing })).records.map(
      ({ record }) => `${record.thing} ${record.to}`,
    );

  beforeEach(async () => {
    market = await Market.open();
    await market.grow(item('1'), 'product', one);
  });

  test('two containers that lay in each other by turns have a chain each', async () => {
    await report(link('pack', crate(1), item('1')));
    await report(link('pack', crate(2), crate(1)));
    await report(link('unpack', crate(2), crate(1)));
    await report(link('pack', crate(1), crate(2)));
    await market.move(crate(1), farm, shop);
    expect(await tos(crate(2))).toEqual([`${crate(1)} ${shop}`]);
    expect(await tos(item('1'))).toEqual([`${crate(1)} ${shop}`, `${item('1')} ${farm}`]);
  }, 5000);

  test('what is packed into a box on a pallet goes with the pallet, whatever time the transfer claims', async () => {
    await market.grow(item('2'), 'product', one);
    const at = (ms: number): string => new Date(market.ledger.now.getTime() + ms).toISOString();
    const [early, middle, late] = [at(-20_000), at(-10_000), at(0)];
    await market.report(farm, link('pack', crate(1), item('2')), { eventTime: early });
    await market.report(farm, link('pack', crate(2), crate(1)), { eventTime: early });
    expect(codeOf(await market.report(farm, link('pack', crate(1), item('1')), { eventTime: late }))).toBe(
      'ok',
    );
    const transfer = { thing: crate(2), quantity: one, from: farm, to: shop, eventTime: middle };
    await market.accept(await market.announce(farm, transfer));
    expect(await market.holderOf(item('1'))).toBe(shop);
    expect((await market.ask('getCustodyChain', { thing: item('1') })).holder).toBe(shop);
    expect(await tos(item('1'))).toEqual([`${crate(2)} ${shop}`, `${item('1')} ${farm}`]);
  });

  test('a change a little in the future has a holder at once', async () => {
    const eventTime = new Date(market.ledger.now.getTime() + 50_000).toISOString();
    await market.report(farm, { type: 'relabel', from: item('1'), to: item('2') }, { eventTime });
    expect((await market.ask('getCustodyChain', { thing: item('2') })).holder).toBe(farm);
  });

  test('no number of later changes hides a container that it once lay in', async () => {
    await report(link('pack', crate(1), item('1')));
    await market.move(crate(1), farm, shop);
    await report(link('unpack', crate(1), item('1')), shop);
    await market.grow(item('2'), 'product', one, shop);
    const before = await tos(item('1'));
    for (let n = 0; n < 101; n += 1) {
      await report(link('associate', item('1'), item('2')), shop);
      await report(link('dissociate', item('1'), item('2')), shop);
    }
    expect(await tos(item('1'))).toEqual(before);
  });

  test('a long past is told in parts, and says so', async () => {
    await report(link('pack', crate(1), item('1')));
    await market.move(crate(1), farm, shop);
    await report(link('unpack', crate(1), item('1')), shop);
    await market.grow(item('2'), 'product', one, shop);
    const at = market.ledger.now.toISOString();
    const whole = await market.ask('getCustodyChain', { thing: item('1') });
    const eventTime = market.then;
    const changes = Array.from({ length: 1001 }, (_, n) => ({
      change: link(n % 2 === 0 ? 'associate' : 'dissociate', item('1'), item('2')),
      eventTime,
      reportId: `report-${String(n)}`,
    }));
    const outcome = await market.call(shop, 'reportChange', market.signed(shop, 'reportChange', changes));
    expect(outcome).toHaveProperty('result.refused', {});
    const late = await market.ask('getCustodyChain', { thing: item('1') });
    expect([late.changes.length, late.complete, late.holder]).toEqual([1000, false, shop]);
    expect(await market.ask('getCustodyChain', { thing: item('1'), at })).toEqual(whole);
    expect([whole.records.length, whole.changes.length, whole.complete]).toEqual([2, 2, true]);
  });

  test('a row does not grow by what is packed and unpacked for years', async () => {
    const sizes: (number | undefined)[] = [];
    for (let n = 0; n < 3; n += 1) {
      const eventTime = market.then;
      const changes = Array.from({ length: 400 }, (_, at) => ({
        change: link(at % 2 === 0 ? 'pack' : 'unpack', crate(1), item('1')),
        eventTime,
        reportId: `report-${String(at)}`,
      }));
      const outcome = await market.call(farm, 'reportChange', market.signed(farm, 'reportChange', changes));
      expect(outcome).toHaveProperty('result.refused', {});
      sizes.push(market.ledger.state.get(things.key(item('1')))?.length);
      const state = new Map(market.ledger.state);
      const { result } = outcomeAt((outcome as { result: StatementResult }).result, 0) as {
        result: { recordId: string };
      };
      const again = await market.call(farm, 'reportChange', market.signed(farm, 'reportChange', changes));
      expect(again).toHaveProperty('result.repeated.0.recordId', result.recordId);
      expect(market.ledger.state).toEqual(state);
    }
    expect(sizes[2]).toBeLessThan((sizes[0] ?? 0) + 100);
  });

  test('however often a transfer was rejected, the next names the record that brought the thing to its holder', async () => {
    const rejected = async (announcementId: string): Promise<void> => {
      const said = { thing: item('1'), quantity: one, from: farm, to: shop, announcementId };
      const { result } = (await market.announce(farm, said)) as { result: { recordId: string } };
      const reasons = [{ code: 'TL-VERIFY-HASH', detail: 'not what was announced', fields: {} }];
      await market.call('a@inspection', 'voteOnRecord', {
        recordId: result.recordId,
        decision: 'reject',
        reasons,
      });
    };
    await rejected('announce-1');
    await rejected('announce-2');
    await market.move(item('1'), farm, shop);
    await market.move(item('1'), shop, farm);
    const { records } = await market.ask('getCustodyChain', { thing: item('1') });
    expect(records.map(({ record }) => record.previous)).toEqual([
      records[1]?.record.recordId,
      records[2]?.record.recordId,
      undefined,
    ]);
  });
});
