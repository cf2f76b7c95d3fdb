// SPDX-License-Identifier: Apache-2.0
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDisclosure, type AccessMatrix } from '@thingledger/protocol';
import { Vault } from '../vault/index.js';
import { LedgerDirectory } from './directory.js';
import { startInformationServer, type RunningServer, type ServerLimits } from './server.js';
import {
  bytesOf,
  documentOf,
  hashOf,
  People,
  recordIdFor,
  ScriptedLedger,
  statementWith,
  THING,
} from './testing/index.js';
import { makeToken } from './token.js';

const ADDRESS = 'https://localhost:9443';
const bytes = bytesOf(documentOf());
const hash = hashOf(documentOf());

let people: People;
let ledger: ScriptedLedger;
let vault: Vault;
let dir: string;
let server: RunningServer;
let failures: unknown[];

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(async () => {
  ledger = new ScriptedLedger();
  failures = [];
  for (const [id, role] of Object.entries({
    'farm@maker': 'accounting',
    'processor@maker': 'accounting',
    'framer@maker': 'consumer',
    'trucker@carrier': 'accounting',
    'shop@bank': 'accounting',
    'inspector@inspection': 'verifier',
    'auditor@inspection': 'auditor',
  } as const)) {
    ledger.participants.set(id, people.participant(id, [role]));
  }
  dir = await people.folder();
  vault = await Vault.open({ dir, maxBytes: 10_000 });
  await vault.put(bytes, { kind: 'document', thing: THING, owner: 'farm@maker' });
  await start();
});
afterEach(() => server.close());

async function start(limits: Partial<ServerLimits> = {}): Promise<void> {
  const { certificatePem, privateKeyPem } = people.tls('maker');
  server = await startInformationServer({
    member: 'maker',
    address: ADDRESS,
    host: '127.0.0.1',
    port: 0,
    certificatePem,
    privateKeyPem,
    vault,
    directory: new LedgerDirectory(ledger, people.principal('admin@maker'), 0),
    limits,
    onError: (error) => failures.push(error),
  });
}

interface Got {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  readonly code: string | undefined;
}

function get(path: string, options: RequestOptions = {}, body = ''): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: 'localhost',
        port: server.port,
        path,
        ca: people.tls('maker').authorityPem,
        agent: false,
        ...options,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          const problem = response.headers['content-type'] === 'application/problem+json';
          const code = problem ? (JSON.parse(all.toString()) as { code: string }).code : undefined;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all, code });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
const getAs = async (id: string, path = `/data/${hash}`): Promise<Got> =>
  get(path, { headers: { Authorization: `Bearer ${makeToken(people.principal(id), ADDRESS)}` } });

test('serves a copy that anyone can hash, and lets nobody keep it', async () => {
  const got = await getAs('inspector@inspection');
  expect(got.status).toBe(200);
  const { salt: _, ...document } = documentOf();
  expect(openDisclosure(JSON.parse(got.body.toString()), hash)).toEqual({ hash, document, hidden: 0 });
  expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
});

test.each(['farm@maker', 'processor@maker', 'inspector@inspection', 'auditor@inspection'])(
  '%s is entitled',
  async (id) => {
    expect((await getAs(id)).status).toBe(200);
  },
);

test.each(['trucker@carrier', 'shop@bank', 'framer@maker'])(
  '%s is not, as long as it is no party',
  async (id) => {
    expect(await getAs(id)).toMatchObject({ status: 403, code: 'TL-DATA-NOT-ENTITLED' });
  },
);

test('a party of any record of the thing is entitled, also of one that waits for its decision', async () => {
  const pending = documentOf({ from: 'processor@maker', to: 'trucker@carrier' });
  ledger.keep(statementWith(people, ADDRESS, [pending]));
  expect((await getAs('trucker@carrier')).status).toBe(200);
  expect((await getAs('shop@bank')).status).toBe(403);
});

describe('through a product', () => {
  const product = 'https://id.gs1.org/01/09506000134352/10/JUICE';
  const through = (): string => `/data/${hash}?through=${encodeURIComponent(product)}`;
  beforeEach(() => {
    const sold = documentOf({ thing: product, from: 'processor@maker', to: 'trucker@carrier' });
    ledger.keep(statementWith(people, ADDRESS, [sold], { recordId: recordIdFor(2) }));
  });

  test('its parties see the data of its sources, and nobody else does', async () => {
    ledger.keep(statementWith(people, ADDRESS, [documentOf()]));
    ledger.sources.set(product, [THING]);
    expect((await getAs('trucker@carrier', through())).status).toBe(200);
    expect(await getAs('trucker@carrier')).toMatchObject({ code: 'TL-DATA-NOT-ENTITLED' });
    expect(await getAs('shop@bank', through())).toMatchObject({ code: 'TL-DATA-NOT-ENTITLED' });
  });

  test('a record of its own with the same hash opens nothing', async () => {
    const mine = documentOf({ thing: product, from: 'trucker@carrier', to: 'shop@bank' });
    const over = { recordId: recordIdFor(3), dataHash: hash };
    ledger.keep(statementWith(people, ADDRESS, [mine], over));
    expect(await getAs('trucker@carrier', through())).toMatchObject({ code: 'TL-DATA-NOT-ENTITLED' });
  });

  test('one request asks the ledger the same little, however many sources there are', async () => {
    const things = Array.from(
      { length: 50 },
      (_, n) => `https://id.gs1.org/01/09506000134352/10/S${String(n)}`,
    );
    const grown = things.map((thing) => documentOf({ thing }));
    ledger.keep(statementWith(people, ADDRESS, grown));
    ledger.sources.set(product, things);
    const asked: string[] = [];
    ledger.beforeEvaluate = (operation) => void asked.push(operation);
    expect(await getAs('trucker@carrier', through())).toMatchObject({ code: 'TL-DATA-NOT-ENTITLED' });
    const chains = asked.filter((name) => ['getCustodyChain', 'getLineage', 'getProvenance'].includes(name));
    expect(chains).toEqual(['getCustodyChain', 'getCustodyChain', 'getProvenance']);
  });
});

