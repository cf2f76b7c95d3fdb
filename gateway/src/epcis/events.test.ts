// SPDX-License-Identifier: Apache-2.0
import { catalogue, type DeletionCertificate } from '@thingledger/protocol';
import { bareEventOf, documentOf, eventOf } from './testing/events.js';
import {
  finishedJob,
  listed,
  nextOf,
  openMember,
  type EpcisMember,
  type EventBody,
  type Reply,
} from './testing/member.js';
import { ScriptedWriter } from './testing/scripted-writer.js';

const writer = new ScriptedWriter();
let member: EpcisMember;
beforeAll(async () => {
  member = await openMember(writer);
  const events = [1, 2, 3, 4, 5, 6].map((n) => eventOf(n));
  const named = eventOf(7, {
    eventID: 'urn:uuid:11111111-2222-3333-4444-555555555555',
    bizStep: 'urn:own:step',
  });
  const packed = {
    ...eventOf(8, { type: 'AggregationEvent', action: 'ADD', bizStep: 'packing' }),
    parentID: 'urn:epc:id:sscc:9506000.0000000001',
    childEPCs: ['urn:epc:id:sgtin:9506000.013435.1'],
  };
  delete (packed as Record<string, unknown>)['epcList'];
  const { headers } = await member.send('POST', '/capture', documentOf([...events, named, packed]));
  const job = await finishedJob(member, headers.get('Location'));
  expect(job.errors).toEqual([]);
});
afterAll(async () => {
  await member.close();
  await member.remove();
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
  member.send('GET', path, undefined, headers);
const first = (reply: Reply): EventBody => listed(reply)[0]!;
const batches = (reply: Reply): unknown[] => listed(reply).map((event) => event['example:batch']);

describe('asking for events (T8)', () => {
  it('answers with an EPCISQueryDocument of events as they were captured', async () => {
    const reply = await get('/events?EQ_bizStep=shipping&orderDirection=ASC');
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
      type: 'EPCISQueryDocument',
      schemaVersion: '2.0',
      epcisBody: { queryResults: { queryName: 'SimpleEventQuery' } },
    });
    expect(batches(reply)).toEqual(['B2', 'B4', 'B6']);
    expect(first(reply)).toEqual({
      ...bareEventOf(2),
      eventID: expect.stringMatching(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/) as unknown,
      recordTime: expect.stringMatching(/Z$/) as unknown,
    });
    expect(reply.headers.get('GS1-EPCIS-Version')).toBe('2.0.0');
    expect(reply.headers.get('GS1-EPC-Format')).toBe('Never_Translates');
    expect(reply.headers.get('Cache-Control')).toBe('no-store');
  });

  test.each([
    ['the newest first', '', ['B8', 'B7', 'B6', 'B5', 'B4', 'B3', 'B2', 'B1']],
    [
      'a span of time',
      'GE_eventTime=2026-10-01T02:00:03%2B02:00&LT_eventTime=2026-10-01T00:00:05Z',
      ['B4', 'B3'],
    ],
    ['an identifier in another form', 'MATCH_epc=https://id.gs1.org/01/09506000134352/21/3', ['B3']],
    ['things in whatever role', 'MATCH_anyEPC=urn:epc:id:sgtin:9506000.013435.1', ['B8', 'B1']],
    ['a type', 'eventType=AggregationEvent', ['B8']],
    ['an extension', 'EQ_https://ns.example.com/epcis/batch=B5', ['B5']],
    ['all since they were recorded', 'GE_recordTime=2026-11-01T00:00:00Z&eventCountLimit=2', ['B8', 'B7']],
    ['none', 'EQ_disposition=retail_sold', []],
    ['no more than allowed', 'maxEventCount=8&EQ_action=OBSERVE', ['B7', 'B6', 'B5', 'B4', 'B3', 'B2', 'B1']],
  ])('finds %s', async (_name, parameters, expected) => {
    expect(batches(await get(`/events?${parameters}`))).toEqual(expected);
  });

  it('gives pages that are the whole answer, while more is captured', async () => {
    const page = await get('/events?perPage=3&LT_eventTime=2026-10-01T00:01:00Z&EQ_action=OBSERVE,ADD');
    expect(batches(page)).toEqual(['B8', 'B7', 'B6']);
    const { status } = await member.send('POST', '/events', bareEventOf(50));
    expect(status).toBe(201);
    const second = await get(nextOf(page));
    const third = await get(nextOf(second));
    expect([batches(second), batches(third)]).toEqual([
      ['B5', 'B4', 'B3'],
      ['B2', 'B1'],
    ]);
    expect(nextOf(third)).toBe('');
  });

  it('cuts at eventCountLimit over all pages', async () => {
    const page = await get('/events?perPage=3&eventCountLimit=5');
    const second = await get(nextOf(page));
    expect([listed(page).length, listed(second).length, nextOf(second)]).toEqual([3, 2, '']);
  });

  it('gives one event by its hash and by the id that it came with', async () => {
    const event = first(await get('/events?EQ_bizStep=urn:own:step'));
    expect(event.eventID).toBe('urn:uuid:11111111-2222-3333-4444-555555555555');
    expect((await get(`/events/${encodeURIComponent(event.eventID)}`)).body).toEqual(event);
    const hash = [...writer.captured.keys()][6] ?? '';
    expect((await get(`/events/${encodeURIComponent(hash)}`)).body).toEqual(event);
  });

  it('gives what was deleted in no answer', async () => {
    await member.send('POST', '/events', bareEventOf(60));
    const event = first(await get('/events?MATCH_epc=urn:epc:id:sgtin:9506000.013435.60'));
    await member.vault.delete(writer.captured.get(event.eventID)!.dataHash, () => certificate);
    expect((await get(`/events/${encodeURIComponent(event.eventID)}`)).status).toBe(404);
    expect(listed(await get('/events?MATCH_epc=urn:epc:id:sgtin:9506000.013435.60'))).toEqual([]);
  });

  it('is for staff of the member', async () => {
    expect(listed(await get('/events?perPage=1', { 'X-API-Key': 'watcher@maker' }))).toHaveLength(1);
  });
});

