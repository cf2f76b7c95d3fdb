// SPDX-License-Identifier: Apache-2.0
import { gatewayDocument } from '../../openapi.js';
import { epcisProblemType } from '@thingledger/protocol/epcis';
import { bareEventOf, documentOf, eventOf, type Json } from '../testing/events.js';
import { finishedJob, openMember, type EpcisMember, type Reply } from '../testing/member.js';
import { ScriptedWriter } from '../testing/scripted-writer.js';
import { epcisDescriptions, epcisRoutes, UNSERVED, type EpcisParts } from './index.js';

interface Layer {
  readonly route?: { readonly path: string; readonly stack: readonly { readonly method?: string }[] };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Every method and path that a router takes; what stands behind all methods only answers OPTIONS, or refuses. */
function mounted(stack: readonly Layer[]): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (!route) return mounted(handle.stack ?? []);
    const methods = new Set(route.stack.flatMap(({ method }) => method ?? []));
    return [...methods].map(
      (method) => `${method.toUpperCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
  });
}

const nothing = (): never => undefined as never;
const guards = { caller: nothing, admit: () => nothing, charge: nothing };
const router = epcisRoutes({ guards, limits: {} } as unknown as EpcisParts);
const nameOf = ({ method, path }: { method: string; path: string }): string =>
  `${method.toUpperCase()} ${path.replace('/epcis', '') || '/'}`;
const described = epcisDescriptions.map(nameOf);

test('every route that is mounted is described, and the other way round', () => {
  const routes = mounted((router as unknown as { stack: Layer[] }).stack);
  expect(routes.length).toBeGreaterThan(25);
  expect([...described, ...Object.keys(UNSERVED)].sort()).toEqual([...new Set(routes)].sort());
});

describe('the OpenAPI document', () => {
  const paths = gatewayDocument()['paths'] as Record<
    string,
    Record<string, { parameters: { $ref: string }[]; responses: Record<string, Json> }>
  >;

  const { parameters: components } = gatewayDocument()['components'] as {
    parameters: Record<string, { name: string }>;
  };

  test.each(epcisDescriptions.map((route) => [nameOf(route), route] as const))('has %s', (_name, route) => {
    const found = paths[route.path]?.[route.method];
    for (const { status } of route.answers) expect(found?.responses[String(status)]).toBeDefined();
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const names = found?.parameters.map(({ $ref }) => components[$ref.split('/').at(-1) ?? '']?.name);
    expect(names).toEqual(route.parameters.map(({ name }) => name));
    expect(names).toEqual(expect.arrayContaining([...inPath, 'GS1-EPCIS-Version']));
    const problems = JSON.stringify(found?.responses);
    for (const code of route.refusals) expect(problems).toContain(`#/components/examples/EPCIS-${code}`);
  });

  test('shows problems with the types of EPCIS', () => {
    const { examples } = gatewayDocument()['components'] as {
      examples: Record<string, { value: { type: string; code: string } }>;
    };
    const shown = Object.entries(examples).filter(([name]) => name.startsWith('EPCIS-'));
    expect(shown.length).toBeGreaterThan(20);
    for (const [, { value }] of shown) {
      const code = value.code as Parameters<typeof epcisProblemType>[0];
      expect(value.type).toBe(epcisProblemType(code) ?? `/problems/${code}`);
    }
  });
});

