// SPDX-License-Identifier: Apache-2.0
import { EventEnvelope } from '@thingledger/protocol';
import { codeOf, Market } from '../testing/market';

const PARTY = 'https://id.gs1.org/417/9506000000015';
const DOCK = 'https://id.gs1.org/414/9506000134369/254/dock7';
const coordinates = { latitude: 36.84, longitude: -2.47 };

describe('T8 parties and locations on the ledger', () => {
  let market: Market;
  beforeAll(async () => {
    market = await Market.open();
  });
  const register = (over: object = {}, as = 'admin@maker') =>
    market.call(as, 'registerLocation', { location: PARTY, account: 'farm@maker', reason: 'test', ...over });

  test('are registered in any form of their GLN, found in any, changed by their member', async () => {
    const run = await market.run('admin@maker', 'registerLocation', {
      location: 'urn:epc:id:pgln:9506000.00001',
      account: 'farm@maker',
      reason: 'season 2026',
    });
    const registered = { location: PARTY, member: 'maker', account: 'farm@maker' };
    expect(run.outcomes).toMatchObject([{ ok: true, result: registered }]);
    expect(await market.ask('getLocation', { location: '(417)9506000000015' })).toEqual({
      ...registered,
      decision: {
        by: 'admin@maker',
        at: expect.any(String) as string,
        reason: 'season 2026',
        txId: expect.any(String) as string,
      },
    });
    expect(codeOf(await register({ account: 'mill@maker', coordinates }))).toBe('ok');
    expect(await market.ask('getLocation', { location: PARTY })).toMatchObject({
      account: 'mill@maker',
      coordinates,
    });
    expect(codeOf(await register({ location: 'urn:epc:id:sgln:9506000.13436.dock7' }))).toBe('ok');
    expect((await market.ask('getLocation', { location: DOCK })).location).toBe(DOCK);
  });

  test.each<[string, object, string]>([
    ['TL-LOCATION-FOREIGN', { account: 'shop@bank' }, 'admin@bank'],
    ['TL-PARTICIPANT-FOREIGN', { account: 'shop@bank' }, 'admin@maker'],
    ['TL-PARTICIPANT-UNKNOWN', { account: 'nobody@maker' }, 'admin@maker'],
    ['TL-CALLER-NOT-ADMINISTRATOR', {}, 'farm@maker'],
    ['TL-LOCATION-KIND', { location: 'https://id.gs1.org/00/106141412345678908' }, 'admin@maker'],
    ['TL-LOCATION-KIND', { location: 'https://party.example/7' }, 'admin@maker'],
    ['TL-ID-CHECK-DIGIT', { location: 'https://id.gs1.org/417/9506000000011' }, 'admin@maker'],
    ['TL-INPUT-INVALID', { coordinates: { latitude: 91, longitude: 0 } }, 'admin@maker'],
    ['TL-INPUT-INVALID', { reason: ' ' }, 'admin@maker'],
  ])('%s: %j %s', async (code, over, as) => {
    const state = new Map(market.ledger.state);
    expect(codeOf(await register(over, as))).toBe(code);
    expect(market.ledger.state).toEqual(state);
  });

  test('an unknown one is refused, and so is what can be none', async () => {
    const code = async (location: string) =>
      codeOf(await market.call('farm@maker', 'getLocation', { location }));
    expect(await code('(417)9506000000022')).toBe('TL-LOCATION-UNKNOWN');
    expect(await code('urn:x:hall')).toBe('TL-LOCATION-KIND');
  });

  test('are announced in an event', async () => {
    const { event = '' } = await market.run('admin@maker', 'registerLocation', {
      location: PARTY,
      account: 'farm@maker',
      reason: 'test',
    });
    expect(EventEnvelope.parse(JSON.parse(event)).events).toEqual([
      { type: 'LocationRegistered', location: PARTY, member: 'maker', account: 'farm@maker' },
    ]);
  });
});
