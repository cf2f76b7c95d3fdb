// SPDX-License-Identifier: Apache-2.0
import { placeOfRecord, refusalCodes } from '@thingledger/protocol';
import { checkBytes, type DataSource } from '../information-server/index.js';
import {
  documentOf,
  People,
  recordIdFor,
  ScriptedLedger,
  servedOf,
  statementWith,
  THING,
} from '../information-server/testing/index.js';
import { traceThing } from './trace.js';
import { verdictOf } from './verdict.js';

const ADDRESS = 'https://data.maker.example';
let people: People;
let ledger: ScriptedLedger;

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(() => {
  ledger = new ScriptedLedger();
  const origin = documentOf({ from: undefined, to: 'farm@maker' });
  const statements = [origin, documentOf()].map((document, n) =>
    statementWith(people, ADDRESS, [document], { recordId: recordIdFor(n) }),
  );
  ledger.keep(...statements);
});

const trace = (source: DataSource['fetch'], timeoutMillis = 5000, concurrency = 8) =>
  traceThing(
    { reader: ledger, source: { fetch: source }, concurrency, timeoutMillis },
    { thing: THING },
    people.principal('farm@maker'),
  );

test('asks each announcer’s own member for each hop’s hash, every time anew', async () => {
  const asked: string[] = [];
  const source: DataSource['fetch'] = ({ hash, member }) => {
    asked.push(member);
    return Promise.resolve(checkBytes(servedOf(documentOf()), hash));
  };
  const { hops, complete } = await trace(source);
  expect(hops.map(({ verdict }) => verdict)).toEqual(['ok', 'altered']);
  expect(complete).toBe(false);
  await trace(source);
  expect(asked).toEqual(['maker', 'maker', 'maker', 'maker']);
});

test('a chain without its origin is not complete', async () => {
  ledger.statements.delete(placeOfRecord(recordIdFor(0)).statementId);
  const { hops, complete } = await trace(({ hash }) =>
    Promise.resolve(checkBytes(servedOf(documentOf()), hash)),
  );
  expect([hops.map(({ verdict }) => verdict), complete]).toEqual([['ok'], false]);
});

test('what is not there in time is unreachable, and the trace is answered', async () => {
  const silent: DataSource['fetch'] = (_request, _as, signal) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  const { hops } = await trace(silent, 100, 1);
  expect(hops.map(({ verdict, reason }) => [verdict, reason?.code])).toEqual([
    ['unreachable', 'TL-VERIFY-SLOW'],
    ['unreachable', 'TL-VERIFY-SLOW'],
  ]);
});

test('a ledger that fails fails the trace: no verdict is guessed', async () => {
  await expect(trace(() => Promise.reject(new Error('ledger down')))).rejects.toThrow('ledger down');
});

test('every fault has its verdict', () => {
  const verdicts = refusalCodes
    .filter((code) => code.startsWith('TL-VERIFY-'))
    .map((code) => [code.slice(10), verdictOf(code)]);
  expect(Object.fromEntries(verdicts)).toMatchObject({
    HASH: 'altered',
    MISSING: 'missing',
    DOCUMENT: 'missing',
    REFUSED: 'not-entitled',
    UNREACHABLE: 'unreachable',
    SLOW: 'unreachable',
    TLS: 'unreachable',
    REDIRECT: 'unreachable',
    OVERSIZE: 'unreachable',
    ADDRESS: 'unreachable',
  });
});