describe('an event declared to be in error (T8)', () => {
  const thing = 'urn:epc:id:sgtin:9506000.013435.70';
  const original = bareEventOf(70);
  const declared = {
    ...original,
    errorDeclaration: {
      declarationTime: '2026-10-02T00:00:00Z',
      reason: 'incorrect_data',
      correctiveEventIDs: ['urn:uuid:corrective'],
    },
  };

  it('is kept beside the event, is found by what it declares, and is there once', async () => {
    expect((await member.send('POST', '/events', original)).status).toBe(201);
    const answer = await member.send('POST', '/events', declared);
    expect(answer.status).toBe(201);
    const hash = first(await get(`/events?MATCH_epc=${thing}&orderBy=recordTime&orderDirection=ASC`)).eventID;
    for (const asked of [
      'EXISTS_errorDeclaration',
      'GE_errorDeclarationTime=2026-10-02T00:00:00Z',
      'EQ_errorReason=incorrect_data',
      'EQ_correctiveEventID=urn:uuid:corrective',
    ])
      expect(listed(await get(`/events?MATCH_epc=${thing}&${asked}`))).toMatchObject([
        { ...declared, eventID: hash },
      ]);
    expect(listed(await get(`/events?MATCH_epc=${thing}`))).toHaveLength(2);
    expect((await get(`/events/${encodeURIComponent(hash)}`)).body).toMatchObject(declared);
    expect((await member.send('POST', '/events', declared)).status).toBe(409);
    expect((await member.send('POST', '/events', original)).status).toBe(409);
  });

  it('is in a job of its own event, and over a restart', async () => {
    const { '@context': _, ...twice } = declared as Record<string, unknown>;
    const writerOfItsOwn = new ScriptedWriter();
    const one = await openMember(writerOfItsOwn);
    const reply = await one.send('POST', '/capture', documentOf([eventOf(70), twice, twice]));
    const job = await finishedJob(one, reply.headers.get('Location'));
    expect(job).toMatchObject({ success: true, captured: [{ event: 0 }, { event: 1 }, { event: 2 }] });
    expect(writerOfItsOwn.calls).toEqual([2]);
    await one.close();
    const again = await openMember(writerOfItsOwn, { dir: one.dir });
    expect(listed(await again.send('GET', '/events'))).toHaveLength(2);
    expect(listed(await again.send('GET', '/events?EXISTS_errorDeclaration'))).toMatchObject([declared]);
    await again.close();
    await again.remove();
  });
});

