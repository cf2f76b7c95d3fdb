// SPDX-License-Identifier: Apache-2.0
import { randomInt, randomUUID } from 'node:crypto';
import { normaliseIdentifier } from '@thingledger/protocol';
import { Consortium } from '../support/consortium.js';
import { accepted, announce, held, refusalOf } from '../support/custody.js';
import { endedJob, epcisDocument, epcisRequest, type CaptureJob } from '../support/epcis.js';
import { until } from '../support/until.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const trucker = 'trucker@carrier';
const PATIENCE_MS = 60_000;
/** Where {@link announce} has things too. */
const coordinates = { latitude: 48.137, longitude: 11.575 };
const FARM = 'urn:epc:id:pgln:9506000.10001';
const CARRIER = 'urn:epc:id:pgln:9506000.10002';
const NOBODY = 'urn:epc:id:pgln:9506000.10003';
const YARD = 'urn:epc:id:sgln:9506000.10004.0';
const reason = 'Hands over by events';

const newPallet = (): string => `urn:epc:id:sscc:9506000.${String(randomInt(1e9)).padStart(10, '0')}`;
const holderOf = async (thing: string): Promise<string | undefined> =>
  (await consortium.as(farm).getThing({ thing })).holder;

/** A pallet whose origin at the farm is accepted. */
async function heldPallet(): Promise<string> {
  const item = { thing: newPallet(), quantity: { value: '1', unit: 'C62' } };
  await consortium.as(farm).registerThing({ ...item, kind: 'container' });
  await accepted(consortium, farm, await announce(consortium, item, undefined, farm));
  return item.thing;
}

/** The event of a shipment from the farm to the carrier, now. */
function shipment(over: object): Record<string, unknown> {
  return {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: new Date().toISOString(),
    eventTimeZoneOffset: '+01:00',
    bizStep: 'shipping',
    disposition: 'in_transit',
    readPoint: { id: 'urn:epc:id:sgln:9506000.10004.dock7' },
    sourceList: [{ type: 'possessing_party', source: FARM }],
    destinationList: [{ type: 'possessing_party', destination: CARRIER }],
    ...over,
  };
}

async function captured(as: string, events: readonly unknown[]): Promise<CaptureJob> {
  const answer = await epcisRequest(consortium, as, 'POST', '/epcis/capture', epcisDocument(events));
  expect(answer.status).toBe(202);
  const job = await endedJob(consortium, as, answer.headers.get('Location') ?? '', PATIENCE_MS);
  expect(job).toMatchObject({ success: true, errors: [] });
  expect(job.captured).toHaveLength(events.length);
  return job;
}

/** The one record that a job announced. */
function recordOf({ handedOver = [] }: CaptureJob): string {
  expect(handedOver).toMatchObject([{ recordId: expect.any(String) as string }]);
  return handedOver[0]?.recordId ?? '';
}

const codesOf = ({ handedOver = [] }: CaptureJob): unknown[] =>
  handedOver.map(({ problem }) => problem?.code);

beforeAll(async () => {
  const maker = consortium.as('admin@maker');
  await maker.registerLocation({ location: FARM, account: farm, reason });
  await maker.registerLocation({ location: YARD, account: farm, coordinates, reason });
  await consortium.as('admin@carrier').registerLocation({ location: CARRIER, account: trucker, reason });
});

