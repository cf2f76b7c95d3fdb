// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCrypto, loadTopology, planNetwork, readServerTls } from '@thingledger/network';
import { Router } from 'express';
import supertest from 'supertest';
import { loadConfig, type GatewayConfig } from '../config/config.js';
import { createApp } from './app.js';
import { createLogger } from './logging.js';
import { Metrics } from './metrics.js';
import { listen } from './server.js';

const sources = {
  admission: () => ({ requests: 0, bytes: 0, shed: 0 }),
  eventStreams: () => 0,
  writer: () => ({}),
};
const app = (tls: boolean, corsOrigins: string[] = []): ReturnType<typeof createApp> => {
  const service = Router();
  service.get('/ok', (_request, response) => void response.json({ ok: true }));
  return createApp({
    logger: createLogger('maker', 'silent'),
    metrics: new Metrics('maker', sources, false),
    corsOrigins,
    tls,
    service,
    events: [(_request, response) => void response.end()],
    operations: Router(),
    epcis: Router(),
    resolver: Router(),
  });
};

let dir: string;
let config: GatewayConfig;
let authority: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thingledger-server-'));
  await issueCrypto(planNetwork(loadTopology()), dir);
  const { certificatePem, privateKeyPem, authorityPem } = readServerTls(dir, 'maker', 'gateway');
  authority = authorityPem;
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  await writeFile(cert, certificatePem);
  await writeFile(key, privateKeyPem);
  config = loadConfig({
    THINGLEDGER_MEMBER: 'maker',
    THINGLEDGER_DATA_DIR: dir,
    THINGLEDGER_CRYPTO_DIR: dir,
    THINGLEDGER_INFORMATION_SERVER_ADDRESS: 'https://data.example',
    THINGLEDGER_PORT: '0',
    THINGLEDGER_TLS_CERT_FILE: cert,
    THINGLEDGER_TLS_KEY_FILE: key,
  });
});
afterAll(() => rm(dir, { recursive: true }));

describe('TLS', () => {
  const get = (url: string, ca?: string): Promise<{ status: number; hsts: string | undefined }> =>
    new Promise((resolve, reject) => {
      request(url, { agent: false, ...(ca !== undefined && { ca }) }, (response) => {
        response.resume();
        resolve({
          status: response.statusCode ?? 0,
          hsts: response.headers['strict-transport-security'],
        });
      })
        .on('error', reject)
        .end();
    });

  test('is served with the configured certificate, and says to stay with it', async () => {
    const server = await listen(app(true), config);
    expect(server.url).toBe(`https://127.0.0.1:${String(server.port)}`);
    await expect(get(`${server.url}/ok`, authority)).resolves.toEqual({
      status: 200,
      hsts: 'max-age=31536000; includeSubDomains',
    });
    await expect(get(`${server.url}/ok`)).rejects.toThrow(/certificate/);
    await expect(get(`${server.url}/ok`, authority)).resolves.toMatchObject({ status: 200 });
    await server.drain(5);
  });

  test('a port that is taken names the variable to change', async () => {
    const server = await listen(app(true), config);
    const taken = { ...config, http: { ...config.http, port: server.port } };
    await expect(listen(app(true), taken)).rejects.toThrow('Set THINGLEDGER_PORT to a free one');
    await server.drain(5);
  });
});

describe('pages of other origins', () => {
  const ask = (corsOrigins: string[], origin: string): supertest.Test =>
    supertest(app(false, corsOrigins)).get('/ok').set('Origin', origin);

  test('are let in where the operator names them, and nowhere else', async () => {
    const header = 'access-control-allow-origin';
    const consoleOrigin = 'https://console.example';
    expect((await ask([consoleOrigin], consoleOrigin)).headers[header]).toBe(consoleOrigin);
    expect((await ask([consoleOrigin], 'https://evil.example')).headers[header]).toBeUndefined();
    expect((await ask([], consoleOrigin)).headers[header]).toBeUndefined();
  });
});
