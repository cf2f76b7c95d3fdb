// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { Refusal, type Hop, type Verdict } from '@thingledger/protocol';
import express from 'express';
import request from 'supertest';
import { documentOf, People, recordOf, THING } from '../information-server/testing/index.js';
import { dataOf } from './data.js';
import { html } from '../http/html.js';
import { renderTrace } from './page.js';
import { publicTraceOf, PublicTraces, resolverRoutes, type PublicTrace } from './index.js';

const LOT = '/01/09506000134352/10/LOT-7';
const EVIL = '<script>alert("x")</script>';

let people: People;
beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());

type Trace = Parameters<typeof publicTraceOf>[0];

function hopOf(verdict: Verdict, data?: Record<string, unknown>): Hop {
  const record = recordOf(
    people,
    'https://data.maker.example',
    documentOf({ from: undefined, to: 'farm@maker' }),
  );
  return {
    record: { record, status: 'accepted', votes: [] },
    verdict,
    ...(data && { data, hidden: 3 }),
    ...(verdict === 'altered' && { reason: { code: 'TL-VERIFY-HASH', detail: 'x' } }),
  };
}

function traceOf(...hops: Hop[]): Trace {
  const thing = {
    thing: THING,
    kind: 'batch',
    quantity: { value: '1', unit: 'KGM' },
    registrant: 'farm@maker',
  };
  return { thing, hops, changes: [], sources: [], reachesOrigin: true, complete: true } as unknown as Trace;
}

describe('T7: what the public is told', () => {
  const told = (...hops: Hop[]): PublicTrace => publicTraceOf(traceOf(...hops), '2026-11-21T00:00:00.000Z');

  test('members and times, no account of a person anywhere', () => {
    const trace = told(hopOf('ok', { origin: 'Field 12' }));
    expect(trace).toMatchObject({ verdict: 'intact', stations: [{ to: 'maker', verdict: 'ok', hidden: 3 }] });
    expect(JSON.stringify(trace)).not.toContain('@');
  });

  test('of a station that is not open only the time', () => {
    const { stations, verdict } = told(hopOf('not-entitled'), hopOf('ok', {}));
    expect(Object.keys(stations[1] ?? {})).toEqual(['at', 'verdict']);
    expect(verdict).toBe('intact');
  });

  test.each<Verdict>(['altered', 'missing', 'unreachable'])(
    'of a station that is %s no member',
    (verdict) => {
      const { stations } = told(hopOf(verdict), hopOf('ok', {}));
      expect(JSON.stringify(stations[1])).not.toContain('maker');
      expect(renderTrace(told(hopOf(verdict))).text).not.toContain('maker');
    },
  );

  test('a thing of which nothing is open is unknown', () => {
    for (const trace of [traceOf(), traceOf(hopOf('not-entitled'))])
      expect(() => publicTraceOf(trace, '')).toThrow(
        expect.objectContaining({ code: 'TL-THING-UNKNOWN' }) as Error,
      );
  });

  test.each<[PublicTrace['verdict'], Verdict]>([
    ['altered', 'altered'],
    ['altered', 'missing'],
    ['unchecked', 'unreachable'],
  ])('%s when a station is %s', (verdict, station) => {
    expect(told(hopOf('ok', {}), hopOf(station)).verdict).toBe(verdict);
  });

  test('unchecked when it does not reach its origin', () => {
    expect(publicTraceOf({ ...traceOf(hopOf('ok', {})), reachesOrigin: false }, '').verdict).toBe(
      'unchecked',
    );
  });
});