const certificate = { note: 'kept by the vault' } as unknown as DeletionCertificate;

describe('resources (T8)', () => {
  test.each([
    ['eventTypes', ['AggregationEvent', 'ObjectEvent']],
    ['bizSteps', ['packing', 'receiving', 'shipping', 'urn:own:step']],
    ['dispositions', ['in_transit']],
    ['readPoints', ['https://id.gs1.org/414/9506000013435/254/dock']],
  ])('%s lists what events say', async (resource, expected) => {
    expect((await get(`/${resource}`)).body).toMatchObject({ type: 'Collection', member: expected });
  });

  it('lists in pages', async () => {
    const page = await get('/bizSteps?perPage=3');
    const second = await get(nextOf(page));
    expect([page.body.member, second.body.member]).toEqual([
      ['packing', 'receiving', 'shipping'],
      ['urn:own:step'],
    ]);
  });

  it('leads from a name to its events, with further parameters', async () => {
    const { body } = await get('/epcs');
    const thing = body.member.find((each) => each.endsWith('/21/3')) ?? '';
    expect((await get(`/epcs/${encodeURIComponent(thing)}`)).body).toMatchObject({ member: ['events'] });
    expect(batches(await get(`/epcs/${encodeURIComponent(thing)}/events`))).toEqual(['B3']);
    const shipped = await get('/bizSteps/shipping/events?perPage=2&LT_eventTime=2026-10-01T00:00:10Z');
    expect(batches(shipped)).toEqual(['B6', 'B4']);
    expect(batches(await get(nextOf(shipped)))).toEqual(['B2']);
  });
});

describe('named queries (T8)', () => {
  it('are defined, listed, asked and deleted', async () => {
    const definition = {
      name: 'packed',
      query: { eventType: ['AggregationEvent'], GE_eventTime: '2026-01-01T00:00:00Z' },
    };
    const made = await member.send('POST', '/queries', definition);
    expect(made).toMatchObject({ status: 201, body: definition });
    expect(made.headers.get('Location')).toBe('/epcis/queries/packed');
    expect((await get('/queries')).body.member).toEqual([made.body]);
    expect((await get('/queries/packed')).body).toEqual(made.body);
    const answer = await get('/queries/packed/events');
    expect(batches(answer)).toEqual(['B8']);
    expect(answer.body.epcisBody.queryResults.queryName).toBe('packed');
    expect(await member.send('POST', '/queries', definition)).toMatchObject({
      status: 409,
      body: { code: 'TL-EPCIS-QUERY-EXISTS', type: 'epcisException:ResourceAlreadyExistsException' },
    });
    expect((await member.send('DELETE', '/queries/packed')).status).toBe(204);
    expect((await get('/queries/packed')).body).toMatchObject({ type: 'epcisException:NoSuchNameException' });
  });

  it('take values with a comma in them', async () => {
    const query = { EQ_bizStep: ['shipping', 'urn:a,b'] };
    expect((await member.send('POST', '/queries', { name: 'comma', query })).status).toBe(201);
    expect(batches(await get('/queries/comma/events?LT_eventTime=2026-10-01T00:00:03Z'))).toEqual(['B2']);
  });
});