describe('T7: the access matrix says who sees what', () => {
  const whole = { ...documentOf(), documentType: 'harvest record', price: { net: '3.20', gross: '3.80' } };
  const wholeHash = hashOf(whole);
  const at = `/data/${wholeHash}`;
  /** The members of the document that somebody sees, or the code of why nothing. */
  const seen = ({ status, body, code }: Got): unknown =>
    status === 200
      ? Object.keys(openDisclosure(JSON.parse(body.toString()), wholeHash).document).sort()
      : code;
  const enact = (...rows: AccessMatrix['rows']): void => {
    ledger.access = { version: 1, rows };
  };
  const accept = (): void => {
    const statement = statementWith(people, ADDRESS, [whole]);
    ledger.keep(statement);
    const { recordId } = statement.records[0]!;
    for (const regulator of ['inspection', 'customs'])
      ledger.votes.set(recordId, [
        ...(ledger.votes.get(recordId) ?? []),
        {
          recordId,
          regulator,
          verifier: `agent@${regulator}`,
          decision: 'accept',
          reasons: [],
          at: '',
          txId: '',
        },
      ]);
  };
  beforeEach(async () => {
    await vault.put(bytesOf(whole), { kind: 'document', thing: THING, owner: 'farm@maker' });
  });

  test('the union of the rows that fit, by role, member, relation and document type', async () => {
    enact(
      { who: 'verifier', relation: 'any', fields: 'all' },
      { who: 'participant', relation: 'any', fields: ['/origin'] },
      { who: 'accounting', relation: 'any', member: 'bank', fields: ['/place'] },
      { who: 'accounting', relation: 'any', documentType: 'harvest record', fields: ['/quantity'] },
      { who: 'accounting', relation: 'any', documentType: 'invoice', fields: ['/price'] },
      { who: 'accounting', relation: 'owner', fields: ['/price/net'] },
      { who: 'consumer', relation: 'owner-member', fields: ['/to'] },
      { who: 'accounting', relation: 'party', fields: ['/thing'] },
    );
    accept();
    expect(seen(await getAs('inspector@inspection', at))).toHaveLength(9);
    expect(seen(await getAs('shop@bank', at))).toEqual(['origin', 'place', 'quantity']);
    expect(seen(await getAs('farm@maker', at))).toEqual(['origin', 'price', 'quantity', 'thing']);
    expect(seen(await getAs('framer@maker', at))).toEqual(['origin', 'to']);
    expect(seen(await getAs('trucker@carrier', at))).toEqual(['origin', 'quantity']);
    expect(seen(await get(at))).toBe('TL-DATA-NOT-ENTITLED');
    const owners = await getAs('farm@maker', at);
    expect(owners.body.toString()).not.toContain('3.80');
  });

  test('the public, and so everybody, sees the open members once the record is accepted', async () => {
    enact({ who: 'public', relation: 'any', fields: ['/origin'] });
    expect([seen(await get(at)), seen(await getAs('shop@bank', at))]).toEqual([
      'TL-DATA-NOT-ENTITLED',
      'TL-DATA-NOT-ENTITLED',
    ]);
    accept();
    expect([seen(await get(at)), seen(await getAs('shop@bank', at))]).toEqual([['origin'], ['origin']]);
    enact({ who: 'public', relation: 'any', fields: ['/nothing'] });
    expect(seen(await get(at))).toBe('TL-DATA-NOT-ENTITLED');
  });

  test('what can not be shown in part is for those who see all', async () => {
    const event = Buffer.from('{"event":1}');
    const path = `/data/${await vault.put(event, { kind: 'bytes', thing: THING, owner: 'farm@maker' })}`;
    expect((await getAs('farm@maker', path)).body.equals(event)).toBe(true);
    enact({ who: 'participant', relation: 'any', fields: ['/event'] });
    expect(await getAs('farm@maker', path)).toMatchObject({ code: 'TL-DATA-NOT-ENTITLED' });
  });

  test('who names nobody is let in less often', async () => {
    await server.close();
    await start({ publicPerAddressSecond: 1 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => get(at)));
    expect(answers.map(({ code }) => code)).toContain('TL-RATE-LIMITED');
    expect((await getAs('inspector@inspection', at)).status).toBe(200);
  });
});

