// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import { documentOf, eventOf, type Json } from '../testing/events.js';
import { finishedJob, openMember, type EpcisMember, type EventBody } from '../testing/member.js';
import { ScriptedWriter } from '../testing/scripted-writer.js';
import { eventually } from '../testing/subscriber.js';

/** Short, but longer than a busy machine pauses: who is not meant to be cut must not be. */
const PATIENCE = { ping: 500, send: 1_500, close: 200 };
let member: EpcisMember;
const opened: WebSocket[] = [];

const begin = async (patience: typeof PATIENCE): Promise<void> => {
  member = await openMember(new ScriptedWriter(), { limits: { eventStreams: 3 }, patience });
  await member.send('POST', '/queries', { name: 'shipped', query: { EQ_bizStep: 'shipping' } });
};
/** Begins anew, for tests that keep the process so busy that no pings are answered. */
const withoutPings = async (): Promise<void> => {
  await member.close();
  await member.remove();
  await begin({ ...PATIENCE, ping: 60_000 });
};

beforeEach(() => begin(PATIENCE));
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate();
  await member.close();
  await member.remove();
});

interface Follower {
  readonly socket: WebSocket;
  readonly documents: Json[];
  readonly batches: unknown[];
  readonly closed: Promise<{ code: number; reason: string }>;
}

interface Opening {
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly origin?: string;
}

function connect(parameters: string, { headers = {}, query = 'shipped', origin }: Opening = {}): Follower {
  const url = `${member.url.replace('http', 'ws')}/epcis/queries/${query}/events?${parameters}`;
  const socket = new WebSocket(url, {
    headers: { 'X-API-Key': 'farm@maker', ...headers },
    ...(origin !== undefined && { origin }),
  });
  opened.push(socket);
  const documents: Json[] = [];
  const batches: unknown[] = [];
  socket.on('message', (data: Buffer) => {
    const document = JSON.parse(data.toString('utf8')) as Json & {
      epcisBody: { queryResults: { resultsBody: { eventList: EventBody[] } } };
    };
    documents.push(document);
    batches.push(
      ...document.epcisBody.queryResults.resultsBody.eventList.map((each) => each['example:batch']),
    );
  });
  socket.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  return { socket, documents, batches, closed };
}

async function follow(parameters = 'stream=true', opening: Opening = {}): Promise<Follower> {
  const follower = connect(parameters, opening);
  await once(follower.socket, 'open');
  return follower;
}

/** The problem document that a handshake is refused with. */
async function refusal(parameters: string, opening: Opening = {}): Promise<Json & { status: number }> {
  const { socket } = connect(parameters, opening);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json & { status: number };
}

async function capture(...numbers: number[]): Promise<void> {
  const { headers } = await member.send('POST', '/capture', documentOf(numbers.map((n) => eventOf(n))));
  expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
}

