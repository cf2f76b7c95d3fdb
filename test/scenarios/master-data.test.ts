// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { epcisDocument, type CaptureJob } from '../support/epcis.js';
import { startSubscribedGateway, type SubscribedGateway } from '../support/subscribed-gateway.js';
import { eventIdsIn, type QueryDocument } from '../support/subscriber.js';
import { until } from '../support/until.js';

const FARM = 'farm@maker';
const PATIENCE_MS = 60_000;

let host: SubscribedGateway;
let subscriber: SubscribedGateway['subscriber'];
let epcis: SubscribedGateway['epcis'];

beforeAll(async () => {
  host = await startSubscribedGateway('maker', FARM, 'a token');
  ({ subscriber, epcis } = host);
}, 120_000);
afterAll(() => host.close());

/** A place of this run, so that no other scenario names it. */
const newPlace = (): string => `urn:epc:id:sgln:9506000.01343.${randomUUID().slice(0, 18)}`;
const newThing = (): string => `urn:epc:id:sgtin:9506000.013435.${randomUUID().slice(0, 18)}`;

function seenAt(bizLocation: string): Record<string, unknown> {
  return {
    type: 'ObjectEvent',
    eventTime: new Date(Date.now() - 1000).toISOString(),
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    epcList: [newThing()],
    bizStep: 'storing',
    bizLocation: { id: bizLocation },
  };
}

interface Place {
  readonly id: string;
  readonly country?: unknown;
  readonly children?: readonly unknown[];
}

/** A document of events and of what is said of places. */
function documentOf(places: readonly Place[], events: readonly unknown[] = []): unknown {
  const vocabularyElementList = places.map(({ id, country, children }) => ({
    id,
    ...(country !== undefined && { attributes: [{ id: 'cbvmda:countryCode', attribute: country }] }),
    ...(children && { children }),
  }));
  const type = 'urn:epcglobal:epcis:vtype:BusinessLocation';
  const epcisMasterData = { vocabularyList: [{ type, vocabularyElementList }] };
  return { ...(epcisDocument(events) as object), epcisHeader: { epcisMasterData } };
}

/** Captures a document; the hashes of its events. */
async function captured(document: unknown): Promise<string[]> {
  const accepted = await epcis('POST', '/capture', document);
  expect(accepted.status).toBe(202);
  const path = (accepted.headers.get('Location') ?? '').replace('/epcis', '');
  const job = await until(
    'the end of a job',
    async () => {
      const now = (await (await epcis('GET', path)).json()) as CaptureJob;
      return !now.running && now;
    },
    PATIENCE_MS,
  );
  expect(job).toMatchObject({ success: true });
  return job.captured.map(({ eventHash }) => eventHash);
}

async function found(query: string): Promise<string[]> {
  const answer = await epcis('GET', `/events?orderBy=recordTime&orderDirection=ASC&${query}`);
  expect(answer.status).toBe(200);
  return eventIdsIn((await answer.json()) as QueryDocument);
}

const linkOf = (place: string): string =>
  `https://id.gs1.org/414/9506000013435/254/${place.split('.').at(-1) ?? ''}`;