test('a suspended caller is refused', async () => {
  ledger.participants.set(
    'farm@maker',
    people.participant('farm@maker', ['accounting'], { status: 'suspended' }),
  );
  expect(await getAs('farm@maker')).toMatchObject({ status: 403, code: 'TL-CALLER-SUSPENDED' });
});

test('with a token for another server nobody gets anything', async () => {
  const none = await get(`/data/${hash}`, { headers: { Authorization: 'Basic eDp5' } });
  expect(none).toMatchObject({ status: 401, code: 'TL-AUTH-MISSING' });
  expect(none.headers['www-authenticate']).toBe('Bearer');
  const foreign = makeToken(people.principal('farm@maker'), 'https://localhost:1');
  expect(await get(`/data/${hash}`, { headers: { Authorization: `Bearer ${foreign}` } })).toMatchObject({
    code: 'TL-AUTH-FOREIGN',
  });
});

test('a token that was seen on the wire is of no use', async () => {
  const headers = { Authorization: `Bearer ${makeToken(people.principal('farm@maker'), ADDRESS)}` };
  expect((await get(`/data/${hash}`, { headers })).status).toBe(200);
  expect(await get(`/data/${hash}`, { headers })).toMatchObject({ status: 401, code: 'TL-AUTH-INVALID' });
});

test('unknown, deleted and altered data are told apart', async () => {
  expect(await getAs('farm@maker', `/data/${'0'.repeat(64)}`)).toMatchObject({
    status: 404,
    code: 'TL-DATA-UNKNOWN',
  });
  const file =
    (await readdir(join(dir, 'objects'), { recursive: true })).find((name) => name.includes('/')) ?? '';
  await writeFile(join(dir, 'objects', file), 'altered');
  expect(await getAs('farm@maker')).toMatchObject({ status: 502, code: 'TL-DATA-ALTERED' });
  await vault.delete(hash, () => ({}) as never);
  expect(await getAs('farm@maker')).toMatchObject({ status: 410, code: 'TL-DATA-DELETED' });
});

test('health needs no token', async () => {
  const health = await get('/health');
  expect(JSON.parse(health.body.toString())).toEqual({ status: 'ok', member: 'maker' });
});

test.each([
  ['/', 404, 'TL-ROUTE-UNKNOWN'],
  ['/data/../master.key', 404, 'TL-ROUTE-UNKNOWN'],
  [`/data/${hash.toUpperCase()}`, 404, 'TL-ROUTE-UNKNOWN'],
  [`/data/${hash}?x=1`, 404, 'TL-ROUTE-UNKNOWN'],
])('there is nothing at %s', async (path, status, code) => {
  expect(await get(path)).toMatchObject({ status, code });
});

test('takes no other method and no body', async () => {
  const post = await get(`/data/${hash}`, { method: 'DELETE' });
  expect(post).toMatchObject({ status: 405, code: 'TL-METHOD-NOT-ALLOWED' });
  expect(post.headers['allow']).toBe('GET');
  const body = await get('/health', { method: 'GET', headers: { 'Content-Length': 5 } }, 'hello');
  expect(body).toMatchObject({ status: 413, code: 'TL-INPUT-TOO-LARGE' });
  expect(body.headers['connection']).toBe('close');
});

test('a ledger that is down, or any fault of our own, tells no secrets', async () => {
  ledger.beforeEvaluate = () => {
    throw new Error('password is 471108154711');
  };
  const got = await getAs('farm@maker');
  expect(got).toMatchObject({ status: 500, code: 'TL-INTERNAL' });
  expect(got.body.toString()).not.toMatch(/password|471108154711/);
  expect(failures).toHaveLength(1);
});

test('sheds what comes too fast, by caller and by address', async () => {
  await server.close();
  await start({ perCallerSecond: 1 });
  const codes = [];
  for (let i = 0; i < 4; i++) codes.push((await getAs('farm@maker')).status);
  expect(codes).toContain(429);
  expect((await getAs('processor@maker')).status).toBe(200);
  await server.close();
  await start({ perAddressSecond: 1 });
  const answers = await Promise.all([1, 2, 3, 4].map(() => get('/health')));
  expect(answers.some(({ status, headers }) => status === 429 && headers['retry-after'] === '1')).toBe(true);
});

test('sheds what is too much at once', async () => {
  await server.close();
  await start({ inFlight: 0 });
  expect(await get('/health')).toMatchObject({ status: 503, code: 'TL-OVERLOADED' });
});

test('survives rubbish instead of TLS', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.on('close', () => resolve()).on('error', () => undefined);
  });
  expect((await get('/health')).status).toBe(200);
});

test('answers what is running when it stops, and nothing after', async () => {
  let go: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => (go = resolve));
  const evaluate = ledger.evaluate.bind(ledger);
  ledger.evaluate = async (operation, input, as) => (await wait, evaluate(operation, input, as));
  const running = getAs('farm@maker');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const closing = server.close();
  go();
  expect((await running).status).toBe(200);
  await closing;
  await expect(get('/health')).rejects.toThrow('ECONNREFUSED');
});