describe('T8 T2: custody moves by events', () => {
  test('a shipped pallet is the carrier’s once the regulators accept, and its trace shows the event', async () => {
    const pallet = await heldPallet();
    const event = shipment({
      epcList: [pallet],
      'example:note': 'keep upright',
      '@context': [{ example: 'urn:example:' }],
    });
    const recordId = recordOf(await captured(farm, [event]));
    await accepted(consortium, farm, recordId);
    expect(await holderOf(pallet)).toBe(trucker);
    const trace = await consortium.as(trucker).traceThing({ thing: pallet });
    expect(trace.complete).toBe(true);
    expect(trace.hops.map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
    expect(trace.hops[0]).toMatchObject({
      record: { status: 'accepted', record: { recordId, from: farm, to: trucker, place: coordinates } },
      data: { documentType: 'EPCIS event', event: { bizStep: 'shipping', 'example:note': 'keep upright' } },
    });

    // The carrier receives under the same lists: nothing is left to hand over.
    const received = { ...event, bizStep: 'receiving', eventTime: new Date().toISOString() };
    expect(await captured(trucker, [received])).not.toHaveProperty('handedOver');
    // The farm's system sends its document again: it is told of the record that there is.
    expect(recordOf(await captured(farm, [event]))).toBe(recordId);
    const { records } = await consortium.as(farm).getCustodyChain({ thing: pallet });
    expect(records).toHaveLength(2);
    expect(await holderOf(pallet)).toBe(trucker);
  });

  test('what lies in a pallet goes with it: packed and shipped in one document', async () => {
    const item = await held(consortium, farm);
    const parentID = newPallet();
    const contents = { type: 'AggregationEvent', parentID, childEPCs: [normaliseIdentifier(item.thing)] };
    const packing = {
      ...shipment(contents),
      ...{ action: 'ADD', bizStep: 'packing', sourceList: undefined, destinationList: undefined },
    };
    const job = await captured(farm, [packing, shipment(contents)]);
    expect(job.handedOver).toMatchObject([{ event: 1, thing: normaliseIdentifier(parentID) }]);
    await accepted(consortium, farm, recordOf(job));
    expect(await holderOf(item.thing)).toBe(trucker);
    const trace = await consortium.as(trucker).traceThing({ thing: item.thing });
    expect(trace.complete).toBe(true);
    expect(trace.hops.map(({ record, verdict }) => [record.record.to, verdict])).toEqual([
      [trucker, 'ok'],
      [farm, 'ok'],
    ]);
  });

  test('an event that can not hand over is captured all the same, and its job says why', async () => {
    const pallet = await heldPallet();
    const to = (destination: string) => ({ destinationList: [{ type: 'possessing_party', destination }] });
    const events = [
      shipment({ epcList: [pallet], ...to(NOBODY) }),
      shipment({ epcList: [pallet], readPoint: { id: `urn:uuid:${randomUUID()}` } }),
      shipment({ epcList: [newPallet()] }),
    ];
    expect(codesOf(await captured(farm, events))).toEqual([
      'TL-LOCATION-UNKNOWN',
      'TL-EPCIS-HANDOVER-PLACE',
      'TL-THING-UNKNOWN',
    ]);
    // Another account of the member, in its own name and in the farm's.
    const unnamed = shipment({ epcList: [pallet], sourceList: undefined });
    const foreign = await captured('processor@maker', [unnamed, shipment({ epcList: [pallet] })]);
    expect(codesOf(foreign)).toEqual(['TL-CUSTODY-NOT-HOLDER', 'TL-EPCIS-HANDOVER-SOURCE']);
    const { records } = await consortium.as(farm).getCustodyChain({ thing: pallet });
    expect(records).toHaveLength(1);
  });

  test('everybody may look a party up; only an administrator of its member registers or changes it', async () => {
    const found = await consortium.as('shop@bank').getLocation({ location: '(414)9506000100043' });
    expect(found).toMatchObject({
      member: 'maker',
      account: farm,
      coordinates,
      decision: { by: 'admin@maker' },
    });
    const register = (as: string, over: object = {}): Promise<string> =>
      refusalOf(consortium.as(as).registerLocation({ location: FARM, account: farm, reason, ...over }));
    expect(await register('admin@carrier', { account: trucker })).toBe('TL-LOCATION-FOREIGN');
    expect(await register('admin@maker', { account: trucker })).toBe('TL-PARTICIPANT-FOREIGN');
    expect(await register(farm)).toBe('TL-CALLER-NOT-ADMINISTRATOR');
    expect(await register('admin@maker', { location: 'urn:x:yard' })).toBe('TL-LOCATION-KIND');
    expect(await refusalOf(consortium.as(farm).getLocation({ location: NOBODY }))).toBe(
      'TL-LOCATION-UNKNOWN',
    );
    const query = `select account, coordinates_latitude from locations where location = '${found.location}'`;
    // The read model is a moment behind the ledger.
    const rows = await until(
      'the location in SQL',
      async () => {
        const answer = await consortium.as(farm).querySql({ query });
        return answer.rows.length > 0 && answer.rows;
      },
      PATIENCE_MS,
    );
    expect(rows).toEqual([{ account: farm, coordinates_latitude: coordinates.latitude }]);
  });
});