describe('master data of EPCIS documents (T8)', () => {
  test('events are found by where their place lies and what is known of it, in this document or an earlier one', async () => {
    const [site, hall, shelf, other] = [newPlace(), newPlace(), newPlace(), newPlace()];
    const [earlier] = await captured(epcisDocument([seenAt(shelf)]));
    const places = [
      { id: site, country: 'ES', children: [hall] },
      { id: hall, children: [shelf] },
      { id: shelf, country: `ES-${shelf}` },
    ];
    const [inHall, elsewhere] = await captured(documentOf(places, [seenAt(hall), seenAt(other)]));
    expect(await found(`WD_bizLocation=${site}`)).toEqual([earlier, inHall]);
    expect(await found(`WD_bizLocation=${linkOf(site)}`)).toEqual([earlier, inHall]);
    expect(await found(`WD_bizLocation=${other}`)).toEqual([elsewhere]);
    expect(await found(`EQATTR_bizLocation_cbvmda:countryCode=FR,ES-${shelf}`)).toEqual([earlier]);
    expect(await found(`WD_bizLocation=${site}&HASATTR_bizLocation=cbvmda:countryCode`)).toEqual([earlier]);

    // Master data alone, for a place that is written the other way.
    await captured(
      documentOf([
        { id: linkOf(shelf), country: null },
        { id: hall, country: 'ES' },
      ]),
    );
    expect(await found(`WD_bizLocation=${site}&HASATTR_bizLocation=cbvmda:countryCode`)).toEqual([inHall]);
  });

  test('a subscription to a query by attribute delivers what fits, and nothing else', async () => {
    const [near, far] = [newPlace(), newPlace()];
    const country = `XX-${randomUUID()}`;
    const name = `q-${randomUUID()}`;
    const query = { 'EQATTR_bizLocation_cbvmda:countryCode': [country] };
    expect((await epcis('POST', '/queries', { name, query })).status).toBe(201);
    const asked = { dest: subscriber.dest, signatureToken: 'a token', stream: true };
    expect((await epcis('POST', `/queries/${name}/subscriptions`, asked)).status).toBe(201);
    const taken = (): string[] =>
      subscriber.documents
        .filter((each) => each.epcisBody.queryResults.queryName === name)
        .flatMap(eventIdsIn);

    const first = await captured(documentOf([{ id: near, country }], [seenAt(far), seenAt(near)]));
    await until('the first event', () => taken().length > 0, PATIENCE_MS);
    const places = [
      { id: near, country: 'other' },
      { id: far, country },
    ];
    const second = await captured(documentOf(places, [seenAt(near), seenAt(far)]));
    await until('the second event', () => taken().length > 1, PATIENCE_MS);
    expect(taken()).toEqual([first[1], second[1]]);
    expect(await found(`EQATTR_bizLocation_cbvmda:countryCode=${country}`)).toEqual([first[0], second[1]]);
    expect(subscriber.forged).toBe(0);
  });

  test('master data meant to harm is refused with the place of the fault, or does none', async () => {
    const [site, hall] = [newPlace(), newPlace()];
    const circle = documentOf(
      [
        { id: site, children: [hall, site] },
        { id: hall, children: [site] },
      ],
      [seenAt(hall)],
    );
    const [hash] = await captured(circle);
    expect(await found(`WD_bizLocation=${site}`)).toEqual([hash]);

    const element = 'epcisHeader.epcisMasterData.vocabularyList.0.vocabularyElementList.0';
    const named = JSON.parse(
      JSON.stringify(documentOf([{ id: site, country: 'ES' }])).replace('cbvmda:countryCode', '__proto__'),
    ) as unknown;
    const millions = documentOf([{ id: site, children: Array<number>(1_000_000).fill(1) }]);
    for (const [document, status, code, fields] of [
      [millions, 413, 'TL-INPUT-TOO-LARGE', {}],
      [
        documentOf([{ id: site, country: 'x'.repeat(100_000) }]),
        413,
        'TL-INPUT-TOO-LARGE',
        { field: `${element}.attributes.0.attribute` },
      ],
      [named, 400, 'TL-EPCIS-NAMESPACE', { field: `${element}.attributes.0.id` }],
      [documentOf([{ id: 'a hall' }]), 400, 'TL-INPUT-INVALID', { fields: [`${element}.id`] }],
    ] as const) {
      const refused = await epcis('POST', '/capture', document);
      expect(refused.status).toBe(status);
      expect(await refused.json()).toMatchObject({ code, fields });
    }
    expect(await found(`WD_bizLocation=${site}`)).toEqual([hash]);
    expect({}).not.toHaveProperty('countryCode');
  });
});
