// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Consortium } from '../support/consortium.js';
import { announce, freshThing, registered } from '../support/custody.js';

const consortium = Consortium.open();
const farm = 'farm@maker';

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

async function send(path: string, init: RequestInit & { readonly as?: string } = {}): Promise<Answer> {
  const headers = new Headers(init.headers);
  if (!headers.has('x-api-key') && !headers.has('authorization'))
    headers.set('x-api-key', consortium.apiKeyOf(init.as ?? farm));
  if (init.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  const response = await fetch(`${consortium.gatewayOf(init.as ?? farm)}${path}`, { ...init, headers });
  const text = await response.text();
  const body = (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>;
  const code = typeof body['code'] === 'string' ? { code: body['code'] } : {};
  return { status: response.status, ...code, body, headers: response.headers };
}

const thingBody = (thing = freshThing()): string =>
  JSON.stringify({ thing, kind: 'product', quantity: { value: '1', unit: 'C62' } });

describe('a request is never done twice', () => {
  test('the same key and body again get the first answer', async () => {
    const init = { method: 'POST', body: thingBody(), headers: { 'Idempotency-Key': `"${randomUUID()}"` } };
    const first = await send('/things', init);
    const second = await send('/things', init);
    expect(first.status).toBe(201);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers.get('x-transaction-id')).toBe(first.headers.get('x-transaction-id'));
  });

  test('the same key for another body is refused', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    await send('/things', { method: 'POST', body: thingBody(), headers });
    const second = await send('/things', { method: 'POST', body: thingBody(), headers });
    expect([second.status, second.code]).toEqual([422, 'TL-IDEMPOTENCY-MISMATCH']);
  });

  test('twenty at once with one key make one record', async () => {
    const item = await registered(consortium, farm);
    const key = randomUUID();
    const document = {
      ...item,
      to: farm,
      eventTime: new Date().toISOString(),
      place: { latitude: 1, longitude: 2 },
    };
    const { hash, informationServer } = await consortium.as(farm).storeTraceabilityData({ document });
    const body = JSON.stringify({ ...document, dataHash: hash, informationServer });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        send('/mapping-records', { method: 'POST', body, headers: { 'Idempotency-Key': key } }),
      ),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created.length).toBeGreaterThan(0);
    expect(new Set(created.map(({ body: { recordId } }) => recordId)).size).toBe(1);
    expect(
      answers.filter(({ status }) => status !== 201).every(({ code }) => code === 'TL-IDEMPOTENCY-RUNNING'),
    ).toBe(true);
  });

  test('a record replayed by somebody else is refused', async () => {
    const item = await registered(consortium, farm);
    const recordId = await announce(consortium, item, undefined, farm);
    const { record } = await consortium.as(farm).getMappingRecord({ recordId });
    const { thing, quantity, informationServer, dataHash, to, eventTime, place, signature } = record;
    const body = JSON.stringify({
      thing,
      quantity,
      informationServer,
      dataHash,
      to,
      eventTime,
      place,
      signature,
    });
    const replayed = await send('/mapping-records', { method: 'POST', body, as: 'processor@maker' });
    expect([replayed.status, replayed.code]).toEqual([422, 'TL-SIGNATURE-INVALID']);
  });
});

describe('bad requests get a coded problem document', () => {
  const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;

  test.each<[string, number, string, string, RequestInit]>([
    ['broken JSON', 400, 'TL-INPUT-MALFORMED', '/things', { method: 'POST', body: '{"thing":' }],
    [
      'duplicate members',
      400,
      'TL-INPUT-MALFORMED',
      '/things',
      { method: 'POST', body: '{"thing":"a:b","thing":"c:d"}' },
    ],
    [
      'a prototype member',
      400,
      'TL-INPUT-MALFORMED',
      '/things',
      { method: 'POST', body: '{"__proto__":{"x":1}}' },
    ],
    ['a null byte', 400, 'TL-INPUT-MALFORMED', '/things', { method: 'POST', body: '{"thing":"a:\\u0000"}' }],
    [
      'a lone surrogate',
      400,
      'TL-INPUT-MALFORMED',
      '/things',
      { method: 'POST', body: '{"thing":"a:\\ud800"}' },
    ],
    ['deep nesting', 400, 'TL-INPUT-TOO-DEEP', '/things', { method: 'POST', body: deep }],
    [
      'an oversized body',
      413,
      'TL-INPUT-TOO-LARGE',
      '/things',
      { method: 'POST', body: `"${'x'.repeat(3_000_000)}"` },
    ],
    ['an array', 400, 'TL-INPUT-INVALID', '/things', { method: 'POST', body: '[]' }],
    [
      'an unknown member',
      400,
      'TL-INPUT-INVALID',
      '/things',
      { method: 'POST', body: '{"thing":"a:b","more":1}' },
    ],
    [
      'another content type',
      415,
      'TL-MEDIA-TYPE',
      '/things',
      { method: 'POST', body: 'a=b', headers: { 'content-type': 'text/plain' } },
    ],
    ['an unknown path', 404, 'TL-ROUTE-UNKNOWN', '/nothing', {}],
    ['a wrong method', 405, 'TL-METHOD-NOT-ALLOWED', '/things', { method: 'DELETE' }],
    [
      'an empty key',
      400,
      'TL-IDEMPOTENCY-MALFORMED',
      '/things',
      { method: 'POST', body: '{}', headers: { 'Idempotency-Key': '""' } },
    ],
    ['no credential', 401, 'TL-AUTH-MISSING', '/rules', { headers: { 'x-api-key': '' } }],
    [
      'a wrong API key',
      401,
      'TL-AUTH-INVALID',
      '/rules',
      { headers: { 'x-api-key': `tl_${'A'.repeat(43)}` } },
    ],
    ['a bad token', 401, 'TL-AUTH-INVALID', '/rules', { headers: { authorization: 'Bearer a.b.c' } }],
  ])('%s', async (_, status, code, path, init) => {
    const answer = await send(path, init);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      title: expect.any(String) as string,
      fix: expect.any(String) as string,
      status,
    });
  });

  test('an API key of another member’s gateway is not known here', async () => {
    const answer = await send('/rules', { headers: { 'x-api-key': consortium.apiKeyOf('trucker@carrier') } });
    expect([answer.status, answer.code]).toEqual([401, 'TL-AUTH-INVALID']);
  });
});

describe('bulk', () => {
  test('a list in, a list of outcomes out, in order, refused ones beside good ones', async () => {
    const good = (): object => JSON.parse(thingBody()) as object;
    const body = JSON.stringify([good(), { ...good(), thing: '(01)09506000134353(21)1' }, good()]);
    const response = await fetch(`${consortium.gatewayOf(farm)}/bulk/registerThing`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-api-key': consortium.apiKeyOf(farm) },
    });
    const outcomes = (await response.json()) as { ok: boolean; problem?: { code: string } }[];
    expect(response.status).toBe(200);
    expect(outcomes.map(({ ok, problem }) => problem?.code ?? ok)).toEqual([true, 'TL-ID-CHECK-DIGIT', true]);
  });
});

describe('for people and tools', () => {
  test.each(['/health', '/ready', '/openapi.json', '/metrics', '/docs/'])('%s answers', async (path) => {
    expect((await send(path)).status).toBe(200);
  });
});
