// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import request from 'supertest';
import { startConsortium, type TestConsortium } from '../testing/consortium.js';

const issuer = 'https://login.example';
let consortium: TestConsortium;
let provider: Server;
let signingKey: CryptoKey;

jest.setTimeout(30_000);

beforeAll(async () => {
  const pair = await generateKeyPair('ES256');
  signingKey = pair.privateKey;
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }] });
  provider = createServer((_request, response) =>
    response.setHeader('Content-Type', 'application/json').end(keys),
  );
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  consortium = await startConsortium({
    variables: {
      THINGLEDGER_OIDC_ISSUER: issuer,
      THINGLEDGER_OIDC_AUDIENCE: 'thingledger',
      THINGLEDGER_OIDC_JWKS_URL: `http://127.0.0.1:${String((provider.address() as AddressInfo).port)}/`,
      THINGLEDGER_AUTH_FAILURES: '200',
    },
  });
}, 60_000);

afterAll(async () => {
  await consortium.remove();
  await new Promise((resolve) => provider.close(resolve));
});

const token = (sub: string, over: { aud?: string; exp?: string | number } = {}): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(over.aud ?? 'thingledger')
    .setExpirationTime(over.exp ?? '5m')
    .sign(signingKey);

const at = (member: string): ReturnType<typeof request> => request(consortium.urlOf(member));
const as = (participant: string): { 'X-API-Key': string } => ({ 'X-API-Key': consortium.keyOf(participant) });
const newThing = (): { thing: string; kind: string; quantity: { value: string; unit: string } } => ({
  thing: `urn:uuid:${randomUUID()}`,
  kind: 'product',
  quantity: { value: '1', unit: 'C62' },
});
interface Body {
  readonly code?: string;
  readonly [name: string]: unknown;
}
const bodyOf = (response: { body: unknown }): Body => response.body as Body;

