// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '@thingledger/protocol';
import { People } from '../../information-server/testing/index.js';
import { bareEventOf, documentOf, eventOf, type Json } from '../testing/events.js';
import { finishedJob, openMember, type EpcisMember, type Reply } from '../testing/member.js';
import { ScriptedWriter } from '../testing/scripted-writer.js';
import { eventsOf, eventually, startSubscriber, type Subscriber } from '../testing/subscriber.js';

let people: People;
let writer: ScriptedWriter;
let member: EpcisMember;
let subscriber: Subscriber;

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(async () => {
  writer = new ScriptedWriter();
  member = await openMember(writer, { webhooks: { authorities: people.tls('maker').authorityPem } });
  subscriber = await startSubscriber(people.tls('maker'));
  await define('shipped', { EQ_bizStep: ['shipping'] });
});
afterEach(async () => {
  await subscriber.close();
  await member.close();
  await member.remove();
});

const define = (name: string, query: Json): Promise<Reply> =>
  member.send('POST', '/queries', { name, query });
const path = '/queries/shipped/subscriptions';
const subscribe = (over: Json = {}, headers: Record<string, string> = {}): Promise<Reply> =>
  member.send('POST', path, { dest: subscriber.dest, stream: true, ...over }, headers);
const viewOf = async ({ headers }: Reply): Promise<Json> =>
  (await member.send('GET', (headers.get('Location') ?? '').replace('/epcis', ''))).body as unknown as Json;

async function capture(...numbers: number[]): Promise<void> {
  const { headers } = await member.send('POST', '/capture', documentOf(numbers.map((n) => eventOf(n))));
  expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
}

/** The same member, as a start after kill -9 finds it: what was on disk, and nothing that was in memory. */
async function killed(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'thingledger-killed-'));
  cpSync(member.dir, dir, { recursive: true, filter: (file) => !/LOCK$|\.draft$/.test(file) });
  await member.close();
  await member.remove();
  const webhooks = { authorities: people.tls('maker').authorityPem };
  member = await openMember(writer, { dir, webhooks });
}

describe('a subscription that is ended (T8)', () => {
  it('does not wait for its turn behind subscribers that do not answer', async () => {
    await member.close();
    const patient = { authorities: people.tls('maker').authorityPem, timeoutMillis: 60_000 };
    member = await openMember(writer, { dir: member.dir, webhooks: patient });
    subscriber.answer = () => 'hang';
    const ids: unknown[] = [];
    for (let n = 0; n < 18; n += 1) ids.push(((await subscribe()).body as unknown as Json)['subscriptionID']);
    await capture(2);
    await eventually('the first to be sent', () => subscriber.deliveries.length > 0);
    await sleep(200);
    // Sixteen are under way, in the order in which they were made.
    expect((await member.send('DELETE', `${path}/${String(ids.at(-1))}`)).status).toBe(204);
  });
});

