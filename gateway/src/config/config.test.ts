// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from './config.js';
import { readEnv, variables, type Env } from './env.js';
import { loadSecrets } from './secrets.js';

const least: Env = {
  THINGLEDGER_MEMBER: 'maker',
  THINGLEDGER_DATA_DIR: '/srv/maker',
  THINGLEDGER_CRYPTO_DIR: '/srv/crypto',
  THINGLEDGER_INFORMATION_SERVER_ADDRESS: 'https://data.maker.example',
};

const messageOf = (env: Env): string => {
  try {
    loadConfig(env);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
};

describe('configuration', () => {
  test('four variables are enough', () => {
    const config = loadConfig(least);
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080, corsOrigins: [] });
    expect(config.limits).toMatchObject({
      bodyBytes: 1 << 20,
      bulkBodyBytes: 8 << 20,
      bulkItems: 1000,
      depth: 32,
    });
    expect(config.allowPrivateAddresses).toBe(false);
    expect(config.oidc).toBeUndefined();
    expect(config.readModel).toEqual({
      kind: 'pglite',
      limits: { seconds: 5, rows: 10_000, bytes: 4 << 20 },
    });
  });

  test.each<[string, Env, string]>([
    [
      'a missing variable',
      { ...least, THINGLEDGER_MEMBER: undefined },
      'THINGLEDGER_MEMBER is not set. Set it to: The member',
    ],
    ['a port out of range', { ...least, THINGLEDGER_PORT: '70000' }, 'THINGLEDGER_PORT is above 65535'],
    [
      'a number that is none',
      { ...least, THINGLEDGER_BULK_ITEMS: 'many' },
      'THINGLEDGER_BULK_ITEMS is not a whole number',
    ],
    [
      'a switch that is none',
      { ...least, THINGLEDGER_ALLOW_PRIVATE_ADDRESSES: 'yes' },
      'THINGLEDGER_ALLOW_PRIVATE_ADDRESSES is neither "true" nor "false"',
    ],
    ['half a pair', { ...least, THINGLEDGER_TLS_CERT_FILE: 'a.pem' }, 'THINGLEDGER_TLS_KEY_FILE is missing'],
    [
      'an issuer without an audience',
      { ...least, THINGLEDGER_OIDC_ISSUER: 'https://login.example' },
      'THINGLEDGER_OIDC_AUDIENCE is missing',
    ],
    [
      'a read model nowhere known',
      { ...least, THINGLEDGER_READ_MODEL: 'mysql://x' },
      'THINGLEDGER_READ_MODEL is neither "off", "pglite" nor a URL of PostgreSQL',
    ],
    [
      'a public address with a path',
      { ...least, THINGLEDGER_PUBLIC_ADDRESS: 'https://scan.example/x' },
      'THINGLEDGER_PUBLIC_ADDRESS is not an origin',
    ],
    [
      'an address of another kind',
      { ...least, THINGLEDGER_INFORMATION_SERVER_ADDRESS: 'http://data' },
      'is not an https origin',
    ],
  ])('%s stops the start, named, with its fix', (_, env, text) => {
    expect(messageOf(env)).toContain(text);
  });

  test('the read model is kept where the variable says', () => {
    const kindOf = (where: string): unknown =>
      loadConfig({ ...least, THINGLEDGER_READ_MODEL: where }).readModel;
    expect(kindOf('off')).toMatchObject({ kind: 'off' });
    const url = 'postgres://gateway:secret@db.maker.example/ledger';
    expect(kindOf(url)).toMatchObject({ kind: 'postgres', url });
  });

  test('keys fetched without TLS are only taken from this machine', () => {
    const oidc = (url: string): Env => ({
      ...least,
      THINGLEDGER_OIDC_ISSUER: 'https://i.example',
      THINGLEDGER_OIDC_AUDIENCE: 'a',
      THINGLEDGER_OIDC_JWKS_URL: url,
    });
    expect(messageOf(oidc('http://login.example/keys'))).toContain(
      'THINGLEDGER_OIDC_JWKS_URL is not an https URL',
    );
    expect(loadConfig(oidc('http://127.0.0.1:9/keys')).oidc?.claim).toBe('sub');
  });

  test('an empty variable is not set, and a stranger’s is not read', () => {
    expect(readEnv({ THINGLEDGER_PORT: '', THINGLEDGER_MEMBER: 'maker', PATH: '/bin' })).toEqual({
      THINGLEDGER_MEMBER: 'maker',
    });
  });

  test('every variable says what to set it to', () => {
    for (const schema of Object.values(variables.shape)) expect(schema.description).toBeTruthy();
  });
});

describe('secrets', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'thingledger-secrets-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('are made once, readable by the owner only, and stay', async () => {
    const config = loadConfig({ ...least, THINGLEDGER_DATA_DIR: dir });
    const made = await Promise.all([
      loadSecrets({}, config),
      loadSecrets({}, config),
      loadSecrets({}, config),
    ]);
    expect(new Set(made.map(({ apiKeySecret }) => apiKeySecret.toString('hex'))).size).toBe(1);
    expect(made[0].apiKeySecret).toHaveLength(32);
    expect((await stat(join(dir, 'secrets', 'api-key-secret'))).mode & 0o777).toBe(0o600);
  });

  test('too short a one stops the start', async () => {
    const config = loadConfig({ ...least, THINGLEDGER_DATA_DIR: dir });
    await expect(loadSecrets({ THINGLEDGER_API_KEY_SECRET: 'c2hvcnQ' }, config)).rejects.toThrow(
      'THINGLEDGER_API_KEY_SECRET holds 5 bytes',
    );
  });
});
