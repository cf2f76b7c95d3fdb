// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { captureOf, normaliseIdentifier } from '@thingledger/protocol';
import { eventHash, parseEpcisEvent } from '@thingledger/protocol/epcis';
import { Consortium } from '../support/consortium.js';
import { held, refusalOf } from '../support/custody.js';
import { endedJob, EPCIS_CONTEXT, epcisDocument, epcisRequest, type CaptureJob } from '../support/epcis.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const PATIENCE_MS = 60_000;

interface QueryDocument {
  readonly epcisBody: {
    readonly queryResults: {
      readonly resultsBody: {
        readonly eventList: readonly { readonly eventID: string; readonly bizStep: string }[];
      };
    };
  };
}

function epcis(method: string, path: string, body?: unknown, as = farm): Promise<Response> {
  return epcisRequest(consortium, as, method, path.startsWith('/epcis') ? path : `/epcis${path}`, body);
}

function seen(thing: string, bizStep: string, seconds: number): Record<string, unknown> {
  return {
    type: 'ObjectEvent',
    eventTime: new Date(Date.now() - 60_000 + seconds * 1000).toISOString(),
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    epcList: [thing],
    bizStep,
    readPoint: { id: 'urn:epc:id:sgln:9506000.01343.dock' },
  };
}

const newThing = (): string => `urn:epc:id:sgtin:9506000.013435.${randomUUID().slice(0, 18)}`;

async function finished(accepted: Response): Promise<CaptureJob> {
  expect(accepted.status).toBe(202);
  return endedJob(consortium, farm, accepted.headers.get('Location') ?? '', PATIENCE_MS);
}

async function asked(
  parameters: string,
  as = farm,
): Promise<readonly { eventID: string; bizStep: string }[]> {
  const response = await epcis('GET', `/events?${parameters}`, undefined, as);
  expect(response.status).toBe(200);
  return ((await response.json()) as QueryDocument).epcisBody.queryResults.resultsBody.eventList;
}

