// SPDX-License-Identifier: Apache-2.0
import { cpSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, TraceabilityData } from '@thingledger/protocol';
import { eventHash, parseEpcisEvent } from '@thingledger/protocol/epcis';
import { bareEventOf, documentOf, eventOf, type Json } from './testing/events.js';
import { finishedJob, openMember, type Body, type EpcisMember } from './testing/member.js';
import { mappingRecordAt } from './testing/scripted-custody.js';
import { ScriptedWriter } from './testing/scripted-writer.js';

const FARM = 'https://id.gs1.org/417/9506000000015';
const SHOP = 'https://id.gs1.org/417/9506000000022';
const DOCK = 'https://id.gs1.org/414/9506000134369';
const farm = 'farm@maker';
const shop = 'shop@bank';
const coordinates = { latitude: 36.84, longitude: -2.47 };
const boxes = ['395060001343520018', '395060001343520025', '395060001343520032'].map(
  (digits) => `https://id.gs1.org/00/${digits}`,
);
const [pallet = '', second = '', third = ''] = boxes;

/** The n-th event of a test in which the farm ships to the shop. */
const shipment = (n: number, over: Json = {}): Json =>
  eventOf(n, {
    epcList: [pallet],
    bizStep: 'shipping',
    readPoint: { id: 'urn:epc:id:sgln:9506000.13436.dock7' },
    sourceList: [{ type: 'possessing_party', source: 'urn:epc:id:pgln:9506000.00001' }],
    destinationList: [{ type: 'possessing_party', destination: 'urn:epc:id:pgln:9506000.00002' }],
    ...over,
  });

const possessing = (destination: string): Json => ({ type: 'possessing_party', destination });

let writer: ScriptedWriter;
let member: EpcisMember;
beforeEach(async () => {
  writer = new ScriptedWriter();
  const { custody } = writer;
  custody.register(FARM, farm);
  custody.register(SHOP, shop);
  custody.register(DOCK, farm, coordinates);
  for (const one of boxes) custody.holders.set(one, farm);
  member = await openMember(writer);
});
afterEach(async () => {
  await member.close();
  await member.remove();
});

async function captured(events: readonly Json[], headers: Record<string, string> = {}): Promise<Body> {
  const accepted = await member.send('POST', '/capture', documentOf(events), headers);
  const job = await finishedJob(member, accepted.headers.get('Location'), headers);
  expect(job).toMatchObject({ success: true, errors: [] });
  return job;
}
const codesOf = (job: Body): (string | undefined)[] =>
  (job.handedOver ?? []).map(({ problem }) => problem?.code);