describe('who calls', () => {
  test('by API key, in either header', async () => {
    const byHeader = await at('maker').get('/caller').set(as('farm@maker'));
    const byBearer = await at('maker')
      .get('/caller')
      .set('Authorization', `Bearer ${consortium.keyOf('farm@maker')}`);
    expect(byHeader.body).toEqual({
      caller: 'farm@maker',
      member: 'maker',
      administrator: false,
      roles: ['accounting'],
      status: 'active',
    });
    expect(byBearer.body).toEqual(byHeader.body);
  });

  test('by token', async () => {
    const response = await at('maker')
      .get('/caller')
      .set('Authorization', `Bearer ${await token('processor')}`);
    expect(response.body).toMatchObject({ caller: 'processor@maker' });
  });

  test.each<[string, () => Promise<Record<string, string>>, number, string]>([
    ['nobody', async () => ({}), 401, 'TL-AUTH-MISSING'],
    ['an unknown key', async () => ({ 'X-API-Key': `tl_${'A'.repeat(43)}` }), 401, 'TL-AUTH-INVALID'],
    ['a key of another gateway', async () => as('trucker@carrier'), 401, 'TL-AUTH-INVALID'],
    [
      'key and token at once',
      async () => ({ ...as('farm@maker'), Authorization: `Bearer ${await token('farm')}` }),
      401,
      'TL-AUTH-INVALID',
    ],
    ['another scheme', async () => ({ Authorization: 'Basic ZmFybTpmYXJt' }), 401, 'TL-AUTH-INVALID'],
    [
      'an expired token',
      async () => ({ Authorization: `Bearer ${await token('farm', { exp: 1_000_000 })}` }),
      401,
      'TL-AUTH-EXPIRED',
    ],
    [
      'a token for somebody else',
      async () => ({ Authorization: `Bearer ${await token('farm', { aud: 'other' })}` }),
      401,
      'TL-AUTH-FOREIGN',
    ],
    [
      'a participant of another member',
      async () => ({ Authorization: `Bearer ${await token('trucker@carrier')}` }),
      401,
      'TL-AUTH-FOREIGN',
    ],
    [
      'a participant nobody enrolled',
      async () => ({ Authorization: `Bearer ${await token('nobody')}` }),
      403,
      'TL-CALLER-UNKNOWN',
    ],
  ])('%s is refused', async (_, headers, status, code) => {
    const response = await at('maker')
      .get('/rules')
      .set(await headers());
    expect([response.status, bodyOf(response).code]).toEqual([status, code]);
    expect(response.headers['www-authenticate'] !== undefined).toBe(status === 401);
  });

  test('a suspended participant is refused at once, also for what the gateway answers itself', async () => {
    const admin = at('bank');
    const [name, reason] = [`clerk-${randomUUID().slice(0, 8)}`, 'test'];
    const enrolled = await admin
      .post('/enrolments')
      .set(as('admin@bank'))
      .send({ name, roles: ['accounting'], reason });
    const key = { 'X-API-Key': String(bodyOf(enrolled)['apiKey']) };
    expect((await at('bank').get('/caller').set(key)).body).toMatchObject({
      status: 'active',
      roles: ['accounting'],
    });
    await admin
      .post(`/participants/${name}@bank/suspension`)
      .set(as('admin@bank'))
      .send({ reason })
      .expect(200);
    expect((await at('bank').get('/caller').set(key)).body).toMatchObject({ status: 'suspended' });
    for (const [path, body] of [
      ['/things', newThing()],
      ['/traceability-data', { document: documentOf(newThing().thing) }],
    ] as const) {
      const response = await at('bank').post(path).set(key).send(body);
      expect([response.status, bodyOf(response).code]).toEqual([403, 'TL-CALLER-SUSPENDED']);
    }
    expect(bodyOf(await at('bank').get('/events').set(key)).code).toBe('TL-CALLER-SUSPENDED');
  });

  test('the role decides what the gateway answers itself, too', async () => {
    const queue = await at('maker').get('/verification-queue').set(as('farm@maker'));
    expect([queue.status, bodyOf(queue).code]).toEqual([403, 'TL-CALLER-ROLE']);
    const store = await at('maker')
      .post('/traceability-data')
      .set(as('admin@maker'))
      .send({ document: documentOf('urn:x:y') });
    expect([store.status, bodyOf(store).code]).toEqual([403, 'TL-CALLER-UNKNOWN']);
    const enrol = await at('maker')
      .post('/enrolments')
      .set(as('farm@maker'))
      .send({ name: 'x', roles: ['device'], reason: 'x' });
    expect([enrol.status, bodyOf(enrol).code]).toEqual([403, 'TL-CALLER-NOT-ADMINISTRATOR']);
  });

  test('an enrolment repeated with its key shows the same API key, which nothing on disk holds', async () => {
    const body = { name: `cam-${randomUUID().slice(0, 8)}`, roles: ['device'], reason: 'test' };
    const send = (): request.Test =>
      at('carrier')
        .post('/enrolments')
        .set(as('admin@carrier'))
        .set('Idempotency-Key', `"${body.name}"`)
        .send(body);
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(
      (
        await at('carrier')
          .get('/caller')
          .set('X-API-Key', String(bodyOf(first)['apiKey']))
      ).body,
    ).toMatchObject({ status: 'active' });
  });
});

function documentOf(thing: string): object {
  return {
    thing,
    quantity: { value: '1', unit: 'C62' },
    eventTime: new Date().toISOString(),
    to: 'farm@maker',
    place: { latitude: 1, longitude: 2 },
  };
}

