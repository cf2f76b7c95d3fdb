// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { rename, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocal } from './local/local.js';
import { QUIET, startConsortium, type TestConsortium } from './testing/consortium.js';

let consortium: TestConsortium;
const start = async (variables: Record<string, string> = {}): Promise<void> => {
  consortium = await startConsortium({ variables });
};
afterEach(() => consortium.remove(), 30_000);

const thing = (): string =>
  JSON.stringify({
    thing: `urn:uuid:${randomUUID()}`,
    kind: 'product',
    quantity: { value: '1', unit: 'C62' },
  });

interface Got {
  readonly status: number;
  readonly code: unknown;
}

function post(body: string): Promise<Got> {
  const url = new URL(`${consortium.urlOf('maker')}/things`);
  return new Promise((resolve, reject) => {
    const headers = { 'X-API-Key': consortium.keyOf('farm@maker'), 'Content-Type': 'application/json' };
    const sent = request(url, { method: 'POST', headers }, (response) => {
      let all = '';
      response.on('data', (chunk: Buffer) => (all += chunk.toString('utf8')));
      response.on('end', () => {
        const { code } = JSON.parse(all) as { code?: unknown };
        resolve({ status: response.statusCode ?? 0, code });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Whether the gateway is working on a request. */
async function inFlight(url: string): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return /^thingledger_http_in_flight\{[^}]*\} [1-9]/m.test(metrics);
}

describe('a stop drains', () => {
  test('what is in flight is answered, streams end, and nobody new is let in', async () => {
    await start();
    const url = consortium.urlOf('maker');
    const headers = { 'X-API-Key': consortium.keyOf('farm@maker') };
    const stream = await fetch(`${url}/events?from=now`, { headers });
    const writes = Array.from({ length: 50 }, () => post(thing()));
    while (!(await inFlight(url))) await sleep(1);
    const stopped = consortium.gateways.get('maker')!.stop();
    const answers = await Promise.allSettled(writes);
    const statuses = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.status : 'cut'));
    // A connection that the stop found not yet accepted may be turned away; one whose request was read may not be.
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(0);
    expect(statuses.every((status) => [201, 503, 'cut'].includes(status))).toBe(true);
    await expect(stream.text()).resolves.toBeDefined();
    await stopped;
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
    await consortium.gateways.get('maker')!.stop();
  }, 60_000);

  test('a request that arrives while it stops hears so, and the connection is closed', async () => {
    await start();
    const url = new URL(consortium.urlOf('maker'));
    const socket = connect(Number(url.port), url.hostname);
    const answer = text(socket);
    socket.write('GET /caller HTTP/1.1\r\nHost: x\r\n');
    await sleep(100);
    const stopped = consortium.gateways.get('maker')!.stop();
    socket.write('\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*Connection: close[\s\S]*"code":"TL-DRAINING"/);
    await stopped;
  }, 60_000);
});

describe('too much work is shed', () => {
  test('more requests at once than allowed get 503 with Retry-After, the others are done', async () => {
    await start({ THINGLEDGER_MAX_IN_FLIGHT: '5' });
    const got = await Promise.all(Array.from({ length: 60 }, () => post(thing())));
    const shed = got.filter(({ status }) => status === 503);
    expect(shed.length).toBeGreaterThan(0);
    expect(shed.every(({ code }) => code === 'TL-OVERLOADED')).toBe(true);
    expect(got.filter(({ status }) => status === 201)).toHaveLength(60 - shed.length);
    expect((await post(thing())).status).toBe(201);
  }, 60_000);

  test('a principal has its rate, and hears of it', async () => {
    await start({ THINGLEDGER_RATE_LIMIT: '5', THINGLEDGER_RATE_WINDOW_SECONDS: '600' });
    const ask = (participant: string): Promise<Response> =>
      fetch(`${consortium.urlOf('maker')}/caller`, {
        headers: { 'X-API-Key': consortium.keyOf(participant) },
      });
    const answers: Response[] = [];
    for (let at = 0; at < 6; at++) answers.push(await ask('farm@maker'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[0]!.headers.get('ratelimit')).toMatch(/r=4/);
    expect(Number(answers[5]!.headers.get('retry-after'))).toBeGreaterThan(1);
    expect(((await answers[5]!.json()) as { code: string }).code).toBe('TL-RATE-LIMITED');
    expect((await ask('processor@maker')).status).toBe(200);
    const bulk = await fetch(`${consortium.urlOf('maker')}/bulk/registerThing`, {
      method: 'POST',
      headers: { 'X-API-Key': consortium.keyOf('framer@maker'), 'Content-Type': 'application/json' },
      body: JSON.stringify(Array.from({ length: 6 }, () => JSON.parse(thing()) as unknown)),
    });
    expect(bulk.status).toBe(429);
  }, 60_000);

  test('an address that keeps failing to authenticate is held off', async () => {
    await start({ THINGLEDGER_AUTH_FAILURES: '3' });
    const statuses: number[] = [];
    for (let at = 0; at < 5; at++) statuses.push((await fetch(`${consortium.urlOf('maker')}/caller`)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const good = await fetch(`${consortium.urlOf('maker')}/caller`, {
      headers: { 'X-API-Key': consortium.keyOf('farm@maker') },
    });
    expect(good.status).toBe(200);
  }, 60_000);
});

describe('readiness', () => {
  const ready = async (): Promise<[number, string[]]> => {
    const response = await fetch(`${consortium.urlOf('maker')}/ready`);
    const { checks } = (await response.json()) as { checks: Record<string, { ready: boolean }> };
    return [response.status, Object.keys(checks).filter((name) => checks[name]?.ready !== true)];
  };
  /** Longer than a report is kept for others who ask. */
  const later = (): Promise<void> => sleep(300);

  test('each store is tried, and the one that fails is named', async () => {
    await start();
    expect(await ready()).toEqual([200, []]);
    const vault = consortium.identities.members['maker']!.vault;
    for (const [name, folder] of [
      ['requests', join(vault, '..', 'requests')],
      ['vault', join(vault, 'objects')],
    ] as const) {
      await rename(folder, `${folder}.away`);
      await later();
      expect(await ready()).toEqual([503, [name]]);
      await rename(`${folder}.away`, folder);
      await later();
      expect(await ready()).toEqual([200, []]);
    }
  }, 60_000);
});

describe('a local consortium', () => {
  test('started again is the same: ledger, API keys, identities file', async () => {
    await start();
    const registered = JSON.parse(thing()) as { thing: string };
    expect((await post(JSON.stringify(registered))).status).toBe(201);
    expect((await post(thing())).status).toBe(201);
    const { identities, dir } = consortium;
    expect((await stat(join(dir, 'identities.json'))).mode & 0o777).toBe(0o600);
    expect(Object.keys(identities.participants)).toEqual(
      expect.arrayContaining(['farm@maker', 'admin@maker', 'agent@customs']),
    );
    await consortium.close();
    const base = Number(new URL(identities.members['maker']!.gateway).port) - 80;
    const again = await startLocal({
      network: 'embedded',
      dir,
      basePort: base,
      variables: QUIET,
    });
    try {
      expect(again.identities).toEqual(identities);
      const found = await fetch(
        `${again.identities.members['bank']!.gateway}/things/${encodeURIComponent(registered.thing)}`,
        {
          headers: { 'X-API-Key': identities.participants['shop@bank']!.apiKey },
        },
      );
      expect(found.status).toBe(200);
    } finally {
      await again.close();
    }
  }, 60_000);

  test('a port that is taken stops the start, and names the variable', async () => {
    await start();
    const base = Number(new URL(consortium.urlOf('maker')).port) - 80;
    await expect(startConsortium({ basePort: base })).rejects.toThrow(/in use|EADDRINUSE/);
  }, 60_000);
});
