// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allOperations, catalogue, operations, type Problem, type RefusalCode } from '@thingledger/protocol';
import { createClient, requestOf } from './client.js';
import { ProblemError, UnexpectedAnswerError } from './problem-error.js';
import type { Client } from './types.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answer = (response: ServerResponse, seen: Seen) => void;

/** A gateway that answers what the test says: only so can it fail, stop in the middle, or ask to wait, on demand. */
let server: Server;
let baseUrl: string;
let answers: Answer[];
let seen: Seen[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const got = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(got);
      (answers.shift() ?? json({}))(response, got);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let client: Client;
beforeEach(() => {
  [answers, seen] = [[], []];
  client = createClient({ baseUrl: `${baseUrl}/`, apiKey: 'tl_key' });
});

const json =
  (value: unknown, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  };
const refuse =
  (code: RefusalCode, headers: Record<string, string> = {}): Answer =>
  (response) => {
    const { status, title, fix } = catalogue[code];
    const problem: Problem = {
      type: 'about:blank',
      title,
      status,
      detail: title,
      code,
      fix,
      retryable: status >= 500,
    };
    response
      .writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
      .end(JSON.stringify(problem));
  };
const cut: Answer = (response) => void response.destroy();

describe('calls', () => {
  test.each(allOperations.map((operation) => [operation.name, operation] as const))(
    '%s has a method, and its path members go into the path',
    (name, operation) => {
      expect(client[name as keyof Client]).toBeInstanceOf(Function);
      const members = [...operation.rest.path.matchAll(/\{(\w+)\}/g)].map(([, member]) => member ?? '');
      const input = Object.fromEntries(members.map((member) => [member, 'a/b c']));
      const request = requestOf(operation, { ...input, extra: 'x' });
      expect(request.path.split('?')[0]).toBe(operation.rest.path.replaceAll(/\{\w+\}/g, 'a%2Fb%20c'));
      const expected = operation.rest.method === 'get' ? [undefined, true] : [{ extra: 'x' }, false];
      expect([request.body, request.path.endsWith('?extra=x')]).toEqual(expected);
    },
  );

  test('send what is asked for and give what is answered', async () => {
    answers = [json({ thing: 'x:y', registrant: 'farm@maker', txId: 't' }, 201)];
    const input = { thing: 'x:y', kind: 'product' as const, quantity: { value: '1', unit: 'C62' } };
    expect((await client.registerThing(input, { idempotencyKey: 'a "b" \\' })).txId).toBe('t');
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/things',
      headers: { 'x-api-key': 'tl_key', 'idempotency-key': '"a \\"b\\" \\\\"' },
    });
    expect(JSON.parse(seen[0]!.body)).toEqual(input);
  });

  test('bulk sends the list', async () => {
    answers = [json([{ ok: true, result: { thing: 'x:y' } }])];
    const [first] = await client.bulk.registerThing([
      { thing: 'x:y', kind: 'product', quantity: { value: '1', unit: 'C62' } },
    ]);
    expect(first!.ok).toBe(true);
    expect(seen[0]!.url).toBe('/bulk/registerThing');
    expect(Object.keys(client.bulk)).not.toContain(operations.getRules.name);
  });

  test('a token is fetched afresh for each request', async () => {
    let number = 0;
    const bearer = createClient({ baseUrl, token: async () => `t${String(++number)}` });
    await bearer.getRules({});
    await bearer.getRules({});
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });

  test('without a path member there is no call', () => {
    expect(() => requestOf(operations.getThing, {})).toThrow('/things/{thing} needs "thing"');
  });
});

describe('refusals', () => {
  test('are errors with code, status and problem', async () => {
    answers = [refuse('TL-THING-UNKNOWN')];
    const error: unknown = await client.getThing({ thing: 'x:y' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ code: 'TL-THING-UNKNOWN', status: 404, fields: {} });
  });

  test('an answer that is none of a gateway’s is told apart', async () => {
    answers = [
      (response) => response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>'),
    ];
    await expect(client.getRules({})).rejects.toBeInstanceOf(UnexpectedAnswerError);
  });
});