describe('a subscriber by webhook (T8)', () => {
  it('gets what is captured and matches, as a query document, once and in order', async () => {
    const made = await subscribe();
    expect(made.status).toBe(201);
    const { subscriptionID, ...view } = made.body as unknown as Json;
    expect(made.headers.get('Location')).toBe(`/epcis${path}/${String(subscriptionID)}`);
    expect(view).toMatchObject({
      queryName: 'shipped',
      dest: subscriber.dest,
      stream: true,
      state: 'active',
    });
    await capture(1, 2, 3);
    await capture(4, 5);
    await eventually('both events', () => subscriber.batches.length >= 2);
    await capture(6);
    await eventually('the last event', () => subscriber.batches.length >= 3);
    expect(subscriber.batches).toEqual(['B2', 'B4', 'B6']);
    const [first] = subscriber.deliveries;
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'gs1-epcis-version': '2.0.0',
      'idempotency-key': `"${first?.document.id.replace('urn:uuid:', '') ?? ''}"`,
    });
    expect(first?.headers).not.toHaveProperty('gs1-signature');
    expect(first?.document).toMatchObject({
      type: 'EPCISQueryDocument',
      id: expect.stringMatching(/^urn:uuid:/) as unknown,
      epcisBody: { queryResults: { subscriptionID, queryName: 'shipped' } },
    });
    expect(new Set(subscriber.deliveries.map(({ document }) => document.id)).size).toBe(
      subscriber.deliveries.length,
    );
    await eventually('its note', () => member.stats().delivered === subscriber.deliveries.length);
    expect(await viewOf(made)).toMatchObject({ lastNotifiedAt: expect.stringMatching(/Z$/) as unknown });
    expect(member.stats()).toMatchObject({ active: 1, failed: 0 });
  });

  it('can prove by the signature who sent it, and its token is in no answer and not readable on disk', async () => {
    const signatureToken = 'a-token-of-the-subscriber';
    const made = await subscribe({ signatureToken });
    await capture(2);
    await eventually('the event', () => subscriber.batches.length === 1);
    const [delivered] = subscriber.deliveries;
    const expected = createHmac('sha256', signatureToken)
      .update(delivered?.text ?? '')
      .digest('base64');
    expect(delivered?.headers['gs1-signature']).toBe(expected);
    expect(JSON.stringify([made.body, await viewOf(made)])).not.toContain(signatureToken);
    const folder = join(member.dir, 'epcis');
    const files = await Promise.all(
      (await readdir(folder)).map((file) => readFile(join(folder, file), 'latin1')),
    );
    expect(files.join('')).not.toContain(signatureToken);
  });

  it('gets what was recorded since the time that it names, and nothing older', async () => {
    await capture(2, 4);
    await sleep(5);
    const initialRecordTime = new Date().toISOString();
    await capture(6);
    await subscribe({ initialRecordTime });
    await eventually('the event', () => subscriber.batches.length >= 1);
    const all = await startSubscriber(people.tls('maker'));
    await subscribe({ dest: all.dest, initialRecordTime: '2026-01-01T00:00:00+01:00' });
    await eventually('all events', () => all.batches.length === 3);
    expect(subscriber.batches).toEqual(['B6']);
    await all.close();
  });

  it('gets many in batches, and smaller ones when it says 413', async () => {
    subscriber.answer = (delivered) => (eventsOf(delivered).length > 20 ? 413 : 200);
    await subscribe();
    await capture(...Array.from({ length: 250 }, (_, n) => n * 2));
    await eventually('all events', () => subscriber.batches.length >= 250);
    expect(new Set(subscriber.batches).size).toBe(250);
    expect(subscriber.batches).toHaveLength(250);
    const sizes = subscriber.deliveries.map((delivered) => eventsOf(delivered).length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  });

  it('gets the same document again until it takes it, and others get theirs meanwhile', async () => {
    const other = await startSubscriber(people.tls('maker'));
    subscriber.answer = () => 503;
    const made = await subscribe();
    await subscribe({ dest: other.dest });
    await capture(2);
    await eventually('three attempts', () => subscriber.deliveries.length >= 3);
    await capture(4);
    await eventually('the other', () => other.batches.length === 2);
    expect(await viewOf(made)).toMatchObject({
      state: 'failing',
      failing: {
        code: 'TL-EPCIS-DELIVERY',
        fields: { cause: 'status', status: 503 },
        fix: expect.stringMatching(/./) as string,
      },
    });
    expect(member.stats()).toMatchObject({ active: 1, failing: 1 });
    expect(member.stats().oldestFailureSeconds).toBeGreaterThan(0);
    subscriber.answer = () => 200;
    await eventually('all', () => subscriber.batches.length === 2);
    expect(subscriber.batches).toEqual(['B2', 'B4']);
    const ids = subscriber.deliveries.map(({ document }) => document.id);
    expect(new Set(ids.slice(0, -1)).size).toBe(1);
    await eventually('its recovery', async () => (await viewOf(made))['state'] === 'active');
    await other.close();
  });

  it.each<[string, () => number | 'hang', Json]>([
    ['redirects', () => 302, { cause: 'status', status: 302 }],
    ['does not answer', () => 'hang', { cause: 'slow' }],
  ])('that %s fails, and nothing else happens', async (_name, answer, fields) => {
    subscriber.answer = answer;
    const made = await subscribe();
    await capture(2);
    await eventually('the failure', async () => (await viewOf(made))['state'] === 'failing');
    expect(await viewOf(made)).toMatchObject({ failing: { code: 'TL-EPCIS-DELIVERY', fields } });
  });

  it('that is dead, or has a certificate of its own, fails', async () => {
    await subscriber.close();
    const stranger = await startSubscriber(people.tls('customs'));
    const [dead, unknown] = [await subscribe(), await subscribe({ dest: stranger.dest })];
    await capture(2);
    await eventually('both failures', () => member.stats().failing === 2);
    expect(await viewOf(dead)).toMatchObject({ failing: { fields: { cause: 'unreachable' } } });
    expect(await viewOf(unknown)).toMatchObject({ failing: { fields: { cause: 'certificate' } } });
    expect(stranger.deliveries).toEqual([]);
    await stranger.close();
  });

  it('gets nothing while its caller is suspended, and what it missed afterwards', async () => {
    const made = await subscribe();
    member.suspended.add('farm@maker');
    const as = { 'X-API-Key': 'processor@maker' };
    const { headers } = await member.send('POST', '/capture', documentOf([eventOf(2)]), as);
    await finishedJob(member, headers.get('Location'), as);
    await eventually('the state', () => member.stats().suspended === 1);
    await sleep(100);
    expect(subscriber.deliveries).toEqual([]);
    member.suspended.clear();
    await eventually('the event', () => subscriber.batches.length === 1);
    await eventually('its recovery', async () => (await viewOf(made))['state'] === 'active');
  });

  it('gets no event that was deleted before it was sent', async () => {
    subscriber.answer = () => 503;
    await subscribe();
    await capture(2, 4);
    await eventually('an attempt', () => subscriber.deliveries.length > 0);
    const [hash = ''] = writer.captured.keys();
    await member.vault.delete(writer.captured.get(hash)!.dataHash, () => ({ note: 'kept' }) as never);
    subscriber.answer = () => 200;
    await eventually('the rest', () => subscriber.batches.length > 0);
    expect(subscriber.batches).toEqual(['B4']);
  });
});