describe('what captured events hand over (T8)', () => {
  it('is announced to the account behind the party, with the event as its data', async () => {
    const job = await captured([shipment(1)]);
    expect(job.handedOver).toEqual([
      { event: 0, eventHash: job.captured[0]?.eventHash, thing: pallet, recordId: mappingRecordAt(0) },
    ]);
    const [announcement] = writer.custody.announced.values();
    const eventTime = eventOf(1)['eventTime'];
    const facts = {
      thing: pallet,
      quantity: { value: '1', unit: 'C62' },
      from: farm,
      to: shop,
      eventTime,
      place: { ...coordinates, gln: DOCK },
    };
    const { dataHash = '' } = announcement ?? {};
    expect(announcement).toEqual({ ...facts, informationServer: 'https://localhost:7443', dataHash });
    const kept = await member.vault.get(dataHash);
    expect(kept.facts).toMatchObject({ kind: 'document', thing: pallet, owner: farm });
    const data = TraceabilityData.parse(JSON.parse(kept.bytes.toString()));
    expect(data).toEqual({
      ...facts,
      documentType: 'EPCIS event',
      event: { ...shipment(1), '@context': bareEventOf(1)['@context'] },
      salt: expect.stringMatching(/^[\w-]{22}$/) as unknown,
    });
  });

  it('goes thing by thing in one list, and one that is refused does not hold up the others', async () => {
    writer.custody.holders.delete(second);
    const job = await captured([
      shipment(1, { epcList: boxes, readPoint: { id: 'geo:48.1,11.5' } }),
      shipment(2, {
        type: 'AggregationEvent',
        action: 'ADD',
        epcList: undefined,
        parentID: third,
        childEPCs: ['urn:x:item:1'],
      }),
    ]);
    expect(job.handedOver?.map(({ event, thing, problem }) => [event, thing, problem?.code])).toEqual([
      [0, pallet, undefined],
      [0, second, 'TL-THING-UNKNOWN'],
      [0, third, undefined],
      [1, third, 'TL-CUSTODY-PENDING'],
    ]);
    expect(writer.custody.calls).toEqual([3]);
    expect([...writer.custody.announced.values()][0]?.place).toEqual({ latitude: 48.1, longitude: 11.5 });
  });

  test.each<[string, Json, string]>([
    [
      'a party that nobody registered',
      { destinationList: [{ type: 'possessing_party', destination: 'urn:epc:id:pgln:9506000.00003' }] },
      'TL-LOCATION-UNKNOWN',
    ],
    [
      'a source that nobody registered',
      { sourceList: [{ type: 'possessing_party', source: 'https://party.example/7' }] },
      'TL-LOCATION-UNKNOWN',
    ],
    [
      'a party whose check digit is wrong',
      {
        destinationList: [{ type: 'possessing_party', destination: 'https://id.gs1.org/417/9506000000011' }],
      },
      'TL-ID-CHECK-DIGIT',
    ],
    [
      'a place without coordinates',
      { readPoint: { id: 'urn:x:yard' }, bizLocation: undefined },
      'TL-EPCIS-HANDOVER-PLACE',
    ],
    ['no place', { readPoint: undefined, bizLocation: undefined }, 'TL-EPCIS-HANDOVER-PLACE'],
    [
      'more things than one event may hand over',
      { epcList: Array.from({ length: 101 }, (_, n) => `urn:x:item:${String(n)}`) },
      'TL-INPUT-TOO-LARGE',
    ],
    ['a thing that the ledger does not know', { epcList: ['urn:x:item:1'] }, 'TL-THING-UNKNOWN'],
  ])('%s: the event is captured, and why nothing is announced is in the job', async (_, over, code) => {
    const job = await captured([shipment(1, over)]);
    expect(job.captured).toHaveLength(1);
    expect(codesOf(job)).toEqual([code]);
    expect(writer.custody.calls).toEqual([]);
  });

  it('is a thousand things a document, in its order, and no more are asked for', async () => {
    const at = (n: number): string[] =>
      Array.from({ length: 100 }, (_, m) => `urn:x:${String(n)}:${String(m)}`);
    const received = { sourceList: undefined, destinationList: [possessing(FARM)] };
    const numbers = Array.from({ length: 210 }, (_, n) => n);
    const job = await captured(
      numbers.map((n) => {
        if (n < 100) return shipment(n, { epcList: at(n), ...received });
        if (n === 209) return shipment(n);
        return shipment(n, { epcList: at(n).slice(0, n === 100 ? 99 : 100) });
      }),
    );
    const refusedWhole = job.handedOver?.filter(({ thing }) => thing === undefined) ?? [];
    expect(refusedWhole.map(({ event }) => event)).toEqual(numbers.slice(110, 209));
    expect(refusedWhole[0]?.problem).toMatchObject({
      code: 'TL-INPUT-TOO-LARGE',
      fields: { limit: 1000, items: 100 },
    });
    expect(job.handedOver).toHaveLength(999 + 99 + 1);
    expect(job.handedOver?.at(-1)).toMatchObject({ event: 209, thing: pallet });
    expect(job.handedOver?.at(-1)?.recordId).toBeDefined();
  });

  it('is the holder’s to announce, and that of the account that captures', async () => {
    const processor = { 'X-API-Key': 'processor@maker' };
    expect(codesOf(await captured([shipment(1)], processor))).toEqual(['TL-EPCIS-HANDOVER-SOURCE']);
    const sourceless = shipment(2, { sourceList: undefined });
    expect(codesOf(await captured([sourceless], processor))).toEqual(['TL-CUSTODY-NOT-HOLDER']);
    expect(writer.custody.calls).toEqual([]);
  });

  it('is nothing where the caller receives, or nobody is named, and then the ledger is not even asked', async () => {
    const received = shipment(1, {
      destinationList: [{ type: 'possessing_party', destination: 'urn:epc:id:pgln:9506000.00001' }],
      sourceList: [{ type: 'possessing_party', source: 'urn:epc:id:pgln:9506000.00002' }],
    });
    expect(await captured([received])).not.toHaveProperty('handedOver');
    const { reads } = writer.custody;
    const owned = { destinationList: [{ type: 'owning_party', destination: SHOP }] };
    const nothing = [eventOf(3), shipment(4, owned), shipment(5, { bizStep: 'loading' })];
    expect(await captured(nothing)).not.toHaveProperty('handedOver');
    expect(writer.custody.reads).toBe(reads);
    expect(writer.custody.calls).toEqual([]);
  });

  it('is nothing once the event is declared to be in error', async () => {
    const declared = bareEventOf(1, shipment(1));
    const { body } = await member.send('POST', '/events', { ...declared, readPoint: { id: 'urn:x:yard' } });
    const { eventHash: declaredHash } = body as unknown as { eventHash: string };
    writer.custody.declared.set(declaredHash, 'depot@maker');
    const again = await captured([{ ...declared, readPoint: { id: 'urn:x:yard' } }]);
    expect(again).not.toHaveProperty('handedOver');
    const errorDeclaration = { declarationTime: '2026-11-20T08:00:00.000Z' };
    expect(await captured([shipment(2, { errorDeclaration })])).not.toHaveProperty('handedOver');
    expect(writer.custody.calls).toEqual([]);
  });

  it('is announced whatever another member declares of the event', async () => {
    const { namespaces, event } = parseEpcisEvent(bareEventOf(1, shipment(1)));
    writer.custody.declared.set(eventHash(event, namespaces), 'shop@bank');
    expect((await captured([shipment(1)])).handedOver).toHaveLength(1);
    expect(writer.custody.announced.size).toBe(1);
  });

  it('is announced once, however often the event comes, also when the new holder has it', async () => {
    const first = await captured([shipment(1), shipment(1)]);
    expect(first.handedOver).toHaveLength(1);
    const again = await captured([{ ...shipment(1), eventID: 'urn:uuid:1' }]);
    writer.custody.accept();
    const late = await captured([shipment(1)]);
    for (const job of [again, late]) expect(job.handedOver).toEqual(first.handedOver);
    expect(writer.custody.announced.size).toBe(1);
  });

  it('stays as it was worked out first when it can not be sent at once', async () => {
    const { custody } = writer;
    custody.script.onCall = () => {
      custody.script = {};
      custody.register(DOCK, farm, { latitude: 1, longitude: 2 });
      throw new Refusal('TL-OVERLOADED');
    };
    await captured([shipment(1)]);
    expect(custody.calls).toEqual([1, 1]);
    expect([...custody.announced.values()]).toMatchObject([{ place: coordinates }]);
  });

  it('is made up for when the event comes again, once the party is registered', async () => {
    writer.custody.locations.delete(SHOP);
    expect(codesOf(await captured([shipment(1)]))).toEqual(['TL-LOCATION-UNKNOWN']);
    writer.custody.register(SHOP, shop);
    const job = await captured([shipment(1)]);
    expect(job.handedOver).toMatchObject([{ thing: pallet, recordId: mappingRecordAt(0) }]);
  });

  it('is told of with a single event too', async () => {
    const { status, body } = await member.send('POST', '/events', bareEventOf(1, shipment(1)));
    expect(status).toBe(201);
    expect(body).toMatchObject({ handedOver: [{ event: 0, thing: pallet, recordId: mappingRecordAt(0) }] });
  });
});

