// SPDX-License-Identifier: Apache-2.0
import type { MappingRecord, TraceabilityData } from '@thingledger/protocol';
import { documentOf, People, recordOf, ScriptedLedger } from '../../../information-server/testing/index.js';
import { distanceKm } from './distance.js';
import { checkDocument, checkRecord, type Facts } from './index.js';

const ADDRESS = 'https://data.maker.example';
const HOUR = 3_600_000;
const decision = { by: 'admin@maker', at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };
const BUDAPEST = { latitude: 47.4979, longitude: 19.0402 };
const VIENNA = { latitude: 48.2082, longitude: 16.3738 };
const EVENT = Date.parse(documentOf().eventTime);

let people: People;
beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());

function factsOf(record: MappingRecord, over: Partial<Facts> = {}): Facts {
  return {
    record,
    announcer: people.participant('farm@maker', ['accounting']),
    recipient: people.participant('processor@maker', ['accounting']),
    signed: true,
    previous: undefined,
    server: { address: ADDRESS, member: 'maker', certificateAuthority: 'PEM', decision },
    rules: { ...new ScriptedLedger().rules },
    now: EVENT + HOUR,
    ...over,
  };
}
const record = (document: Partial<TraceabilityData> = {}, over: Partial<MappingRecord> = {}): MappingRecord =>
  recordOf(people, ADDRESS, documentOf(document), over);
const codes = (faults: readonly { code: string }[]): string[] => faults.map(({ code }) => code);
const earlier = (hours: number, place = BUDAPEST): MappingRecord =>
  record({ eventTime: new Date(EVENT - hours * HOUR).toISOString(), place });

test('a right record passes all checks', () => {
  expect(checkRecord(factsOf(record()))).toEqual([]);
  expect(checkDocument(record(), documentOf())).toEqual([]);
});

test('an origin is announced and signed by the account that takes it', () => {
  const origin = record({ from: undefined, to: 'farm@maker' });
  expect(
    checkRecord(factsOf(origin, { recipient: people.participant('farm@maker', ['accounting']) })),
  ).toEqual([]);
});

test('what its announcer did not sign is nobody’s word; without an announcer there is no key to check with', () => {
  expect(checkRecord(factsOf(record(), { signed: false }))).toMatchObject([
    { code: 'TL-VERIFY-SIGNATURE', fields: { signer: 'farm@maker' } },
  ]);
  const unknown = factsOf(record(), { signed: false, announcer: undefined });
  expect(codes(checkRecord(unknown))).toEqual(['TL-VERIFY-ACCOUNT']);
});

describe('accounts', () => {
  const account = (over: object) => ({ ...people.participant('processor@maker', ['accounting']), ...over });
  test.each<[string, () => Partial<Facts>, string]>([
    ['unknown', () => ({ announcer: undefined }), 'farm@maker'],
    ['unknown', () => ({ recipient: undefined }), 'processor@maker'],
    ['suspended', () => ({ recipient: account({ status: 'suspended' }) }), 'processor@maker'],
    ['not accounting', () => ({ recipient: account({ roles: ['consumer'] }) }), 'processor@maker'],
    ['member not active', () => ({ recipient: account({ member: 'gone' }) }), 'processor@maker'],
  ])('%s', (status, over, id) => {
    expect(checkRecord(factsOf(record(), over()))).toMatchObject([
      { code: 'TL-VERIFY-ACCOUNT', fields: { account: id, status } },
    ]);
  });
});

test('an information server of nobody, or of another member, is not the announcer’s', () => {
  const server = { address: ADDRESS, member: 'carrier', certificateAuthority: 'PEM', decision };
  expect(codes(checkRecord(factsOf(record(), { server: undefined })))).toEqual(['TL-VERIFY-ADDRESS']);
  expect(codes(checkRecord(factsOf(record(), { server })))).toEqual(['TL-VERIFY-IDENTITY']);
});