describe('a gateway killed while it delivers (T8)', () => {
  it('sends again, under the same id, what it does not know to be taken, and then the rest', async () => {
    const made = await subscribe({ signatureToken: 'kept' });
    await capture(2);
    await eventually('the first', () => subscriber.batches.length === 1);
    subscriber.answer = () => 'hang';
    await capture(4);
    await eventually('the second on its way', () => subscriber.deliveries.length === 2);
    await capture(6);
    await killed();
    subscriber.answer = () => 200;
    await eventually('the rest', () => subscriber.batches.length >= 3);
    expect(subscriber.batches).toEqual(['B2', 'B4', 'B6']);
    const repeated = subscriber.deliveries.filter((each) => eventsOf(each)[0]?.['example:batch'] === 'B4');
    expect(repeated.length).toBeGreaterThan(1);
    expect(new Set(repeated.map(({ document }) => document.id)).size).toBe(1);
    expect(repeated.map((each) => eventsOf(each).length)).toEqual(repeated.map(() => 1));
    expect(repeated[0]?.headers['gs1-signature']).toBeDefined();
    await eventually('its recovery', async () => (await viewOf(made))['state'] === 'active');
    expect(await viewOf(made)).toMatchObject({ createdAt: made.body['createdAt' as never] });
  });

  it('loses no event that the ledger took before the kill and nobody had noted', async () => {
    await subscribe();
    writer.script.onCommit = () => new Promise(() => undefined);
    const { headers } = await member.send('POST', '/capture', documentOf([eventOf(2)]));
    await eventually('the commit', () => writer.captured.size === 1);
    delete writer.script.onCommit;
    const dir = await mkdtemp(join(tmpdir(), 'thingledger-killed-'));
    cpSync(member.dir, dir, { recursive: true, filter: (file) => !/LOCK$|\.draft$/.test(file) });
    const first = member;
    member = await openMember(writer, { dir, webhooks: { authorities: people.tls('maker').authorityPem } });
    await finishedJob(member, headers.get('Location'));
    await eventually('the event', () => subscriber.batches.length === 1);
    expect(subscriber.batches).toEqual(['B2']);
    await first.abandon();
  });
});

