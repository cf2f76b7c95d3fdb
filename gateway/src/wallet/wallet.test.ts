// SPDX-License-Identifier: Apache-2.0
import { randomBytes, verify, createPublicKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCrypto, loadTopology, planNetwork } from '@thingledger/network';
import { memberIdentities } from '../identity-source.js';
import { ApiKeys, isApiKey } from './api-keys.js';
import { writeAtomically } from '../files/atomic-file.js';
import { publicKeyOf, signEs256 } from './signing.js';
import { Wallet } from './wallet.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thingledger-wallet-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('API keys', () => {
  const secret = randomBytes(32);
  const file = (): string => join(dir, 'keys.json');

  test('lead to their participant, after a restart too, and only with this gateway’s secret', async () => {
    const keys = await ApiKeys.open(file(), secret);
    const key = await keys.issue('farm@maker');
    expect(isApiKey(key)).toBe(true);
    expect((await ApiKeys.open(file(), secret)).participantOf(key)).toBe('farm@maker');
    expect((await ApiKeys.open(file(), randomBytes(32))).participantOf(key)).toBeUndefined();
  });

  test('are not in the file, which only its owner reads', async () => {
    const keys = await ApiKeys.open(file(), secret);
    const key = await keys.issue('processor@maker');
    expect(await readFile(file(), 'utf8')).not.toContain(key.slice(3, 20));
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  test('many issued at once are all kept', async () => {
    const keys = await ApiKeys.open(file(), secret);
    const issued = await Promise.all(
      Array.from({ length: 20 }, (_, at) => keys.issue(`device-${String(at)}@maker`)),
    );
    const again = await ApiKeys.open(file(), secret);
    expect(issued.map((key) => again.participantOf(key))).toEqual(
      issued.map((_, at) => `device-${String(at)}@maker`),
    );
  });

  test('withdrawn ones open nothing any more', async () => {
    const keys = await ApiKeys.open(file(), secret);
    const [one, two] = [await keys.issue('shop@maker'), await keys.issue('shop@maker')];
    await keys.withdraw(one);
    expect([keys.participantOf(one), keys.participantOf(two)]).toEqual([undefined, 'shop@maker']);
    await keys.revoke('shop@maker');
    expect((await ApiKeys.open(file(), secret)).participantOf(two)).toBeUndefined();
  });

  test('of a seed are the same again, for the same participant only', async () => {
    const keys = await ApiKeys.open(file(), secret);
    expect(keys.repeat('lock@maker', 'seed')).toBeUndefined();
    const key = await keys.issue('lock@maker', 'seed');
    expect(keys.repeat('lock@maker', 'seed')).toBe(key);
    expect(keys.repeat('farm@maker', 'seed')).toBeUndefined();
  });

  test.each(['', 'tl_', `tl_${'A'.repeat(42)}`, `xx_${'A'.repeat(43)}`, `tl_${'A'.repeat(44)}`])(
    '"%s" is no key',
    async (text) => {
      expect(isApiKey(text)).toBe(false);
      expect((await ApiKeys.open(file(), secret)).participantOf(text)).toBeUndefined();
    },
  );

  test('a damaged file stops the start instead of locking everybody out in silence', async () => {
    const damaged = join(dir, 'damaged.json');
    await writeFile(damaged, '{"version":1,"ke');
    await expect(ApiKeys.open(damaged, secret)).rejects.toThrow();
  });
});

describe('atomic files', () => {
  test('replace the whole and leave no draft behind', async () => {
    const folder = join(dir, 'atomic');
    await writeAtomically(join(folder, 'a.json'), 'old');
    await Promise.all(
      Array.from({ length: 10 }, (_, at) => writeAtomically(join(folder, 'a.json'), `new ${String(at)}`)),
    );
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toMatch(/^new \d$/);
    expect(await readdir(folder)).toEqual(['a.json']);
  });
});

describe('the wallet', () => {
  let wallet: Wallet;
  beforeAll(async () => {
    await issueCrypto(planNetwork(loadTopology()), dir);
    const apiKeys = await ApiKeys.open(join(dir, 'wallet.json'), randomBytes(32));
    wallet = new Wallet({ member: 'maker', source: memberIdentities(dir, 'maker'), apiKeys });
  });

  test('holds the member’s people, by name and by id', async () => {
    expect(await wallet.principal('farm')).toMatchObject({
      id: 'farm@maker',
      member: 'maker',
      administrator: false,
    });
    expect((await wallet.principal('admin@maker'))?.administrator).toBe(true);
    expect(await wallet.principal('farm@maker')).toBe(await wallet.principal('farm'));
  });

  test.each(['nobody', 'trucker@carrier', '../carrier', 'farm/../admin', '', 'FARM'])(
    'does not hold "%s"',
    async (name) => {
      expect(await wallet.principal(name)).toBeUndefined();
    },
  );

  test('enrols somebody once', async () => {
    const first = await wallet.enrol('sensor-7');
    expect(first).toMatchObject({ id: 'sensor-7@maker', administrator: false });
    expect(await wallet.enrol('sensor-7')).toBe(first);
    expect((await wallet.byApiKey(await wallet.apiKeys.issue('sensor-7@maker')))?.id).toBe('sensor-7@maker');
  });

  test('signs so that the registered public key verifies', async () => {
    const { identity } = (await wallet.principal('farm'))!;
    const key = createPublicKey({ key: publicKeyOf(identity), format: 'jwk' });
    const signature = Buffer.from(signEs256(identity, 'text'), 'base64url');
    expect(signature).toHaveLength(64);
    expect(verify('sha256', Buffer.from('text'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });
});