describe('a gateway that stops while things are handed over (T8)', () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const until = async (holds: () => boolean): Promise<void> => {
    for (let tries = 0; !holds(); tries += 1) {
      if (tries > 1000) throw new Error('it did not come to that in time');
      await sleep(5);
    }
  };

  test.each<[string, (writer: ScriptedWriter) => void, (writer: ScriptedWriter) => boolean]>([
    [
      'before the event’s fate was told',
      ({ script }) => (script.onCommit = never),
      ({ captured: events }) => events.size === 1,
    ],
    [
      'before the ledger answered where the thing stands',
      ({ custody }) =>
        (custody.script.onRead = () => {
          throw new Refusal('TL-LEDGER-UNAVAILABLE');
        }),
      ({ custody }) => custody.reads > 1,
    ],
    [
      'after it announced, before it was told',
      ({ custody }) => (custody.script.onCommit = never),
      ({ custody }) => custody.announced.size === 1,
    ],
    [
      'while the ledger takes no announcement',
      ({ custody }) => (custody.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE')),
      ({ custody }) => custody.calls.length > 1,
    ],
  ])('%s: the next one announces once, and says the same', async (_, break_, broken) => {
    break_(writer);
    const accepted = await member.send('POST', '/capture', documentOf([shipment(1)]));
    const location = accepted.headers.get('Location');
    await until(() => broken(writer));
    // What is on disk at this moment is all that a killed process leaves.
    const dir = await mkdtemp(join(tmpdir(), 'thingledger-killed-'));
    cpSync(member.dir, dir, { recursive: true, filter: (file) => !/LOCK$|\.draft$/.test(file) });
    await member.abandon();
    const dead = member.dir;
    delete writer.script.onCommit;
    writer.custody.script = {};
    const before = new Map(writer.custody.announced);
    // The place is registered anew meanwhile: what was announced stays as it was said.
    if (before.size > 0) writer.custody.register(DOCK, farm, { latitude: 1, longitude: 2 });

    member = await openMember(writer, { dir });
    const job = await finishedJob(member, location);
    expect(job).toMatchObject({
      success: true,
      handedOver: [{ thing: pallet, recordId: mappingRecordAt(0) }],
    });
    expect(writer.custody.announced.size).toBe(1);
    for (const [record, announcement] of before)
      expect(writer.custody.announced.get(record)).toEqual(announcement);
    await rm(dead, { recursive: true, force: true });
  });

  it('ends what it can not read any more', async () => {
    writer.custody.script.onRead = () => {
      throw new Refusal('TL-LEDGER-UNAVAILABLE');
    };
    const { headers } = await member.send('POST', '/capture', documentOf([shipment(1)]));
    await until(() => writer.custody.reads > 1);
    await member.close();
    const packs = join(member.dir, 'vault', 'packs');
    const file = join(packs, (await readdir(packs))[0]!);
    await writeFile(file, (await readFile(file)).subarray(0, -1));
    member = await openMember(writer, { dir: member.dir });
    const job = await finishedJob(member, headers.get('Location'));
    expect(job).toMatchObject({ success: true, captured: [{ event: 0 }] });
    expect(codesOf(job)).toEqual(['TL-DATA-ALTERED']);
  });

  it('refuses the hand-over of a caller whose key is gone', async () => {
    writer.custody.holders.set(pallet, 'leaver@maker');
    writer.custody.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE');
    const as = { 'X-API-Key': 'leaver@maker' };
    const sourceless = shipment(1, { sourceList: undefined });
    const { headers } = await member.send('POST', '/capture', documentOf([sourceless]), as);
    await until(() => writer.custody.calls.length > 0);
    await member.close();
    member = await openMember(writer, { dir: member.dir });
    const job = await finishedJob(member, headers.get('Location'), as);
    expect(job).toMatchObject({ success: true, captured: [{ event: 0 }] });
    expect(codesOf(job)).toEqual(['TL-CALLER-UNKNOWN']);
  });
});
