// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { Refusal } from '@thingledger/protocol';
import { SignJWT } from 'jose';
import { LedgerDirectory } from './directory.js';
import { ReplayGuard } from './replay.js';
import { People, ScriptedLedger } from './testing/index.js';
import { makeToken, TokenVerifier } from './token.js';

const ADDRESS = 'https://data.maker.example';
const FARM = 'farm@maker';
let people: People;
let ledger: ScriptedLedger;
let verifier: TokenVerifier;

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(() => {
  ledger = new ScriptedLedger();
  ledger.participants.set(FARM, people.participant(FARM, ['accounting']));
  const directory = new LedgerDirectory(ledger, people.principal('admin@maker'), 0);
  verifier = new TokenVerifier(ADDRESS, (id) => directory.requireCaller(id, 'participant'));
});

const codeOf = async (authorization: string | undefined): Promise<string> =>
  verifier.verify(authorization).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );
const now = (): number => Math.floor(Date.now() / 1000);
const farmKey = (): KeyObject => createPrivateKey(people.principal(FARM).identity.privateKeyPem);
const tokenWith = async (claims: Record<string, unknown>, key = farmKey()): Promise<string> => {
  const all = { iss: FARM, aud: ADDRESS, iat: now(), exp: now() + 30, jti: randomUUID(), ...claims };
  return `Bearer ${await new SignJWT(all).setProtectedHeader({ alg: 'ES256' }).sign(key)}`;
};

test('the token that a gateway makes names its participant', async () => {
  const token = makeToken(people.principal(FARM), ADDRESS);
  expect((await verifier.verify(`Bearer ${token}`)).participant).toBe(FARM);
});

test('a token is good once', async () => {
  const token = `Bearer ${makeToken(people.principal(FARM), ADDRESS)}`;
  expect(await codeOf(token)).toBe('accepted');
  expect(await codeOf(token)).toBe('TL-AUTH-INVALID');
});

test.each([
  ['for another server', { aud: 'https://data.carrier.example' }, 'TL-AUTH-FOREIGN'],
  [
    'for several servers but not this',
    { aud: ['https://a.example', 'https://b.example'] },
    'TL-AUTH-FOREIGN',
  ],
  ['expired', { iat: now(), exp: now() - 10 }, 'TL-AUTH-EXPIRED'],
  ['too old', { iat: now() - 100, exp: now() + 10 }, 'TL-AUTH-EXPIRED'],
  ['from before the server started', { iat: now() - 30, exp: now() + 10 }, 'TL-AUTH-EXPIRED'],
  ['too long-lived', { exp: now() + 3600 }, 'TL-AUTH-INVALID'],
  ['not valid yet', { nbf: now() + 100 }, 'TL-AUTH-INVALID'],
  ['without an end', { exp: undefined }, 'TL-AUTH-INVALID'],
  ['without an id', { jti: undefined }, 'TL-AUTH-INVALID'],
  ['with a short id', { jti: '1' }, 'TL-AUTH-INVALID'],
  ['of nobody', { iss: undefined }, 'TL-AUTH-INVALID'],
  ['of no participant id', { iss: 'Robert' }, 'TL-AUTH-INVALID'],
  ['of an unknown participant', { iss: 'ghost@maker' }, 'TL-CALLER-UNKNOWN'],
])('a token %s is refused', async (_what, claims, code) => {
  expect(await codeOf(await tokenWith(claims))).toBe(code);
});

test('a token signed with another key, or with none, is refused', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(await codeOf(await tokenWith({}, privateKey))).toBe('TL-AUTH-INVALID');
  const none = [{ alg: 'none' }, { iss: FARM, aud: ADDRESS, iat: now(), exp: now() + 9, jti: randomUUID() }];
  const parts = none.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  expect(await codeOf(`Bearer ${parts.join('.')}.AAAA`)).toBe('TL-AUTH-INVALID');
});

test.each([[undefined], ['Basic Zm9v'], ['Bearer abc']])('%s is no token', async (header) => {
  expect(await codeOf(header)).toBe('TL-AUTH-MISSING');
});

test('a suspended caller and one of a suspended member are refused', async () => {
  ledger.participants.set(FARM, people.participant(FARM, ['accounting'], { status: 'suspended' }));
  expect(await codeOf(await tokenWith({}))).toBe('TL-CALLER-SUSPENDED');
  ledger.participants.set(FARM, people.participant(FARM, ['accounting']));
  ledger.rules = { ...ledger.rules, members: [{ name: 'maker', regulator: false, status: 'suspended' }] };
  expect(await codeOf(await tokenWith({}))).toBe('TL-MEMBER-SUSPENDED');
});

test('the replay guard forgets what has expired, and nothing else, when it is full', () => {
  const guard = new ReplayGuard(2);
  expect(guard.admit('a', 100, 0)).toBe(true);
  expect(guard.admit('b', 500, 0)).toBe(true);
  expect(() => guard.admit('c', 500, 50)).toThrow(Refusal);
  expect(guard.admit('c', 500, 200)).toBe(true);
  expect(guard.admit('b', 500, 200)).toBe(false);
});