describe('repeats', () => {
  const input = { thing: 'x:y', kind: 'product' as const, quantity: { value: '1', unit: 'C62' } };

  test('with a key, what waiting can mend is repeated with the same key, even when no answer came', async () => {
    answers = [
      refuse('TL-OVERLOADED', { 'Retry-After': '0' }),
      cut,
      refuse('TL-IDEMPOTENCY-RUNNING', { 'Retry-After': '0' }),
      json({ txId: 't' }, 201),
    ];
    expect((await client.registerThing(input, { idempotencyKey: 'k' })).txId).toBe('t');
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['"k"', '"k"', '"k"', '"k"']);
  });

  test('without a key nothing is repeated that may have been done', async () => {
    answers = [refuse('TL-OVERLOADED', { 'Retry-After': '0' })];
    await expect(client.registerThing(input)).rejects.toMatchObject({ code: 'TL-OVERLOADED', retryAfter: 0 });
    expect(seen).toHaveLength(1);
  });

  test('what did not arrive whole is sent again, with or without a key: nothing was done', async () => {
    answers = [refuse('TL-REQUEST-TIMEOUT'), json({ txId: 't' }, 201)];
    expect((await client.registerThing(input)).txId).toBe('t');
    expect(seen).toHaveLength(2);
  });

  test('a refusal that waiting does not mend is final', async () => {
    answers = [refuse('TL-THING-EXISTS')];
    await expect(client.registerThing(input, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'TL-THING-EXISTS',
    });
    expect(seen).toHaveLength(1);
  });

  test('end after as many as were allowed', async () => {
    answers = Array.from({ length: 9 }, () => refuse('TL-OVERLOADED', { 'Retry-After': '0' }));
    const patient = createClient({ baseUrl, retries: 2 });
    await expect(patient.registerThing(input, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'TL-OVERLOADED',
    });
    expect(seen).toHaveLength(3);
  });

  test('stop when the caller gives up', async () => {
    answers = [refuse('TL-OVERLOADED', { 'Retry-After': '20' })];
    const signal = AbortSignal.timeout(100);
    await expect(client.registerThing(input, { idempotencyKey: 'k', signal })).rejects.toThrow();
  });
});

describe('events', () => {
  const frame = (block: number): string =>
    `id: c:${String(block)}:ab\ndata: ${JSON.stringify({ channel: 'c', block: String(block), txId: 'ab', at: 'now', caller: 'farm@maker', events: [] })}\n\n`;
  const stream =
    (...parts: string[]): Answer =>
    (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      for (const part of parts) response.write(part);
      response.end();
    };

  test('come in order, cut anywhere, and go on behind the last one when the stream breaks', async () => {
    const [first, second, third] = [frame(1), frame(2), frame(3)];
    answers = [
      stream(': hello\nretry: 2000\n\n', first.slice(0, 20), first.slice(20) + second),
      refuse('TL-DRAINING'),
      stream(third),
    ];
    const blocks: string[] = [];
    for await (const { block } of client.events({ from: 1n })) {
      blocks.push(block);
      if (blocks.length === 3) break;
    }
    expect(blocks).toEqual(['1', '2', '3']);
    expect(seen.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
      ['/events?from=1', undefined],
      ['/events?from=1', 'c:2:ab'],
      ['/events?from=1', 'c:2:ab'],
    ]);
  });

  test('a refusal ends them', async () => {
    answers = [refuse('TL-CALLER-SUSPENDED')];
    await expect(client.events().next()).rejects.toMatchObject({ code: 'TL-CALLER-SUSPENDED' });
  });

  test('the signal ends them', async () => {
    const stop = new AbortController();
    answers = [stream(frame(1))];
    const blocks: string[] = [];
    for await (const { block } of client.events({ signal: stop.signal })) {
      blocks.push(block);
      stop.abort();
    }
    expect(blocks).toEqual(['1']);
  });
});
