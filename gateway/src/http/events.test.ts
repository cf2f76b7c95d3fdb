// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsortium, type TestConsortium } from '../testing/consortium.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await startConsortium({ variables: { THINGLEDGER_MAX_EVENT_STREAMS: '3' } });
}, 60_000);
afterAll(() => consortium.remove(), 30_000);

interface Frame {
  readonly id: string;
  readonly block: string;
  readonly caller: string;
  readonly events: readonly { readonly type: string; readonly thing?: string }[];
}

const headers = (participant = 'farm@maker'): Record<string, string> => ({
  'X-API-Key': consortium.keyOf(participant),
});

/** The frames of a stream until one fits, or until it ends. */
async function read(
  query: string,
  until: (frame: Frame) => boolean,
  extra: Record<string, string> = {},
): Promise<Frame[]> {
  const response = await fetch(`${consortium.urlOf('maker')}/events${query}`, {
    headers: { ...headers(), ...extra },
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const frames: Frame[] = [];
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const match = /^id: (.*)\ndata: (.*)$/s.exec(part);
      if (!match) continue;
      const frame = { id: match[1] ?? '', ...(JSON.parse(match[2] ?? '') as Omit<Frame, 'id'>) };
      frames.push(frame);
      if (until(frame)) return frames;
    }
  }
  return frames;
}

async function register(thing = `urn:uuid:${randomUUID()}`): Promise<string> {
  const body = JSON.stringify({ thing, kind: 'product', quantity: { value: '1', unit: 'C62' } });
  const response = await fetch(`${consortium.urlOf('maker')}/things`, {
    method: 'POST',
    headers: { ...headers(), 'Content-Type': 'application/json' },
    body,
  });
  expect(response.status).toBe(201);
  return thing;
}

const tells = (thing: string) => (frame: Frame) => frame.events.some((event) => event.thing === thing);

describe('GET /events', () => {
  test('replays from the first block, then goes on live', async () => {
    const before = await register();
    const after = `urn:uuid:${randomUUID()}`;
    const later = sleep(300).then(() => register(after));
    const frames = await read('', tells(after));
    await later;
    expect(frames.some(tells(before))).toBe(true);
    expect(frames[0]!.events[0]!.type).toBe('RulesChanged');
    const blocks = frames.map(({ block }) => Number(block));
    expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
    expect(new Set(frames.map(({ id }) => id)).size).toBe(frames.length);
  });

  test('goes on right behind Last-Event-ID', async () => {
    const things = [await register(), await register(), await register()];
    const all = await read('?from=0', tells(things[2]!));
    const seen = all.find(tells(things[0]!))!;
    const rest = await read('', tells(things[2]!), { 'Last-Event-ID': seen.id });
    expect(rest.map(({ id }) => id)).toEqual(all.slice(all.indexOf(seen) + 1).map(({ id }) => id));
  });

  test('begins with any block, or now', async () => {
    const last = (await read('?from=0', tells(await register()))).at(-1)!;
    const fromBlock = await read(`?from=${last.block}`, () => true);
    expect(fromBlock[0]!.id).toBe(last.id);
    const later = sleep(300).then(() => register());
    const [first] = await read('?from=now', () => true);
    await later;
    expect(Number(first!.block)).toBeGreaterThan(Number(last.block));
  });

  test('ends for a caller that is suspended while it listens', async () => {
    const admin = { ...headers('admin@maker'), 'Content-Type': 'application/json' };
    const post = (path: string, body: object): Promise<Response> =>
      fetch(`${consortium.urlOf('maker')}${path}`, {
        method: 'POST',
        headers: admin,
        body: JSON.stringify(body),
      });
    const enrolled = (await (
      await post('/enrolments', { name: 'listener', roles: ['auditor'], reason: 'test' })
    ).json()) as { apiKey: string };
    const stream = await fetch(`${consortium.urlOf('maker')}/events?from=now`, {
      headers: { 'X-API-Key': enrolled.apiKey },
    });
    expect((await post('/participants/listener@maker/suspension', { reason: 'test' })).status).toBe(200);
    expect(await stream.text()).toContain(': TL-CALLER-SUSPENDED');
  });

  test('whoever left before the stream began holds no place', async () => {
    const { hostname, port } = new URL(consortium.urlOf('maker'));
    const key = consortium.keyOf('farm@maker');
    for (let n = 0; n < 3; n += 1) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(`GET /events?from=now HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`, () =>
        socket.destroy(),
      );
      await once(socket, 'close');
    }
    await sleep(300);
    const metrics = await (await fetch(`${consortium.urlOf('maker')}/metrics`)).text();
    expect(/^thingledger_http_event_streams\S* (\d+)$/m.exec(metrics)?.[1]).toBe('0');
  });

  test('no more streams than the operator allows', async () => {
    const stop = new AbortController();
    const open = (): Promise<Response> =>
      fetch(`${consortium.urlOf('maker')}/events?from=now`, { headers: headers(), signal: stop.signal });
    expect((await Promise.all([open(), open(), open()])).map(({ status }) => status)).toEqual([
      200, 200, 200,
    ]);
    const fourth = await open();
    expect([fourth.status, fourth.headers.get('retry-after')]).toEqual([503, '1']);
    stop.abort();
    await sleep(300);
    const again = new AbortController();
    expect(
      (
        await fetch(`${consortium.urlOf('maker')}/events?from=now`, {
          headers: headers(),
          signal: again.signal,
        })
      ).status,
    ).toBe(200);
    again.abort();
  });
});