describe('time', () => {
  test('in the future, beyond the tolerance of the rules', () => {
    expect(checkRecord(factsOf(record(), { now: EVENT - 60_000 }))).toEqual([]);
    expect(codes(checkRecord(factsOf(record(), { now: EVENT - 60_001 })))).toEqual(['TL-VERIFY-TIME']);
  });
  test('differs from the document, but another offset is the same instant', () => {
    expect(checkDocument(record(), documentOf({ eventTime: '2026-01-10T10:00:00+02:00' }))).toEqual([]);
    expect(codes(checkDocument(record(), documentOf({ eventTime: '2026-01-10T08:00:00.001Z' })))).toEqual([
      'TL-VERIFY-TIME',
    ]);
  });
});

describe('speed', () => {
  const rules = { ...new ScriptedLedger().rules, maximumSpeedKmh: 100 };
  const move = (hours: number, place = VIENNA) =>
    codes(checkRecord(factsOf(record({ place }), { previous: earlier(hours), rules })));

  test('Budapest and Vienna are 215 km apart', () => {
    expect(distanceKm(BUDAPEST, VIENNA)).toBeCloseTo(215, -1);
    expect(distanceKm({ latitude: 0, longitude: 179.9 }, { latitude: 0, longitude: -179.9 })).toBeCloseTo(
      22.2,
      0,
    );
    expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: 90, longitude: 170 })).toBeCloseTo(0, 6);
    expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(20015, 0);
  });
  test('three hours are enough, two are not', () => {
    expect(move(3)).toEqual([]);
    expect(move(2)).toEqual(['TL-VERIFY-SPEED']);
  });
  test('no time at all is enough for the same spot only', () => {
    expect(move(0)).toEqual(['TL-VERIFY-SPEED']);
    expect(move(0, { latitude: 47.498, longitude: 19.0403 })).toEqual([]);
  });
  test('time that runs backwards is no time', () => {
    expect(move(-5)).toEqual(['TL-VERIFY-SPEED']);
  });
});

describe('document', () => {
  test.each<[string, Partial<TraceabilityData>, string]>([
    ['another thing', { thing: 'https://id.gs1.org/01/09506000134352/10/LOT-8' }, 'TL-VERIFY-IDENTITY'],
    ['no identifier', { thing: 'carrots' }, 'TL-VERIFY-IDENTITY'],
    ['another giver', { from: 'framer@maker' }, 'TL-VERIFY-IDENTITY'],
    ['no giver', { from: undefined }, 'TL-VERIFY-IDENTITY'],
    ['another taker', { to: 'shop@bank' }, 'TL-VERIFY-IDENTITY'],
    ['another count', { quantity: { value: '12', unit: 'KGM' } }, 'TL-VERIFY-QUANTITY'],
    ['another unit', { quantity: { value: '120', unit: 'GRM' } }, 'TL-VERIFY-QUANTITY'],
    ['another place', { place: BUDAPEST }, 'TL-VERIFY-PLACE'],
  ])('says %s', (_what, change, code) => {
    const faults = checkDocument(record(), documentOf(change));
    expect(codes(faults)).toEqual([code]);
  });

  test('may write the thing in another form of the same identifier', () => {
    expect(checkDocument(record(), documentOf({ thing: '(01)09506000134352(10)LOT-7' }))).toEqual([]);
  });

  test('names another location by its GLN', () => {
    const place = { ...documentOf().place, gln: '(414)9506000111117' };
    const same = { ...place, gln: 'https://id.gs1.org/414/9506000111117' };
    expect(checkDocument(record({ place }), documentOf({ place: same }))).toEqual([]);
    const other = { ...place, gln: 'yard 7' };
    expect(codes(checkDocument(record({ place }), documentOf({ place: other })))).toEqual([
      'TL-VERIFY-PLACE',
    ]);
  });

  test('leaves none of its contents in the findings', () => {
    const secret = documentOf({ to: 'secret@maker', quantity: { value: '777', unit: 'XXX' } });
    expect(JSON.stringify(checkDocument(record(), secret))).not.toMatch(/secret|777|XXX/);
  });
});