describe('a schedule', () => {
  it('reports what was recorded since the last run, and nothing before it is due', async () => {
    const far = await startSubscriber(people.tls('maker'));
    const made = await subscribe({
      dest: far.dest,
      stream: false,
      schedule: { month: '1', dayOfMonth: '1' },
    });
    await subscribe({ stream: false, schedule: { second: '*' } });
    await capture(2, 4);
    await eventually('the run', () => subscriber.batches.length === 2);
    await capture(6);
    await eventually('the next run', () => subscriber.batches.length === 3);
    expect(far.deliveries).toEqual([]);
    expect(await viewOf(made)).toMatchObject({
      schedule: { month: '1', dayOfMonth: '1' },
      dueAt: expect.stringMatching(/-01-01T00:00:00.000Z$/) as unknown,
    });
    await far.close();
  });

  it('reports that there is nothing, when asked to', async () => {
    await subscribe({ stream: false, schedule: { second: '*' }, reportIfEmpty: true });
    const silent = await startSubscriber(people.tls('maker'));
    await subscribe({ dest: silent.dest, stream: false, schedule: { second: '*' } });
    await eventually('two reports', () => subscriber.deliveries.length >= 2);
    expect(subscriber.deliveries.flatMap(eventsOf)).toEqual([]);
    expect(silent.deliveries).toEqual([]);
    await silent.close();
  });
});

