// SPDX-License-Identifier: Apache-2.0
import { statementOf, type MappingRecord, type Participant } from '@thingledger/protocol';
import {
  documentOf,
  People,
  statementWith,
  THING,
  type StatementWithRecords,
} from '../../information-server/testing/index.js';
import { signEs256 } from '../../wallet/signing.js';
import { ReadStatement } from './statement.js';

let people: People;
let farm: Participant;
let statement: StatementWithRecords;

beforeAll(async () => {
  people = await People.gather();
  farm = people.participant('farm@maker', ['accounting']);
  const documents = [0, 1].map((lot) => documentOf({ thing: `${THING}-${String(lot)}` }));
  statement = statementWith(people, 'https://data.maker.example', documents);
});
afterAll(() => people.leave());

/** Whether the first record counts as signed, in a statement or a record that is not what it was. */
function isSigned({
  record,
  announcer = farm,
  ...over
}: Partial<StatementWithRecords> & {
  readonly record?: Partial<MappingRecord>;
  readonly announcer?: Participant;
} = {}): boolean {
  const first = { ...(statement.records[0] as MappingRecord), ...record };
  return new ReadStatement({ ...statement, records: [], ...over } as never).isSigned(first, announcer);
}

test('a record that says what its item says is signed with the statement', () => {
  expect(isSigned()).toBe(true);
  expect(isSigned({ record: { recordId: statement.records[1]?.recordId ?? '' } })).toBe(false);
});

test.each<[string, Partial<MappingRecord>]>([
  ['the quantity', { quantity: { value: '121', unit: 'KGM' } }],
  ['the hash', { dataHash: '0'.repeat(64) }],
  ['the place', { place: { latitude: 47.62, longitude: 19.04 } }],
  ['the announcement’s id', { announcementId: 'again' }],
  ['the giver', { from: 'framer@maker' }],
])('a change of %s is not', (_what, record) => {
  expect(isSigned({ record })).toBe(false);
});

test('nothing that the ledger added is covered', () => {
  expect(isSigned({ record: { announcedAt: '2030-01-01T00:00:00.000Z', txId: 'other', quorum: 9 } })).toBe(
    true,
  );
});

test('neither signature nor text nor account can be another', () => {
  expect(isSigned({ signature: 'A'.repeat(86) })).toBe(false);
  expect(isSigned({ text: `${statement.text} ` })).toBe(false);
  expect(isSigned({ by: 'framer@maker' })).toBe(false);
});

test('a text that states something else states no record', () => {
  const other = statementWith(people, 'https://data.maker.example', [documentOf()]);
  for (const text of ['rubbish', statementOf('traceability:registerThing', ['{}'])]) {
    const signature = signEs256(people.principal('farm@maker').identity, text);
    const said = new ReadStatement({ ...other, text, signature, records: [] });
    expect(said.isSigned(other.records[0] as MappingRecord, farm)).toBe(false);
  }
});

test('a key that is not registered, or no point of the curve, verifies nothing', () => {
  const { publicKey } = people.participant('trucker@carrier', ['accounting']);
  for (const key of [publicKey, { ...publicKey, x: 'A'.repeat(43), y: 'A'.repeat(43) }]) {
    expect(isSigned({ announcer: { ...farm, publicKey: key } })).toBe(false);
  }
});
