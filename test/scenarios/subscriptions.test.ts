// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { EPCIS_CONTEXT } from '../support/epcis.js';
import { startSubscribedGateway, type SubscribedGateway } from '../support/subscribed-gateway.js';
import { eventIdsIn, type QueryDocument } from '../support/subscriber.js';
import { until } from '../support/until.js';

const FARM = 'farm@maker';
const PATIENCE_MS = 30_000;

let host: SubscribedGateway;
let gateway: SubscribedGateway['gateway'];
let subscriber: SubscribedGateway['subscriber'];
let key: SubscribedGateway['key'];
let epcis: SubscribedGateway['epcis'];

beforeAll(async () => {
  host = await startSubscribedGateway('maker', FARM, 'a token');
  ({ gateway, subscriber, key, epcis } = host);
}, 120_000);
afterAll(() => host.close());

const newThing = (): string => `urn:epc:id:sgtin:9506000.013435.${randomUUID().slice(0, 18)}`;

/** Captures that a thing was seen; the hash of the event. */
async function seen(thing: string, bizStep: string): Promise<string> {
  const answer = await epcis('POST', '/events', {
    '@context': EPCIS_CONTEXT,
    type: 'ObjectEvent',
    eventTime: new Date(Date.now() - 1000).toISOString(),
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    epcList: [thing],
    bizStep,
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { eventHash: string }).eventHash;
}

async function queryOf(thing: string): Promise<string> {
  const name = `q-${randomUUID()}`;
  const query = { MATCH_epc: [thing], EQ_bizStep: ['shipping'] };
  expect((await epcis('POST', '/queries', { name, query })).status).toBe(201);
  return name;
}

async function subscribed(name: string, over: object): Promise<string> {
  const body = { dest: subscriber.dest, signatureToken: 'a token', ...over };
  const made = await epcis('POST', `/queries/${name}/subscriptions`, body);
  expect(made.status).toBe(201);
  return made.headers.get('Location')?.replace('/epcis', '') ?? '';
}

/** The events of a query that the subscriber took. */
const taken = (name: string): string[] =>
  subscriber.documents.filter((each) => each.epcisBody.queryResults.queryName === name).flatMap(eventIdsIn);

describe('subscriptions to EPCIS queries (T8)', () => {
  test('a webhook and a WebSocket both get what is captured, and nothing else', async () => {
    const thing = newThing();
    const name = await queryOf(thing);
    await subscribed(name, { stream: true });
    const socket = new WebSocket(
      `${gateway.url.replace('http', 'ws')}/epcis/queries/${name}/events?stream=true`,
      {
        headers: { 'X-API-Key': key },
      },
    );
    const received: string[] = [];
    socket.on('message', (data: Buffer) =>
      received.push(...eventIdsIn(JSON.parse(data.toString('utf8')) as QueryDocument)),
    );
    await once(socket, 'open');
    const hashes = [await seen(thing, 'shipping')];
    await seen(thing, 'receiving');
    await seen(newThing(), 'shipping');
    hashes.push(await seen(thing, 'shipping'));
    await until('both subscribers', () => taken(name).length >= 2 && received.length >= 2, PATIENCE_MS);
    expect(taken(name)).toEqual(hashes);
    expect(received).toEqual(hashes);
    expect(subscriber.forged).toBe(0);
    socket.close();
  });

  test('a schedule gathers what was captured since its last run', async () => {
    const thing = newThing();
    const name = await queryOf(thing);
    await subscribed(name, { schedule: { second: '0/2' } });
    const hashes = [await seen(thing, 'shipping'), await seen(thing, 'shipping')];
    await until('the run', () => taken(name).length >= 2, PATIENCE_MS);
    expect(taken(name)).toEqual(hashes);
  });

  test('a subscriber that is away gets what it missed, and the gateway tells of it', async () => {
    const thing = newThing();
    const name = await queryOf(thing);
    const path = await subscribed(name, { stream: true });
    subscriber.awake = false;
    const hash = await seen(thing, 'shipping');
    const view = async (): Promise<Record<string, unknown>> =>
      (await (await epcis('GET', path)).json()) as Record<string, unknown>;
    await until('the state', async () => (await view())['state'] === 'failing', PATIENCE_MS);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/^thingledger_epcis_subscriptions\{state="failing",member="maker"\} [1-9]/m);
    subscriber.awake = true;
    await until('the delivery', () => taken(name).length > 0, PATIENCE_MS);
    expect(taken(name)).toEqual([hash]);
    expect(await view()).toMatchObject({ state: 'active', subscribedBy: FARM });
    expect((await epcis('DELETE', path)).status).toBe(204);
    expect((await epcis('GET', path)).status).toBe(404);
  });

  test('a caller suspended on the ledger gets nothing more', async () => {
    const thing = newThing();
    const name = await queryOf(thing);
    const admin = await gateway.as('admin@maker');
    const reason = 'scenario';
    const clerk = { name: `clerk_${Date.now().toString(36)}`, roles: ['auditor' as const], reason };
    const { participant, apiKey } = await admin.enrolParticipant(clerk);
    const made = await fetch(`${gateway.url}/epcis/queries/${name}/subscriptions`, {
      method: 'POST',
      headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ dest: subscriber.dest, signatureToken: 'a token', stream: true }),
    });
    expect(made.status).toBe(201);
    await admin.suspendParticipant({ participant, reason });
    await seen(thing, 'shipping');
    const path = (made.headers.get('Location') ?? '').replace('/epcis', '');
    const state = async (): Promise<unknown> =>
      ((await (await epcis('GET', path)).json()) as Record<string, unknown>)['state'];
    await until('the state', async () => (await state()) === 'suspended', PATIENCE_MS);
    expect(taken(name)).toEqual([]);
    await admin.reinstateParticipant({ participant, reason });
    await until('what it missed', () => taken(name).length === 1, PATIENCE_MS);
  });
});
