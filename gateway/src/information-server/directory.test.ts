// SPDX-License-Identifier: Apache-2.0
import { LedgerDirectory } from './directory.js';
import { People, ScriptedLedger } from './testing/index.js';

const FARM = 'farm@maker';
let people: People;
let ledger: ScriptedLedger;
let asked: string[];
let directory: LedgerDirectory;

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(() => {
  ledger = new ScriptedLedger();
  asked = [];
  ledger.beforeEvaluate = (operation) => void asked.push(operation);
  directory = new LedgerDirectory(ledger, people.principal('admin@maker'), 1000);
});
const suspended = () =>
  ledger.participants.set(FARM, people.participant(FARM, ['accounting'], { status: 'suspended' }));
const active = () => ledger.participants.set(FARM, people.participant(FARM, ['accounting']));

test('asks once for what many want at the same time', async () => {
  active();
  await Promise.all(Array.from({ length: 20 }, () => directory.participant(FARM)));
  await directory.participant(FARM);
  expect(asked).toEqual(['getParticipant']);
});

test('sees a suspension within the second, and at once when told to forget', async () => {
  active();
  await directory.requireCaller(FARM, 'participant');
  suspended();
  directory.forget();
  await expect(directory.requireCaller(FARM, 'participant')).rejects.toMatchObject({
    code: 'TL-CALLER-SUSPENDED',
  });
  active();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await directory.requireCaller(FARM, ['accounting'])).participant).toBe(FARM);
});

test('told to forget, it answers who has asked already, and keeps nothing of that', async () => {
  active();
  const early = directory.participant(FARM);
  directory.forget();
  expect(await early).toMatchObject({ status: 'active' });
  suspended();
  expect(await directory.participant(FARM)).toMatchObject({ status: 'suspended' });
});

test('does not remember that somebody was unknown', async () => {
  expect(await directory.participant(FARM)).toBeUndefined();
  active();
  expect(await directory.participant(FARM)).toBeDefined();
  expect(await directory.server('https://nowhere.example')).toBeUndefined();
  expect(await directory.custody('urn:x:1')).toBeUndefined();
});

test('asks for roles', async () => {
  active();
  await expect(directory.requireCaller(FARM, ['verifier', 'auditor'])).rejects.toMatchObject({
    code: 'TL-CALLER-ROLE',
  });
});

test('passes the ledger’s failure on and asks again', async () => {
  active();
  ledger.beforeEvaluate = () => {
    throw new Error('down');
  };
  await expect(directory.participant(FARM)).rejects.toThrow('down');
  ledger.beforeEvaluate = () => undefined;
  expect(await directory.participant(FARM)).toBeDefined();
});
