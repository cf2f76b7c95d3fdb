// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Problem } from '@thingledger/protocol';
import { startConsortium, type TestConsortium } from '../testing/consortium.js';

let consortium: TestConsortium;
let base: URL;
beforeAll(async () => {
  consortium = await startConsortium({
    variables: {
      THINGLEDGER_HEADERS_SECONDS: '2',
      THINGLEDGER_REQUEST_SECONDS: '3',
      THINGLEDGER_BODY_LIMIT_BYTES: '65536',
    },
  });
  base = new URL(consortium.urlOf('maker'));
}, 60_000);
afterAll(() => consortium.remove(), 30_000);

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface Got {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** Sends exactly these bytes as a body: fetch would mend what must arrive broken. */
function send({ method = 'POST', path = '/things', headers = {}, body = '' }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const all = {
      'X-API-Key': consortium.keyOf('farm@maker'),
      'Content-Type': 'application/json',
      ...headers,
    };
    const request = httpRequest(
      { host: base.hostname, port: base.port, method, path, headers: all },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isProblem = response.headers['content-type'] === 'application/problem+json';
          const code = isProblem ? Problem.parse(JSON.parse(text)).code : undefined;
          resolve({ status: response.statusCode ?? 0, code, headers: response.headers, text });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Everything that comes back on a raw connection until it closes. */
function raw(act: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(base.port), base.hostname, () => act(socket));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

const thing = (over: object = {}): string =>
  JSON.stringify({
    thing: `urn:test:${Math.random().toString(36).slice(2)}`,
    kind: 'product',
    quantity: { value: '1', unit: 'C62' },
    ...over,
  });

describe('hostile input is refused with a code and never with a 500', () => {
  test.each<[string, Sent, number, string]>([
    ['broken JSON', { body: '{"thing":' }, 400, 'TL-INPUT-MALFORMED'],
    ['no JSON', { body: 'thing=1' }, 400, 'TL-INPUT-MALFORMED'],
    [
      'bytes that are not UTF-8',
      { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
      400,
      'TL-INPUT-MALFORMED',
    ],
    ['a name twice', { body: '{"thing":"a:b","thing":"a:c"}' }, 400, 'TL-INPUT-MALFORMED'],
    ['__proto__', { body: '{"__proto__":{"administrator":true}}' }, 400, 'TL-INPUT-MALFORMED'],
    ['constructor', { body: '{"quantity":{"constructor":1}}' }, 400, 'TL-INPUT-MALFORMED'],
    ['U+0000', { body: '{"thing":"a:\\u0000"}' }, 400, 'TL-INPUT-MALFORMED'],
    ['an unpaired surrogate', { body: '{"thing":"a:\\ud800"}' }, 400, 'TL-INPUT-MALFORMED'],
    ['a huge number', { body: '{"thing":1e999}' }, 400, 'TL-INPUT-MALFORMED'],
    ['deep nesting', { body: `${'['.repeat(20_000)}${']'.repeat(20_000)}` }, 400, 'TL-INPUT-TOO-DEEP'],
    ['a list', { body: '[]' }, 400, 'TL-INPUT-INVALID'],
    ['nothing', {}, 400, 'TL-INPUT-INVALID'],
    ['an unknown member', { body: thing({ administrator: true }) }, 400, 'TL-INPUT-INVALID'],
    ['a bad check digit', { body: thing({ thing: '(01)09506000134353(10)A' }) }, 400, 'TL-ID-CHECK-DIGIT'],
    ['no identifier', { body: thing({ thing: 'just words' }) }, 400, 'TL-ID-MALFORMED'],
    ['an oversized body', { body: Buffer.alloc(200_000, 'x') }, 413, 'TL-INPUT-TOO-LARGE'],
    ['a compressed body', { body: 'x', headers: { 'Content-Encoding': 'gzip' } }, 415, 'TL-MEDIA-TYPE'],
    [
      'a form',
      { body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      415,
      'TL-MEDIA-TYPE',
    ],
    [
      'another charset',
      { body: '{}', headers: { 'Content-Type': 'application/json; charset=utf-16' } },
      415,
      'TL-MEDIA-TYPE',
    ],
    [
      'a malformed Idempotency-Key',
      { body: thing(), headers: { 'Idempotency-Key': 'a b' } },
      400,
      'TL-IDEMPOTENCY-MALFORMED',
    ],
    [
      'a query beside the body, contradicting',
      { path: '/things?kind=batch', body: thing() },
      400,
      'TL-INPUT-INVALID',
    ],
    [
      'a path beside the body, contradicting',
      {
        method: 'PUT',
        path: '/participants/farm%40maker/roles',
        body: '{"participant":"shop@bank","roles":["auditor"],"reason":"x"}',
      },
      400,
      'TL-INPUT-INVALID',
    ],
    [
      'broken percent-encoding in the path',
      { method: 'GET', path: '/things/%zz' },
      400,
      'TL-INPUT-MALFORMED',
    ],
    ['U+0000 in the path', { method: 'GET', path: '/things/a%3A%00' }, 400, 'TL-INPUT-MALFORMED'],
    [
      'a parameter twice',
      { method: 'GET', path: '/verification-queue?limit=1&limit=2' },
      400,
      'TL-INPUT-INVALID',
    ],
    [
      'a parameter out of range',
      { method: 'GET', path: '/verification-queue?limit=100000' },
      400,
      'TL-INPUT-INVALID',
    ],
    ['a bulk that is no list', { path: '/bulk/registerThing', body: '{}' }, 400, 'TL-INPUT-INVALID'],
    ['an empty bulk', { path: '/bulk/registerThing', body: '[]' }, 400, 'TL-INPUT-INVALID'],
    [
      'too many items',
      { path: '/bulk/registerThing', body: JSON.stringify(Array(1001).fill(1)) },
      413,
      'TL-INPUT-TOO-LARGE',
    ],
    ['an unknown bulk', { path: '/bulk/toString', body: '[{}]' }, 404, 'TL-OPERATION-UNKNOWN'],
    ['a bulk of reads', { path: '/bulk/getRules', body: '[{}]' }, 404, 'TL-OPERATION-UNKNOWN'],
    ['an unknown path', { method: 'GET', path: '/admin' }, 404, 'TL-ROUTE-UNKNOWN'],
    ['a path with dots', { method: 'GET', path: '/docs/../../package.json' }, 404, 'TL-ROUTE-UNKNOWN'],
    ['another case', { method: 'GET', path: '/RULES' }, 404, 'TL-ROUTE-UNKNOWN'],
    ['an event position that is none', { method: 'GET', path: '/events?from=-1' }, 400, 'TL-INPUT-INVALID'],
    [
      'a foreign Last-Event-ID',
      { method: 'GET', path: '/events', headers: { 'Last-Event-ID': 'finance:1:ab' } },
      400,
      'TL-INPUT-INVALID',
    ],
  ])('%s', async (_, sent, status, code) => {
    const got = await send(sent);
    expect([got.status, got.code]).toEqual([status, code]);
  });

  test('a method that the path does not take, with those that it does', async () => {
    const got = await send({ method: 'PATCH' });
    expect([got.status, got.code, got.headers['allow']]).toEqual([
      405,
      'TL-METHOD-NOT-ALLOWED',
      'POST, OPTIONS',
    ]);
    const options = await send({ method: 'OPTIONS', path: '/rules' });
    expect([options.status, String(options.headers['allow']).split(', ').sort()]).toEqual([
      204,
      ['GET', 'HEAD', 'OPTIONS', 'POST'],
    ]);
  });

  test('the sender of a body far too large gets to read the answer', async () => {
    expect((await send({ body: Buffer.alloc(3_000_000, 'x') })).code).toBe('TL-INPUT-TOO-LARGE');
  });

  test('a body without end is cut', async () => {
    const answer = await raw((socket) => {
      socket.write(
        `POST /things HTTP/1.1\r\nHost: x\r\nX-API-Key: ${consortium.keyOf('farm@maker')}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
      const pour = setInterval(() => socket.write(chunk), 2);
      socket.on('close', () => clearInterval(pour));
    }).catch((error: unknown) => String((error as NodeJS.ErrnoException).code));
    expect(answer).toMatch(/TL-INPUT-TOO-LARGE|ECONNRESET|EPIPE/);
  });

  test('what is not HTTP', async () => {
    expect(await raw((socket) => socket.write('\x16\x03\x01 hello\r\n\r\n'))).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*TL-INPUT-MALFORMED/,
    );
  });

  test('headers without end', async () => {
    const answer = await raw((socket) =>
      socket.write(`GET /health HTTP/1.1\r\nHost: x\r\nX-Filler: ${'a'.repeat(40_000)}`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*TL-HEADERS-TOO-LARGE/);
  });

  test('a second Content-Length (request smuggling)', async () => {
    const answer = await raw((socket) =>
      socket.write('POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('headers that trickle in (slow-loris)', async () => {
    const began = Date.now();
    const answer = await raw((socket) => {
      socket.write('GET /health HTTP/1.1\r\nHost: x\r\n');
      const drip = setInterval(() => socket.write('X-A: b\r\n'), 200);
      socket.on('close', () => clearInterval(drip));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*TL-REQUEST-TIMEOUT[\s\S]*did not arrive in time/);
    expect(Date.now() - began).toBeLessThan(8000);
  }, 15_000);

  test('a connection on which nothing comes is closed without an answer, that nobody takes for his own', async () => {
    expect(await raw(() => undefined)).toBe('');
  }, 15_000);

  test('a body that trickles in', async () => {
    const answer = await raw((socket) => {
      socket.write(
        `POST /things HTTP/1.1\r\nHost: x\r\nX-API-Key: ${consortium.keyOf('farm@maker')}\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{`,
      );
      const drip = setInterval(() => socket.write(' '), 200);
      socket.on('close', () => clearInterval(drip));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  }, 15_000);

  test('after all of this it still works', async () => {
    expect((await send({ body: thing() })).status).toBe(201);
  });
});