describe('writes', () => {
  test('say where they stand on the ledger', async () => {
    const response = await at('maker').post('/things').set(as('farm@maker')).send(newThing()).expect(201);
    expect(response.headers['x-transaction-id']).toBe(bodyOf(response)['txId']);
    expect(response.headers['x-block-number']).toMatch(/^\d+$/);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  test('a repeat with the same key gets the first answer, another body is refused', async () => {
    const [key, body] = [`"${randomUUID()}"`, newThing()];
    const send = (sent: object): request.Test =>
      at('maker').post('/things').set(as('farm@maker')).set('Idempotency-Key', key).send(sent);
    const first = await send(body);
    const second = await send(body);
    expect(second.body).toEqual(first.body);
    expect(second.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'x-transaction-id': first.headers['x-transaction-id'],
    });
    expect(bodyOf(await send(newThing())).code).toBe('TL-IDEMPOTENCY-MISMATCH');
    const other = await at('maker')
      .post('/things')
      .set(as('processor@maker'))
      .set('Idempotency-Key', key)
      .send(newThing());
    expect(other.status).toBe(201);
  });

  test('a refusal is kept as well, and a coded refusal of the ledger comes with its transaction', async () => {
    const body = newThing();
    await at('maker').post('/things').set(as('farm@maker')).send(body).expect(201);
    const send = (): request.Test =>
      at('maker')
        .post('/things')
        .set(as('processor@maker'))
        .set('Idempotency-Key', `twice-${body.thing}`)
        .send(body);
    const [first, second] = [await send(), await send()];
    expect([first.status, bodyOf(first).code]).toEqual([409, 'TL-THING-EXISTS']);
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotent-replayed']).toBe('true');
  });

  test('an announcement is completed: id from the key, signature from the wallet; and accepted by the regulators', async () => {
    const { thing, quantity } = newThing();
    const origin = {
      thing,
      quantity,
      eventTime: '2026-11-20T10:00:00+02:00',
      to: 'farm@maker',
      place: { latitude: 1, longitude: 2 },
    };
    await at('maker')
      .post('/things')
      .set(as('farm@maker'))
      .send({ thing, quantity, kind: 'product' })
      .expect(201);
    const { hash, informationServer } = bodyOf(
      await at('maker')
        .post('/traceability-data')
        .set(as('farm@maker'))
        .send({ document: origin })
        .expect(201),
    );
    const send = (): request.Test =>
      at('maker')
        .post('/mapping-records')
        .set(as('farm@maker'))
        .set('Idempotency-Key', thing)
        .send({ ...origin, dataHash: hash, informationServer });
    const recordId = String(bodyOf(await send().expect(201))['recordId']);
    expect(recordId).toMatch(/^[0-9a-f.-]{32,64}$/);
    let status: unknown = 'announced';
    for (let tries = 0; status === 'announced' && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      status = bodyOf(await at('maker').get(`/mapping-records/${recordId}`).set(as('farm@maker')))['status'];
    }
    expect(status).toBe('accepted');
    const trace = await at('maker')
      .get(`/things/${encodeURIComponent(thing)}/trace`)
      .set(as('farm@maker'))
      .expect(200);
    expect(trace.body).toMatchObject({ complete: true, hops: [{ verdict: 'ok' }] });
  });

  test('in bulk: an outcome for each, in order; kept for a repeat', async () => {
    const items = [
      newThing(),
      { kind: 'product' },
      { ...newThing(), thing: '(01)09506000134353(21)1' },
      newThing(),
    ];
    const send = (): request.Test =>
      at('maker')
        .post('/bulk/registerThing')
        .set(as('farm@maker'))
        .set('Idempotency-Key', items[0]!.kind + randomSuffix)
        .send(items);
    const randomSuffix = randomUUID();
    const first = await send().expect(200);
    const outcomes = first.body as {
      ok: boolean;
      txId?: string;
      block?: string;
      problem?: { code: string };
    }[];
    expect(outcomes.map(({ ok, problem }) => problem?.code ?? ok)).toEqual([
      true,
      'TL-INPUT-INVALID',
      'TL-ID-CHECK-DIGIT',
      true,
    ]);
    expect(outcomes[0]).toMatchObject({
      txId: expect.any(String) as string,
      block: expect.any(String) as string,
    });
    expect((await send()).body).toEqual(first.body);
  });

  test('bulk announcements get an id each, and local writes have a bulk form as well', async () => {
    const things = [newThing(), newThing()];
    await at('maker').post('/bulk/registerThing').set(as('farm@maker')).send(things).expect(200);
    const documents = things.map(({ thing }) => ({ document: documentOf(thing) }));
    const stored = (
      await at('maker')
        .post('/bulk/storeTraceabilityData')
        .set(as('farm@maker'))
        .send([...documents, {}])
        .expect(200)
    ).body as { ok: boolean; result: { hash: string; informationServer: string } }[];
    expect(stored.map(({ ok }) => ok)).toEqual([true, true, false]);
    const records = documents.map(({ document }, index) => ({
      ...document,
      dataHash: stored[index]!.result.hash,
      informationServer: stored[index]!.result.informationServer,
    }));
    const announced = (
      await at('maker')
        .post('/bulk/announceMappingRecord')
        .set(as('farm@maker'))
        .set('Idempotency-Key', things[0]!.thing)
        .send(records)
        .expect(200)
    ).body as { ok: boolean; result: { recordId: string } }[];
    expect(announced.map(({ ok }) => ok)).toEqual([true, true]);
    expect(new Set(announced.map(({ result }) => result.recordId)).size).toBe(2);
  });

  test('a batch of different operations shares one transaction', async () => {
    const call = (input: object): object => ({ operation: 'traceability:registerThing', input });
    const response = await at('maker')
      .post('/batch')
      .set(as('farm@maker'))
      .send({ operations: [call(newThing()), call({}), { operation: 'no:such', input: {} }] })
      .expect(200);
    const { outcomes } = response.body as { outcomes: { ok: boolean; refusal?: { code: string } }[] };
    expect(outcomes.map(({ ok, refusal }) => refusal?.code ?? ok)).toEqual([
      true,
      'TL-INPUT-INVALID',
      'TL-OPERATION-UNKNOWN',
    ]);
  });
});

describe('for operators and people', () => {
  test('health, readiness, metrics, document, catalogue', async () => {
    expect((await at('maker').get('/health')).body).toMatchObject({ status: 'ok', member: 'maker' });
    expect((await at('maker').get('/ready')).body).toMatchObject({
      ready: true,
      checks: {
        ledger: { ready: true },
        store: { ready: true },
        requests: { ready: true },
        vault: { ready: true },
      },
    });
    expect((await at('maker').get('/metrics')).text).toMatch(
      /thingledger_http_request_seconds_count\{member="maker",method="POST",route="\/things",status="201"\} \d+/,
    );
    expect((await at('maker').get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
    expect((await at('maker').get('/problems/TL-DRAINING')).body).toMatchObject({
      code: 'TL-DRAINING',
      status: 503,
      retryable: true,
    });
    expect(bodyOf(await at('maker').get('/problems/toString')).code).toBe('TL-ROUTE-UNKNOWN');
  });

  test('the page of the document comes whole from this machine, under a policy that lets nothing else in', async () => {
    const page = await at('maker').get('/docs/').expect(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.text).not.toMatch(/https?:\/\//);
    for (const [, asset] of page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
      await at('maker')
        .get(`/docs/${asset ?? ''}`)
        .expect(200);
    const api = await at('maker').get('/health');
    expect(api.headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
  });

  test('a harmless request id is kept, another is replaced', async () => {
    expect((await at('maker').get('/health').set('X-Request-Id', 'abc-1')).headers['x-request-id']).toBe(
      'abc-1',
    );
    expect((await at('maker').get('/health').set('X-Request-Id', 'a b"')).headers['x-request-id']).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  test('no page of another origin may call', async () => {
    const response = await at('maker').get('/health').set('Origin', 'https://evil.example');
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });
});