describe('EPCIS events over REST (T8)', () => {
  test('a document is captured, asked for by its member, and known to others by its hash alone', async () => {
    const thing = newThing();
    const events = [seen(thing, 'shipping', 1), seen(thing, 'departing', 2)];
    const job = await finished(await epcis('POST', '/capture', epcisDocument(events)));
    expect(job).toMatchObject({ success: true, errors: [] });

    const hashes = events.map((event) => {
      const read = parseEpcisEvent({ '@context': EPCIS_CONTEXT, ...event });
      return eventHash(read.event, read.namespaces);
    });
    expect(job.captured.map((each) => each.eventHash)).toEqual(hashes);
    const parameters = `MATCH_epc=${encodeURIComponent(thing)}&orderDirection=ASC`;
    expect((await asked(parameters)).map(({ bizStep, eventID }) => [bizStep, eventID])).toEqual([
      ['shipping', hashes[0]],
      ['departing', hashes[1]],
    ]);

    const shop = 'shop@bank';
    expect(await asked(parameters, shop)).toEqual([]);
    const { eventTime } = captureOf({ '@context': EPCIS_CONTEXT, ...events[0] });
    const path = `/event-captures/${encodeURIComponent(hashes[0] ?? '')}?eventTime=${eventTime}`;
    const known = await fetch(`${consortium.gatewayOf(shop)}${path}`, {
      headers: { 'X-API-Key': consortium.apiKeyOf(shop) },
    });
    const captured = (await known.json()) as Record<string, unknown>;
    expect(captured).toMatchObject({ eventHash: hashes[0], by: farm, recordId: job.captured[0]?.recordId });
    expect(JSON.stringify(captured)).not.toContain(thing.split('.').at(-1));
  });

  test('one event is captured once, however it is written', async () => {
    const event = { '@context': EPCIS_CONTEXT, ...seen(newThing(), 'receiving', 3) };
    const first = await epcis('POST', '/events', event);
    expect(first.status).toBe(201);
    const location = first.headers.get('Location') ?? '';
    const rewritten = Object.fromEntries(Object.entries(event).reverse());
    const again = await epcis('POST', '/events', { ...rewritten, bizStep: 'cbv:BizStep-receiving' });
    expect(again.status).toBe(409);
    expect(again.headers.get('Location')).toBe(location);
    expect(await (await epcis('GET', location)).json()).toMatchObject(event);
  });

  test('an event is declared to be in error: the ledger tells who and when, its member why', async () => {
    const thing = newThing();
    const event = { '@context': EPCIS_CONTEXT, ...seen(thing, 'shipping', 8) };
    const errorDeclaration = { declarationTime: new Date().toISOString(), reason: 'did_not_occur' };
    expect((await epcis('POST', '/events', event)).status).toBe(201);
    expect((await epcis('POST', '/events', { ...event, errorDeclaration })).status).toBe(201);
    const found = await asked(`MATCH_epc=${encodeURIComponent(thing)}&EQ_errorReason=did_not_occur`);
    expect(found).toMatchObject([{ errorDeclaration }]);
    const { eventHash, eventTime } = captureOf(event);
    expect(found[0]?.eventID).toBe(eventHash);
    const known = await consortium.as('shop@bank').getCapturedEvent({ eventHash, eventTime });
    expect(known.declarations).toMatchObject([{ by: farm, time: errorDeclaration.declarationTime }]);
    expect(JSON.stringify(known)).not.toContain('did_not_occur');
  });

  test('a document with a wrong event brings nothing, and one told to proceed brings the rest', async () => {
    const thing = newThing();
    const wrong = { ...seen(thing, 'shipping', 4), action: 'SEE' };
    const events = [wrong, seen(thing, 'shipping', 5)];
    const rolledBack = await finished(await epcis('POST', '/capture', epcisDocument(events)));
    expect(rolledBack).toMatchObject({ success: false, captured: [], errors: [{ fields: { event: 0 } }] });
    const accepted = await fetch(`${consortium.gatewayOf(farm)}/epcis/capture`, {
      method: 'POST',
      headers: {
        'X-API-Key': consortium.apiKeyOf(farm),
        'Content-Type': 'application/ld+json',
        'GS1-Capture-Error-Behaviour': 'proceed',
      },
      body: JSON.stringify(epcisDocument(events)),
    });
    const job = await finished(accepted);
    expect(job.captured.map(({ event }) => event)).toEqual([1]);
    expect(await asked(`MATCH_epc=${encodeURIComponent(thing)}`)).toHaveLength(1);
  });

  test('of a document of which the ledger refuses an event nothing is captured, here or on the ledger', async () => {
    const foreign = await held(consortium, 'processor@maker');
    const packed = {
      type: 'AggregationEvent',
      eventTime: new Date(Date.now() - 1000).toISOString(),
      eventTimeZoneOffset: '+00:00',
      action: 'ADD',
      parentID: `urn:epc:id:sscc:9506000.${String(Date.now()).slice(-10)}`,
      childEPCs: [normaliseIdentifier(foreign.thing)],
      bizStep: 'packing',
    };
    const thing = newThing();
    const first = seen(thing, 'shipping', 6);
    const events = [first, packed];
    const job = await finished(await epcis('POST', '/capture', epcisDocument(events)));
    expect(job).toMatchObject({
      success: false,
      errors: [{ code: 'TL-CUSTODY-NOT-HOLDER', fields: { event: 1 } }],
      captured: [],
    });
    expect(await asked(`MATCH_epc=${encodeURIComponent(thing)}`)).toEqual([]);
    const { eventHash, eventTime } = captureOf({ '@context': EPCIS_CONTEXT, ...first });
    expect(await refusalOf(consortium.as(farm).getCapturedEvent({ eventHash, eventTime }))).toBe(
      'TL-EPCIS-EVENT-UNKNOWN',
    );
    // Sent again without the other, it is captured.
    const again = await finished(await epcis('POST', '/capture', epcisDocument([first])));
    expect(again).toMatchObject({ success: true, captured: [{ event: 0 }] });
  });

  test('a regulator’s verifier can not capture, and is told why in EPCIS’s words', async () => {
    const refused = await epcis(
      'POST',
      '/capture',
      epcisDocument([seen(newThing(), 'shipping', 7)]),
      'agent@customs',
    );
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: 'TL-CALLER-ROLE',
      type: 'epcisException:SecurityException',
    });
  });
});