describe('the page', () => {
  test('escapes whatever is put in', () => {
    expect(html`<p title="${`"'&`}">${EVIL}${[1, html`<b></b>`]}${undefined}</p>`.text).toBe(
      '<p title="&quot;&#39;&amp;">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;1<b></b></p>',
    );
  });

  test('reads what documents hold, whatever it is, and escapes all of it', () => {
    const data = {
      [EVIL]: EVIL,
      sensorReadings: [
        { type: EVIL, component: EVIL, uom: EVIL, minValue: 1, maxValue: EVIL, [EVIL]: null },
        7,
        null,
      ],
      nested: [[EVIL], { a: { b: [EVIL] }, c: {} }, null, true],
      setPoint: { value: 11, uom: 'CEL' },
      toString: 1,
    };
    const { text } = dataOf(data);
    expect(text).not.toContain('<script');
    expect(text).toContain('11 °C');
    expect(dataOf({ sensorReadings: 'none' }).text).toBe('');
  });
});

describe('the resolver', () => {
  let asked: string[];
  let answer: (thing: string) => Promise<Trace>;
  const app = (): express.Express => {
    const traces = new PublicTraces({
      trace: (thing) => (asked.push(thing), answer(thing)),
      disclosure: () => Promise.reject(new Refusal('TL-RECORD-UNKNOWN')),
    });
    const guards = { anyone: ((_q, _s, next) => next()) as express.RequestHandler };
    return express().use(resolverRoutes({ member: 'maker', guards, traces }));
  };
  const get = (path: string, accept: string): request.Test => request(app()).get(path).set('Accept', accept);
  beforeEach(() => {
    asked = [];
    answer = () => Promise.resolve(traceOf(hopOf('ok', { origin: EVIL })));
  });

  test('who waits for a slow trace gets it, however many others scan meanwhile', async () => {
    let done = (_: Trace): void => undefined;
    const slow = new Promise<Trace>((resolve) => (done = resolve));
    const traces = new PublicTraces({
      trace: (thing) => (thing === 'slow' ? slow : answer(thing)),
      disclosure: () => Promise.reject(new Refusal('TL-RECORD-UNKNOWN')),
    });
    const waiting = traces.of('slow');
    waiting.catch(() => undefined);
    for (let scan = 0; scan < 300; scan += 1) await traces.of(`urn:x:${String(scan)}`);
    done(traceOf(hopOf('ok', {})));
    expect((await waiting).verdict).toBe('intact');
  });

  test.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', '', 'text/html; charset=utf-8'],
    ['*/*', '', 'text/html; charset=utf-8'],
    ['application/json', '', 'application/json'],
    ['application/linkset+json', '', 'application/linkset+json'],
    ['text/html', '?linkType=all', 'application/linkset+json'],
    ['text/html', '?linkType=linkset', 'application/linkset+json'],
    ['text/html', '?linkType=gs1:traceability', 'application/json'],
    ['application/json', '?linkType=https://ref.gs1.org/voc/pip', 'text/html; charset=utf-8'],
    ['image/png', '', 'text/html; charset=utf-8'],
  ])('%s%s is answered as %s', async (accept, query, type) => {
    const response = await get(`${LOT}${query}`, accept);
    expect([response.status, response.headers['content-type']]).toEqual([200, type]);
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    });
  });

  test('the page allows its own style and nothing else', async () => {
    const { headers, text } = await get(LOT, 'text/html');
    const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text).toContain('GTIN 09506000134352, lot LOT-7');
    expect(text).toContain('Nothing was altered');
    expect(text).not.toContain('<script');
  });

  test('the link set names its links absolutely, with one default', async () => {
    const { text } = await get(LOT, 'application/linkset+json').set('Host', 'scan.example');
    const { linkset } = JSON.parse(text) as { linkset: Record<string, { href: string }[]>[] };
    expect(linkset).toMatchObject([
      {
        anchor: THING,
        'https://ref.gs1.org/voc/defaultLink': [{ href: `http://scan.example${LOT}`, type: 'text/html' }],
        'https://ref.gs1.org/voc/traceability': [
          { href: `http://scan.example${LOT}?linkType=gs1:traceability` },
        ],
      },
    ]);
  });

  test.each([
    ['/01/09506000134353/10/A', 400, 'TL-ID-CHECK-DIGIT'],
    ['/01/abc', 400, 'TL-ID-MALFORMED'],
    ['/01/09506000134352/10', 400, 'TL-ID-MALFORMED'],
    ['/01/09506000134352/10/%E0%A4%A', 400, 'TL-INPUT-MALFORMED'],
    [`${LOT}?linkType=gs1:nothing`, 404, 'TL-LINK-TYPE-UNKNOWN'],
    [`${LOT}?linkType=constructor`, 404, 'TL-LINK-TYPE-UNKNOWN'],
    ['/disclosures/x', 400, 'TL-INPUT-INVALID'],
  ])('%s: refused as a page to read', async (path, status, code) => {
    const response = await get(path, 'text/html');
    expect([response.status, response.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect(response.text).toContain(code);
  });

  test('a Host that is none gets into no answer', async () => {
    const { status, text } = await get(LOT, 'text/html').set('Host', 'a"><script>');
    expect([status, text.includes('<script')]).toEqual([400, false]);
  });

  test('takes GET and HEAD only', async () => {
    const response = await request(app()).delete(LOT);
    expect(response.headers['allow']).toBe('GET, HEAD, OPTIONS');
  });

  test('scans of one thing share a trace; of too many at once, some are turned away', async () => {
    let go: () => void = () => undefined;
    const wait = new Promise<void>((resolve) => (go = resolve));
    answer = async () => (await wait, traceOf(hopOf('ok', {})));
    const one = app();
    const scans = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8].map((lot) =>
      request(one)
        .get(`/01/09506000134352/10/${String(lot)}`)
        .set('Accept', 'text/html')
        .then(({ status }) => status),
    );
    while (asked.length < 8) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 100));
    go();
    expect((await Promise.all(scans)).filter((status) => status === 503)).toHaveLength(1);
    expect(asked).toHaveLength(8);
  });

  test('a fault of our own is not shown', async () => {
    answer = () => Promise.reject(new Error('password is 1234'));
    const failing = app().use(((_error, _request, response, _next) => {
      response.status(500).end('logged');
    }) as express.ErrorRequestHandler);
    expect((await request(failing).get(LOT).set('Accept', 'text/html')).text).toBe('logged');
  });
});