describe('subscriptions as resources (T8)', () => {
  it('are listed in pages, shown and deleted', async () => {
    const made = [await subscribe(), await subscribe(), await subscribe()];
    const ids = made.map(({ body }) => (body as unknown as Json)['subscriptionID']).sort();
    const idsIn = (reply: Reply): unknown[] =>
      (reply.body as unknown as Json[]).map((view) => view['subscriptionID']);
    const page = await member.send('GET', `${path}?perPage=2`);
    expect(idsIn(page)).toEqual(ids.slice(0, 2));
    const next = /^<\/epcis(.*)>; rel="next"$/.exec(page.headers.get('Link') ?? '')?.[1] ?? '';
    expect(idsIn(await member.send('GET', next))).toEqual(ids.slice(2));
    expect((await member.send('DELETE', `${path}/${String(ids[0])}`)).status).toBe(204);
    expect(idsIn(await member.send('GET', path))).toEqual(ids.slice(1));
    expect(await member.send('GET', `${path}/${String(ids[0])}`)).toMatchObject({
      status: 404,
      body: { code: 'TL-EPCIS-SUBSCRIPTION-UNKNOWN', type: 'epcisException:NoSuchNameException' },
    });
    await killed();
    expect(idsIn(await member.send('GET', path))).toEqual(ids.slice(1));
  });

  it('end with their query, for good', async () => {
    await subscribe();
    expect((await member.send('DELETE', '/queries/shipped')).status).toBe(204);
    await capture(2);
    expect((await member.send('GET', path)).status).toBe(404);
    await define('shipped', { EQ_bizStep: ['shipping'] });
    expect((await member.send('GET', path)).body).toEqual([]);
    await killed();
    expect((await member.send('GET', path)).body).toEqual([]);
    expect(subscriber.deliveries).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['neither stream nor schedule', { stream: false }, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['both', { schedule: { hour: '1' } }, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['an empty schedule', { stream: false, schedule: {} }, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['hour 24', { stream: false, schedule: { hour: '24' } }, 'TL-EPCIS-SUBSCRIPTION-CONTROLS'],
    ['a field that is none', { stream: false, schedule: { year: '1' } }, 'TL-INPUT-INVALID'],
    ['a time that is none', { initialRecordTime: 'yesterday' }, 'TL-EPCIS-TIME'],
    ['no address', { dest: 'nowhere' }, 'TL-EPCIS-SUBSCRIPTION-DESTINATION'],
    ['no TLS', { dest: 'http://example.com/' }, 'TL-EPCIS-SUBSCRIPTION-DESTINATION'],
    ['credentials', { dest: 'https://me:secret@example.com/' }, 'TL-EPCIS-SUBSCRIPTION-DESTINATION'],
    ['a metadata address', { dest: 'https://169.254.169.254/' }, 'TL-EPCIS-SUBSCRIPTION-DESTINATION'],
    ['an empty token', { signatureToken: '' }, 'TL-INPUT-INVALID'],
    ['another member', { secret: 'x' }, 'TL-INPUT-INVALID'],
  ])('are refused with %s', async (_name, over, code) => {
    const refused = await subscribe(over);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ code });
    expect(JSON.stringify(refused.body)).not.toContain('secret@');
  });

  it('are refused to private addresses unless the operator allows them', async () => {
    const strict = await openMember(writer, { webhooks: { allowPrivateAddresses: false } });
    await strict.send('POST', '/queries', { name: 'shipped', query: {} });
    for (const dest of [subscriber.dest, 'https://127.0.0.1/', 'https://[::1]/', 'https://10.1.2.3/'])
      expect(await strict.send('POST', path, { dest, stream: true })).toMatchObject({
        status: 400,
        body: { code: 'TL-EPCIS-SUBSCRIPTION-DESTINATION' },
      });
    await strict.close();
    await strict.remove();
  });

  it('are not sent to a name that has become a private address', async () => {
    let address = '93.184.216.34';
    const resolver = () => Promise.resolve([{ address, family: 4 }]);
    const webhooks = {
      allowPrivateAddresses: false,
      resolver,
      authorities: people.tls('maker').authorityPem,
    };
    const strict = await openMember(writer, { webhooks });
    await strict.send('POST', '/queries', { name: 'shipped', query: {} });
    expect((await strict.send('POST', path, { dest: subscriber.dest, stream: true })).status).toBe(201);
    address = '127.0.0.1';
    await strict.send('POST', '/events', bareEventOf(2));
    await eventually('the failure', () => strict.stats().failing === 1);
    expect(subscriber.deliveries).toEqual([]);
    await strict.close();
    await strict.remove();
  });

  it('are refused to queries that cut their answer off, to devices, and to unknown queries', async () => {
    await define('some', { eventCountLimit: 3 });
    const cut = await member.send('POST', '/queries/some/subscriptions', {
      dest: subscriber.dest,
      stream: true,
    });
    expect(cut.body).toMatchObject({
      code: 'TL-EPCIS-SUBSCRIPTION-CONTROLS',
      type: 'epcisException:SubscriptionControlsException',
    });
    expect(await subscribe({}, { 'X-API-Key': 'thermometer@maker' })).toMatchObject({ status: 403 });
    const unknown = await member.send('POST', '/queries/none/subscriptions', { dest: 'x', stream: true });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'TL-EPCIS-QUERY-UNKNOWN' } });
  });

  it('are at most a hundred of one caller', async () => {
    const answers = await Promise.all(Array.from({ length: 102 }, () => subscribe()));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ body }) => body)).toMatchObject(
      Array.from({ length: 2 }, () => ({ code: 'TL-EPCIS-SUBSCRIPTION-LIMIT', status: 429 })),
    );
    expect((await subscribe({}, { 'X-API-Key': 'processor@maker' })).status).toBe(201);
  });
});

test('a ledger that is away is no reason to stop: the delivery is made when it is back', async () => {
  await subscribe();
  writer.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE');
  const { headers } = await member.send('POST', '/capture', documentOf([eventOf(2)]));
  await sleep(50);
  expect(subscriber.deliveries).toEqual([]);
  delete writer.script.refuse;
  await finishedJob(member, headers.get('Location'));
  await eventually('the event', () => subscriber.batches.length === 1);
});
