// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http';
import { createServer as createPlainServer } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { canonicalJson, disclose, documentHash } from '@thingledger/protocol';
import { LedgerDirectory } from '../directory.js';
import {
  hashOf,
  servedOf,
  documentOf,
  People,
  ScriptedLedger,
  startRawServer,
  type RawServer,
} from '../testing/index.js';
import { InformationServerClient, type Fetched, type FetchOptions } from './fetch.js';

const bytes = servedOf(documentOf());
const hash = hashOf(documentOf());
const decision = { by: 'admin@maker', at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };

let people: People;
let ledger: ScriptedLedger;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(() => {
  ledger = new ScriptedLedger();
});
afterEach(async () => {
  const all = opened.splice(0).reverse();
  for (const one of all) await one.close();
});

function clientWith(over: Partial<FetchOptions> = {}): InformationServerClient {
  const directory = new LedgerDirectory(ledger, people.principal('admin@inspection'), 0);
  const options = { allowPrivateAddresses: true, timeoutMillis: 3000, maxBytes: 10_000, ...over };
  const client = new InformationServerClient(directory, options);
  opened.push(client);
  return client;
}

function register(address: string, member = 'maker', authority = member): string {
  ledger.servers.set(address, {
    address,
    member,
    certificateAuthority: people.tls(authority).authorityPem,
    decision,
  });
  return address;
}

async function serve(listener: RequestListener, certificateOf = 'maker'): Promise<RawServer> {
  const server = await startRawServer(people.tls(certificateOf), listener);
  opened.push(server);
  return server;
}

const at = ({ port }: RawServer, host = 'localhost'): string => `https://${host}:${port}`;
const honest: RequestListener = (_request, response) => response.end(bytes);
const fetchFrom = (address: string, client = clientWith(), member = 'maker'): Promise<Fetched> =>
  client.fetch({ address, hash, member }, people.principal('agent@inspection'));
const faultOf = (fetched: Fetched): string => (fetched.ok ? 'ok' : fetched.fault.code);
const faultServed = async (listener: RequestListener, over: Partial<FetchOptions> = {}): Promise<string> =>
  faultOf(await fetchFrom(register(at(await serve(listener))), clientWith(over)));

describe('an honest server', () => {
  test('gives the document, asked with a bearer token, by name or by number', async () => {
    let authorization: string | undefined;
    const server = await serve((request, response) => {
      authorization = request.headers.authorization;
      response.end(bytes);
    });
    const fetched = await fetchFrom(register(at(server)));
    expect(fetched).toMatchObject({ ok: true, document: { to: 'processor@maker' } });
    expect(authorization).toMatch(/^Bearer ey/);
    expect(faultOf(await fetchFrom(register(at(server, '127.0.0.1'))))).toBe('ok');
  });

  test('is asked over one kept connection, with another token each time', async () => {
    const tokens = new Set<string | undefined>();
    const sockets = new Set<unknown>();
    const server = await serve((request, response) => {
      tokens.add(request.headers.authorization);
      sockets.add(request.socket);
      response.end(bytes);
    });
    const [address, client] = [register(at(server)), clientWith()];
    for (let i = 0; i < 5; i++) expect(faultOf(await fetchFrom(address, client))).toBe('ok');
    expect([tokens.size, sockets.size]).toEqual([5, 1]);
  });

  test('may close a kept connection at any moment', async () => {
    const seen = new Set<unknown>();
    const server = await serve((request, response) => {
      // Each connection answers once and dies under the second request.
      if (seen.has(request.socket)) request.socket.destroy();
      else response.end(bytes);
      seen.add(request.socket);
    });
    const [address, client] = [register(at(server)), clientWith()];
    for (let i = 0; i < 4; i++) expect(faultOf(await fetchFrom(address, client))).toBe('ok');
  });
});