describe('what is not answered', () => {
  const forged = Buffer.from('[1,"ni:///x",0]').toString('base64url');
  const cases: [string, string, string, unknown, keyof typeof catalogue][] = [
    ['an unknown parameter', 'GET', '/events?colour=red', undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    [
      'a parameter twice',
      'GET',
      '/events?EQ_action=ADD&EQ_action=ADD',
      undefined,
      'TL-EPCIS-QUERY-PARAMETER',
    ],
    ['two limits', 'GET', '/events?eventCountLimit=1&maxEventCount=1', undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    ['a forged token', 'GET', `/events?nextPageToken=${forged}.AAAA`, undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    ['no token', 'GET', '/events?nextPageToken=x', undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    ['too many', 'GET', '/events?maxEventCount=3', undefined, 'TL-EPCIS-QUERY-TOO-LARGE'],
    ['an unknown event', 'GET', '/events/urn:x:y', undefined, 'TL-EPCIS-EVENT-UNKNOWN'],
    ['an unknown step', 'GET', '/bizSteps/selling/events', undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    ['a step nobody took', 'GET', '/bizSteps/repairing', undefined, 'TL-EPCIS-RESOURCE-UNKNOWN'],
    [
      'a resource twice',
      'GET',
      '/bizSteps/shipping/events?EQ_bizStep=x:y',
      undefined,
      'TL-EPCIS-QUERY-PARAMETER',
    ],
    ['resources by condition', 'GET', '/epcs?EQ_action=ADD', undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    ['jobs by condition', 'GET', '/capture?EQ_action=ADD', undefined, 'TL-EPCIS-QUERY-PARAMETER'],
    ['a job that is none', 'GET', '/capture/..%2Fx', undefined, 'TL-EPCIS-RESOURCE-UNKNOWN'],
    [
      'a wrong query',
      'POST',
      '/queries',
      { name: 'q', query: { colour: 'red' } },
      'TL-EPCIS-QUERY-PARAMETER',
    ],
    [
      'a query at a page',
      'POST',
      '/queries',
      { name: 'q', query: { nextPageToken: 'x' } },
      'TL-EPCIS-QUERY-PARAMETER',
    ],
    ['a wrong name', 'POST', '/queries', { name: '../q', query: {} }, 'TL-INPUT-INVALID'],
    ['no query of the name', 'GET', '/queries/q/events', undefined, 'TL-EPCIS-QUERY-UNKNOWN'],
    ['the release of a token', 'DELETE', '/nextPageToken/x', undefined, 'TL-EPCIS-NOT-IMPLEMENTED'],
    ['another route', 'GET', '/things', undefined, 'TL-ROUTE-UNKNOWN'],
    ['another method', 'DELETE', '/events', undefined, 'TL-METHOD-NOT-ALLOWED'],
  ];
  test.each(cases)('%s', async (_name, method, path, body, code) => {
    const refused = await member.send(method, path, body);
    expect(refused.body).toMatchObject({ code, status: catalogue[code].status });
    expect(refused.status).toBe(catalogue[code].status);
  });

  it('a token of another query', async () => {
    const page = await get('/events?perPage=1');
    const token = new URLSearchParams(nextOf(page).split('?')[1]).get('nextPageToken') ?? '';
    const moved = await get(`/events?perPage=1&EQ_action=OBSERVE&nextPageToken=${token}`);
    expect(moved.body).toMatchObject({ code: 'TL-EPCIS-QUERY-PARAMETER' });
  });

  test.each(['/events', '/events/x', '/epcs', '/queries', '/queries/q/events'])(
    '%s to a device',
    async (path) => {
      const refused = await get(path, { 'X-API-Key': 'thermometer@maker' });
      expect(refused).toMatchObject({ status: 403, body: { type: 'epcisException:SecurityException' } });
    },
  );

  it('anything without a credential', async () => {
    const response = await get('/events', { 'X-API-Key': 'nobody@maker' });
    expect(response).toMatchObject({ status: 403, body: { code: 'TL-CALLER-UNKNOWN' } });
  });

  it('a query that takes too long, while others get their answers', async () => {
    const slow = await openMember(new ScriptedWriter(), { queryMs: 0 });
    await slow.send('POST', '/events', bareEventOf(1));
    for (const path of ['/events', '/epcs'])
      expect(await slow.send('GET', path)).toMatchObject({
        status: 413,
        body: { code: 'TL-EPCIS-QUERY-TOO-COMPLEX', type: 'epcisException:QueryTooComplexException' },
      });
    expect((await slow.send('GET', '/capture')).status).toBe(200);
    await slow.close();
    await slow.remove();
  });
});