describe('every described route answers', () => {
  let member: EpcisMember;
  let job: string;
  let hash: string;
  let subscription: string;
  beforeAll(async () => {
    member = await openMember(new ScriptedWriter());
    const { headers } = await member.send('POST', '/capture', documentOf([eventOf(1), eventOf(2)]));
    const finished = await finishedJob(member, headers.get('Location'));
    job = finished.captureID;
    hash = encodeURIComponent(finished.captured[0]?.eventHash ?? '');
    await member.send('POST', '/queries', { name: 'kept', query: {} });
    const made = await member.send('POST', '/queries/kept/subscriptions', subscribing);
    subscription = String((made.body as unknown as Json)['subscriptionID']);
  });
  afterAll(async () => {
    await member.close();
    await member.remove();
  });

  const subscribing = { dest: 'https://127.0.0.1:9/', schedule: { month: '1' } };
  const get = (path: string) => (): Promise<Reply> => member.send('GET', path);
  const resource = (name: string, value: string): Record<string, () => Promise<Reply>> => ({
    [`GET /${name}`]: get(`/${name}`),
    [`GET /${name}/{name}`]: get(`/${name}/${encodeURIComponent(value)}`),
    [`GET /${name}/{name}/events`]: get(`/${name}/${encodeURIComponent(value)}/events`),
  });
  const cases: Record<string, () => Promise<Reply>> = {
    'GET /': get('/'),
    'POST /capture': () => member.send('POST', '/capture', documentOf([eventOf(3)])),
    'GET /capture': get('/capture'),
    'GET /capture/{captureID}': () => member.send('GET', `/capture/${job}`),
    'POST /events': () => member.send('POST', '/events', bareEventOf(4)),
    'GET /events': get('/events'),
    'GET /events/{eventID}': () => member.send('GET', `/events/${hash}`),
    ...resource('eventTypes', 'ObjectEvent'),
    ...resource('epcs', 'urn:epc:id:sgtin:9506000.013435.1'),
    ...resource('bizSteps', 'shipping'),
    ...resource('bizLocations', 'urn:epc:id:sgln:9506000.01343.hall-1'),
    ...resource('readPoints', 'urn:epc:id:sgln:9506000.01343.dock'),
    ...resource('dispositions', 'in_transit'),
    'POST /queries': () => member.send('POST', '/queries', { name: 'new', query: { EQ_action: 'ADD' } }),
    'GET /queries': get('/queries'),
    'GET /queries/{queryName}': get('/queries/kept'),
    'DELETE /queries/{queryName}': async () => {
      await member.send('POST', '/queries', { name: 'old', query: {} });
      return member.send('DELETE', '/queries/old');
    },
    'GET /queries/{queryName}/events': get('/queries/kept/events'),
    'POST /queries/{queryName}/subscriptions': () =>
      member.send('POST', '/queries/kept/subscriptions', subscribing),
    'GET /queries/{queryName}/subscriptions': get('/queries/kept/subscriptions'),
    'GET /queries/{queryName}/subscriptions/{subscriptionID}': () =>
      member.send('GET', `/queries/kept/subscriptions/${subscription}`),
    'DELETE /queries/{queryName}/subscriptions/{subscriptionID}': async () => {
      const made = await member.send('POST', '/queries/kept/subscriptions', subscribing);
      return member.send('DELETE', (made.headers.get('Location') ?? '').replace('/epcis', ''));
    },
  };

  test('and no other is tried', () => {
    expect(Object.keys(cases).sort()).toEqual([...described].sort());
  });

  test.each(epcisDescriptions.map((route) => [nameOf(route), route] as const))('%s', async (name, route) => {
    const reply = await cases[name]!();
    const answer = route.answers.find(({ status }) => status === reply.status);
    expect(answer).toBeDefined();
    for (const header of Object.keys(answer?.headers ?? {}).filter((each) => each !== 'Link'))
      expect([header, reply.headers.has(header)]).toEqual([header, true]);
    answer?.content?.['application/json']?.parse(reply.body);
  });

  test.each([...new Set(epcisDescriptions.map(({ path }) => path.replace('/epcis', '') || '/'))])(
    'OPTIONS %s tells the versions',
    async (path) => {
      const reply = await member.send('OPTIONS', path.replaceAll(/\{\w+\}/g, 'x'), undefined, {
        'X-API-Key': '',
      });
      expect(reply.status).toBe(204);
      expect(reply.headers.get('Allow')).toContain('OPTIONS');
      expect(reply.headers.get('GS1-EPCIS-Max')).toBe('2.0.0');
      expect(reply.headers.get('GS1-Vendor-Version')).toMatch(/^\d+\.\d+\.\d+$/);
    },
  );

  test.each([
    ['GS1-EPCIS-Min', '2.1', 406],
    ['GS1-EPCIS-Min', '1.2', 200],
    ['GS1-EPCIS-Max', '1.2', 406],
    ['GS1-CBV-Max', '2.0', 200],
    ['GS1-CBV-Version', '2.0.0', 200],
    ['GS1-EPCIS-Version', 'two', 406],
    ['GS1-EPC-Format', 'No_Preference', 200],
    ['GS1-EPC-Format', 'Always_EPC_URN', 406],
  ])('%s: %s is answered with %i', async (header, value, status) => {
    expect((await member.send('GET', '/events', undefined, { [header]: value })).status).toBe(status);
  });
});