describe('who is asked', () => {
  test('nobody, when the address is on no ledger', async () => {
    let asked = false;
    const server = await serve(() => (asked = true));
    expect(faultOf(await fetchFrom(at(server)))).toBe('TL-VERIFY-ADDRESS');
    expect(asked).toBe(false);
  });

  test('nobody, when the address belongs to another member than the announcer', async () => {
    let asked = false;
    const address = register(at(await serve(() => (asked = true))), 'carrier');
    expect(faultOf(await fetchFrom(address))).toBe('TL-VERIFY-ADDRESS');
    expect(asked).toBe(false);
  });

  test('no private address, unless allowed', async () => {
    const address = register(at(await serve(honest), '127.0.0.1'));
    expect(faultOf(await fetchFrom(address, clientWith({ allowPrivateAddresses: false })))).toBe(
      'TL-VERIFY-ADDRESS',
    );
  });

  test('no number that is another way to write a private address', async () => {
    const { port } = await serve(honest);
    const address = register(`https://2130706433:${port}`);
    expect(faultOf(await fetchFrom(address, clientWith({ allowPrivateAddresses: false })))).toBe(
      'TL-VERIFY-ADDRESS',
    );
  });

  test('no name that resolves to a public and a private address', async () => {
    const resolver = () =>
      Promise.resolve([
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    const client = clientWith({ allowPrivateAddresses: false, resolver });
    expect(faultOf(await fetchFrom(register('https://data.maker.example'), client))).toBe(
      'TL-VERIFY-ADDRESS',
    );
  });

  test('the address that was checked, and the name is not asked for again', async () => {
    let asked = 0;
    const server = await serve(honest);
    const resolver = () =>
      Promise.resolve([{ address: asked++ === 0 ? '127.0.0.1' : '10.9.9.9', family: 4 }]);
    expect(faultOf(await fetchFrom(register(at(server)), clientWith({ resolver })))).toBe('ok');
    expect(asked).toBe(1);
  });
});

describe('a server that is not what it should be', () => {
  test('with a certificate of another authority', async () => {
    const server = await serve(honest, 'carrier');
    expect(faultOf(await fetchFrom(register(at(server))))).toBe('TL-VERIFY-TLS');
  });

  test('with a certificate for another name', async () => {
    const { port } = await serve(honest);
    const resolver = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const address = register(`https://data.maker.example:${port}`);
    expect(faultOf(await fetchFrom(address, clientWith({ resolver })))).toBe('TL-VERIFY-TLS');
  });

  test('that speaks plain HTTP', async () => {
    const plain = createPlainServer(honest);
    const address = register(`https://localhost:${await listen(plain)}`);
    expect(faultOf(await fetchFrom(address))).toBe('TL-VERIFY-TLS');
  });

  test('whose registered authority is no certificate', async () => {
    const address = register(at(await serve(honest)));
    ledger.servers.set(address, {
      address,
      member: 'maker',
      certificateAuthority: '-----BEGIN CERTIFICATE-----',
      decision,
    });
    expect(faultOf(await fetchFrom(address))).toBe('TL-VERIFY-TLS');
  });
});

describe('a server that is', () => {
  test('down', async () => {
    const server = await serve(honest);
    await server.close();
    expect(faultOf(await fetchFrom(register(at(server))))).toBe('TL-VERIFY-UNREACHABLE');
  });

  test('nowhere', async () => {
    const resolver = () => Promise.reject(new Error('ENOTFOUND'));
    expect(faultOf(await fetchFrom(register('https://gone.example'), clientWith({ resolver })))).toBe(
      'TL-VERIFY-UNREACHABLE',
    );
  });

  test('behind a name service that never answers', async () => {
    const resolver = () => new Promise<never>(() => undefined);
    const client = clientWith({ resolver, timeoutMillis: 200 });
    expect(faultOf(await fetchFrom(register('https://gone.example'), client))).toBe('TL-VERIFY-UNREACHABLE');
  });

  test('silent from the first byte of the handshake', async () => {
    const silent = createSocketServer(() => undefined);
    const address = register(`https://localhost:${await listen(silent)}`);
    expect(faultOf(await fetchFrom(address, clientWith({ timeoutMillis: 300 })))).toBe(
      'TL-VERIFY-UNREACHABLE',
    );
  });

  test('lying', async () => {
    expect(await faultServed((_request, response) => response.end(Buffer.from(bytes).fill('x', 5, 6)))).toBe(
      'TL-VERIFY-HASH',
    );
  });

  test('slow to begin', async () => {
    expect(await faultServed(() => undefined, { timeoutMillis: 300 })).toBe('TL-VERIFY-SLOW');
  });

  test('slow to end, a byte at a time', async () => {
    const drip: RequestListener = (request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      request.on('close', () => clearInterval(timer));
    };
    expect(await faultServed(drip, { timeoutMillis: 300 })).toBe('TL-VERIFY-SLOW');
  });

  test('slow with its headers, a byte at a time', async () => {
    const drip: RequestListener = (request) => {
      request.socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
      const timer = setInterval(() => request.socket.write('x'), 20);
      request.on('close', () => clearInterval(timer));
    };
    expect(await faultServed(drip, { timeoutMillis: 300 })).toBe('TL-VERIFY-SLOW');
  });

  test('answering for ever with interim answers', async () => {
    const drip: RequestListener = (request, response) => {
      const timer = setInterval(() => response.writeProcessing(), 10);
      request.on('close', () => clearInterval(timer));
    };
    expect(await faultServed(drip, { timeoutMillis: 300 })).toBe('TL-VERIFY-SLOW');
  });

  test.each([301, 302, 303, 307, 308])(
    'redirecting with %i, and the other place is not visited',
    async (status) => {
      let visited = false;
      const other = await serve(() => (visited = true));
      const redirect: RequestListener = (_request, response) =>
        response.writeHead(status, { Location: at(other) }).end();
      expect(await faultServed(redirect)).toBe('TL-VERIFY-REDIRECT');
      expect(visited).toBe(false);
    },
  );

  test('oversize, by its own word', async () => {
    const declared: RequestListener = (_request, response) =>
      response.writeHead(200, { 'Content-Length': 10_001 }).write('x');
    expect(await faultServed(declared)).toBe('TL-VERIFY-OVERSIZE');
  });

  test('oversize, without saying so and without end', async () => {
    const endless: RequestListener = (request, response) => {
      const timer = setInterval(() => response.write('x'.repeat(4000)), 1);
      request.on('close', () => clearInterval(timer));
    };
    expect(await faultServed(endless)).toBe('TL-VERIFY-OVERSIZE');
  });

  test('oversize in its headers', async () => {
    const headers: RequestListener = (_request, response) =>
      response.writeHead(200, { 'X-Big': 'x'.repeat(9000) }).end(bytes);
    expect(await faultServed(headers)).toBe('TL-VERIFY-OVERSIZE');
  });

  test('packing its answer, so that a little becomes much', async () => {
    const packed: RequestListener = (_request, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bytes);
    expect(await faultServed(packed)).toBe('TL-VERIFY-DOCUMENT');
  });

  test('breaking off', async () => {
    const broken: RequestListener = (request, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length }).write(bytes.subarray(0, 20));
      setTimeout(() => request.socket.destroy(), 20);
    };
    expect(await faultServed(broken)).toBe('TL-VERIFY-UNREACHABLE');
  });

  test('changing the protocol, or speaking none', async () => {
    const upgrade: RequestListener = (request) =>
      request.socket.end('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    expect(await faultServed(upgrade)).toBe('TL-VERIFY-UNREACHABLE');
    expect(await faultServed((request) => request.socket.end('hello\r\n\r\n'))).toBe('TL-VERIFY-UNREACHABLE');
  });

  test.each([
    [404, '{}', 'TL-VERIFY-MISSING'],
    [410, '{}', 'TL-VERIFY-MISSING'],
    [401, '{}', 'TL-VERIFY-REFUSED'],
    [403, '{}', 'TL-VERIFY-REFUSED'],
    [418, '{}', 'TL-VERIFY-REFUSED'],
    [429, '{}', 'TL-VERIFY-UNREACHABLE'],
    [500, '{}', 'TL-VERIFY-UNREACHABLE'],
    [502, '<html>', 'TL-VERIFY-UNREACHABLE'],
    [502, 'null', 'TL-VERIFY-UNREACHABLE'],
    [502, '{"code":"TL-DATA-ALTERED"}', 'TL-VERIFY-HASH'],
  ])('answering %i %s', async (status, body, code) => {
    expect(await faultServed((_request, response) => response.writeHead(status).end(body))).toBe(code);
  });
});

test.each([
  ['no JSON', 'hello'],
  ['JSON of another kind', '{"a":1}'],
  ['a deep nest', '['.repeat(4000) + ']'.repeat(4000)],
])('%s is not what was announced', async (_what, text) => {
  expect(await faultServed((_request, response) => response.end(text))).toBe('TL-VERIFY-HASH');
});

test('a document of the right hash without what every document has is none', async () => {
  const other = { a: 1, salt: 'A'.repeat(22) };
  const text = canonicalJson(disclose(other, 'all'));
  const address = register(at(await serve((_request, response) => response.end(text))));
  const fetched = await clientWith().fetch(
    { address, hash: documentHash(other), member: 'maker' },
    people.principal('agent@inspection'),
  );
  expect(faultOf(fetched)).toBe('TL-VERIFY-DOCUMENT');
});

test('a ledger that is down is no finding about the server', async () => {
  ledger.beforeEvaluate = () => {
    throw new Error('down');
  };
  await expect(fetchFrom('https://localhost:1')).rejects.toThrow('down');
});

test('closing ends a running fetch', async () => {
  const client = clientWith();
  const running = fetchFrom(register(at(await serve(() => undefined))), client);
  setTimeout(() => client.close(), 100);
  await expect(running).rejects.toThrow();
});

function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  const destroyAll = (): void => sockets.forEach((socket) => socket.destroy());
  opened.push({ close: () => new Promise((resolve) => (server.close(resolve), destroyAll())) });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