describe('a WebSocket that follows a query (T8)', () => {
  it('gets what is captured and matches, as query documents, in order', async () => {
    const { batches, documents } = await follow();
    await capture(1, 2);
    await capture(4);
    await eventually('the events', () => batches.length === 2);
    expect(batches).toEqual(['B2', 'B4']);
    expect(documents[0]).toMatchObject({
      type: 'EPCISQueryDocument',
      id: expect.stringMatching(/^urn:uuid:/) as unknown,
      epcisBody: { queryResults: { queryName: 'shipped' } },
    });
    expect(member.stats().sockets).toBe(1);
  });

  it('gets what it missed, when it comes back and names the last record time that it has', async () => {
    const first = await follow();
    await capture(2);
    await eventually('the event', () => first.batches.length === 1);
    first.socket.close();
    await first.closed;
    await capture(4, 6);
    const { epcisBody } = first.documents[0] as unknown as {
      epcisBody: { queryResults: { resultsBody: { eventList: { recordTime: string }[] } } };
    };
    const last = epcisBody.queryResults.resultsBody.eventList[0]?.recordTime ?? '';
    const second = await follow(`stream=true&initialRecordTime=${last}`);
    await eventually('all', () => second.batches.length === 3);
    expect([...second.batches].sort()).toEqual(['B2', 'B4', 'B6']);
  });

  it('reports at the times of a schedule, and that there is nothing when asked to', async () => {
    const { batches, documents } = await follow('second=*&reportIfEmpty=true');
    await eventually('an empty report', () => documents.length >= 1);
    expect(batches).toEqual([]);
    await capture(2);
    await eventually('the event', () => batches.length === 1);
  });

  it('is opened by pages of allowed origins and of its own', async () => {
    await follow('stream=true', { origin: 'https://app.example.com' });
    await follow('stream=true', { origin: member.url });
    expect(await refusal('stream=true', { origin: 'https://evil.example.com' })).toMatchObject({
      status: 403,
      code: 'TL-ORIGIN-FOREIGN',
      type: 'epcisException:SecurityException',
    });
  });

  it.each<[string, string, Opening, number, string]>([
    ['nothing that says when', '', {}, 400, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['stream and schedule', 'stream=true&hour=1', {}, 400, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['a parameter of a query', 'stream=true&EQ_action=ADD', {}, 400, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['a parameter twice', 'stream=true&stream=true', {}, 400, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['neither true nor false', 'stream=yes', {}, 400, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['no time', 'stream=true&initialRecordTime=now', {}, 400, 'TL-EPCIS-TIME'],
    ['hour 24', 'hour=24', {}, 400, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['an unknown query', 'stream=true', { query: 'none' }, 404, 'TL-EPCIS-QUERY-UNKNOWN'],
    ['a device', 'stream=true', { headers: { 'X-API-Key': 'thermometer@maker' } }, 403, 'TL-CALLER-ROLE'],
    ['XML', 'stream=true', { headers: { Accept: 'application/xml' } }, 406, 'TL-EPCIS-NOT-ACCEPTABLE'],
  ])('is not opened with %s', async (_name, parameters, opening, status, code) => {
    expect(await refusal(parameters, opening)).toMatchObject({ status, code });
    expect(member.stats().sockets).toBe(0);
  });

  it('is one of few', async () => {
    const all = [await follow(), await follow(), await follow()];
    expect(await refusal('stream=true')).toMatchObject({ status: 503, code: 'TL-OVERLOADED' });
    all[0]?.socket.close();
    await eventually('room', () => member.stats().sockets === 2);
    await follow();
  });

  it('is closed with its caller’s rights, with its query, and with the gateway', async () => {
    const [suspended, deleted, stopped] = [await follow(), await follow(), await follow('hour=3')];
    await member.send('POST', '/queries', { name: 'other', query: {} });
    member.suspended.add('farm@maker');
    const as = { 'X-API-Key': 'processor@maker' };
    await member.send('POST', '/capture', documentOf([eventOf(2)]), as);
    expect(await suspended.closed).toEqual({ code: 1008, reason: 'TL-CALLER-SUSPENDED' });
    expect(suspended.batches).toEqual([]);
    expect((await deleted.closed).code).toBe(1008);
    expect((await stopped.closed).code).toBe(1008);
    member.suspended.clear();
    const ended = await follow();
    const going = await follow('stream=true', { query: 'other' });
    await member.send('DELETE', '/queries/shipped');
    expect(await ended.closed).toEqual({ code: 1000, reason: 'the query was deleted' });
    const began = Date.now();
    await member.close();
    expect(await going.closed).toEqual({ code: 1001, reason: 'the gateway stops' });
    expect(Date.now() - began).toBeLessThan(1000);
    member = await openMember(new ScriptedWriter());
  });

  it('takes nothing, and little of it', async () => {
    const [talking, shouting] = [await follow(), await follow()];
    talking.socket.send('hello');
    expect((await talking.closed).code).toBe(1003);
    shouting.socket.send('x'.repeat(2000));
    expect((await shouting.closed).code).toBe(1009);
  });

  it('is cut when it does not answer pings', async () => {
    const { socket } = await follow();
    (socket as unknown as { _autoPong: boolean })._autoPong = false;
    await eventually('the cut', () => member.stats().sockets === 0);
    expect(socket.readyState).not.toBe(socket.OPEN);
  });

  it('that asks and does not read is not answered without end', async () => {
    await withoutPings();
    const { socket } = await follow();
    let answered = 0;
    socket.on('pong', () => (answered += 1));
    socket.ping('first');
    await eventually('an answer', () => answered === 1);
    socket.pause();
    const asked = 150_000;
    const text = 'x'.repeat(125);
    for (let n = 0; n < asked; n += 1) socket.ping(text);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    socket.resume();
    // What waited on its way comes first; the last is answered once there is room again.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = answered;
    socket.ping('last');
    await eventually('an answer', () => answered > before);
    expect(answered).toBeLessThan(asked * 0.8);
  });

  it('that takes nothing is cut, and holds up nobody', async () => {
    await withoutPings();
    const [stalled, other] = [await follow(), await follow()];
    stalled.socket.pause();
    const numbers = Array.from({ length: 60 }, (_, n) => n * 2);
    const text = 'x'.repeat(150_000);
    for (const n of numbers) {
      const event = { '@context': documentOf([])['@context'], ...eventOf(n), 'example:text': text };
      expect((await member.send('POST', '/events', event)).status).toBe(201);
    }
    await eventually('all events', () => other.batches.length === 60);
    await eventually('the cut', () => member.stats().sockets === 1);
  });
});

describe('an upgrade that is none', () => {
  it('to another protocol is refused', async () => {
    const asked = request(`${member.url}/epcis/events`, {
      method: 'POST',
      headers: { Upgrade: 'h2c', Connection: 'Upgrade', 'Content-Length': 2 },
    });
    asked.end('{}');
    const [response] = (await once(asked, 'response')) as [{ statusCode: number }];
    expect(response.statusCode).toBe(400);
  });

  it('of a route that has none is answered as ever', async () => {
    const url = `${member.url.replace('http', 'ws')}/epcis/events`;
    const socket = new WebSocket(url, { headers: { 'X-API-Key': 'farm@maker' } });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(200);
    socket.terminate();
  });
});
