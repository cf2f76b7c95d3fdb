// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { captureOf, Refusal } from '@thingledger/protocol';
import {
  MasterDataIndex,
  parseEpcisEvent,
  parseEpcisQuery,
  type MasterData,
  type MasterDataElement,
} from '@thingledger/protocol/epcis';
import fc from 'fast-check';
import { OwnMasterData, type MasterDataRoom } from './master-data.js';
import { OwnEvents } from './own-events.js';
import { EpcisStore, newJobId, type Job } from './store.js';
import { bareEventOf, documentOf, eventOf, type Json } from './testing/events.js';
import { elementOf, headerOf } from './testing/master-data.js';
import { finishedJob, listed, openMember, type EpcisMember, type Reply } from './testing/member.js';
import { ScriptedWriter } from './testing/scripted-writer.js';

const hall = (n: number): string => `urn:epc:id:sgln:9506000.01343.hall-${String(n)}`;
const site = 'urn:epc:id:sgln:9506000.01343.0';

let writer: ScriptedWriter;
let member: EpcisMember;
beforeEach(async () => {
  writer = new ScriptedWriter();
  member = await openMember(writer);
});
afterEach(async () => {
  await member.close();
  await member.remove();
});

const capture = (
  events: readonly unknown[],
  over: Json = {},
  headers: Record<string, string> = {},
): Promise<Reply> => member.send('POST', '/capture', documentOf(events, over), headers);
/** Captures a document of master data alone. */
async function say(...elements: readonly Json[]): Promise<void> {
  expect(await capture([], headerOf(...elements))).toMatchObject({ status: 202, body: { running: false } });
}
/** The numbers of the events that a query finds. */
async function found(query: string, of = member): Promise<number[]> {
  const answer = await of.send('GET', `/events?${query}&perPage=1000`);
  expect(answer.status).toBe(200);
  return listed(answer)
    .map((event) => Number(String(event['example:batch']).slice(1)))
    .sort((a, b) => a - b);
}
async function captured(...numbers: number[]): Promise<void> {
  const { headers } = await capture(numbers.map((n) => eventOf(n)));
  expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
}

describe('master data of captured documents (T8)', () => {
  it('is what queries go by, for the events of the document and for all others', async () => {
    await captured(0, 1, 2);
    expect(await found(`WD_bizLocation=${site}`)).toEqual([]);
    const header = headerOf(
      elementOf(site, { countryCode: 'DE' }, [hall(0), hall(1)]),
      elementOf(hall(1), { sst: 201 }),
    );
    const { headers } = await capture([eventOf(3), eventOf(4)], header);
    expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
    expect(await found(`WD_bizLocation=${site}`)).toEqual([0, 1, 3, 4]);
    expect(await found('WD_bizLocation=https://id.gs1.org/414/9506000013435')).toEqual([0, 1, 3, 4]);
    expect(await found('HASATTR_bizLocation=cbvmda:sst')).toEqual([1, 4]);
    expect(await found('EQATTR_bizLocation_urn:epcglobal:cbv:mda%23sst=201')).toEqual([1, 4]);
    expect(await found('EQATTR_bizLocation_cbvmda:sst=202')).toEqual([]);
    const query = { WD_bizLocation: [site], HASATTR_bizLocation: ['cbvmda:sst'] };
    expect(await member.send('POST', '/queries', { name: 'inside', query })).toMatchObject({ status: 201 });
    expect(listed(await member.send('GET', '/queries/inside/events'))).toHaveLength(2);
  });

  it('is replaced by attribute, and taken away by null and by no children', async () => {
    await captured(0, 1);
    await say(elementOf(site, {}, [hall(0)]), elementOf(hall(0), { city: 'Bonn', sst: 201 }));
    await say(elementOf('https://id.example/414/9506000013435/254/hall-0', { city: 'Ulm' }));
    expect(await found('EQATTR_bizLocation_cbvmda:city=Bonn')).toEqual([]);
    expect(await found('EQATTR_bizLocation_cbvmda:city=Ulm&EQATTR_bizLocation_cbvmda:sst=201')).toEqual([0]);
    await say(elementOf(hall(0), { city: null }), elementOf(site, { city: 'Köln' }));
    expect(await found('HASATTR_bizLocation=cbvmda:city')).toEqual([]);
    expect(await found(`HASATTR_bizLocation=cbvmda:sst&WD_bizLocation=${site}`)).toEqual([0]);
    await say(elementOf(site, {}, [hall(1)]));
    expect(await found(`WD_bizLocation=${site}`)).toEqual([1]);
    await say(elementOf(site, { city: null }, []));
    expect(await found(`WD_bizLocation=${site}`)).toEqual([]);
  });

  it('may come alone: its job is finished at once, and shows no event', async () => {
    const accepted = await capture([], headerOf(elementOf(hall(0), { city: 'Bonn' })));
    expect(accepted).toMatchObject({ status: 202, body: { running: false, success: true, errors: [] } });
    const job = await finishedJob(member, accepted.headers.get('Location'));
    expect(job).toMatchObject({ success: true, captured: [] });
    expect(writer.calls).toEqual([]);
    expect(await capture([], headerOf())).toMatchObject({ status: 400, body: { code: 'TL-INPUT-INVALID' } });
  });

  it('is kept of no document that is rolled back for an event in it, unless it is to proceed', async () => {
    await captured(0);
    const wrong = [eventOf(3), eventOf(1, { action: 'SEE' })];
    const header = headerOf(elementOf(hall(0), { city: 'Bonn' }));
    await finishedJob(member, (await capture(wrong, header)).headers.get('Location'));
    expect(await found('HASATTR_bizLocation=cbvmda:city')).toEqual([]);
    await capture(wrong, header, { 'GS1-Capture-Error-Behaviour': 'proceed' });
    expect(await found('HASATTR_bizLocation=cbvmda:city')).toContain(0);
  });

  const element = 'epcisHeader.epcisMasterData.vocabularyList.0.vocabularyElementList.0';
  it.each<[string, Json, number, string, Json]>([
    [
      'a name of no namespace',
      headerOf({ id: hall(0), attributes: [{ id: '__proto__', attribute: 1 }] }),
      400,
      'TL-EPCIS-NAMESPACE',
      { field: `${element}.attributes.0.id` },
    ],
    [
      'a huge attribute',
      headerOf(elementOf(hall(0), { city: 'x'.repeat(5000) })),
      413,
      'TL-INPUT-TOO-LARGE',
      { field: `${element}.attributes.0.attribute` },
    ],
    [
      'a million children',
      headerOf(elementOf(hall(0), {}, Array<string>(500_000).fill('1'))),
      413,
      'TL-INPUT-TOO-LARGE',
      {},
    ],
    [
      'children beyond number',
      headerOf(elementOf(hall(0), {}, Array<string>(20_000).fill('urn:x:1'))),
      400,
      'TL-INPUT-INVALID',
      { fields: [`${element}.children`] },
    ],
  ])('is refused for %s, with its events', async (_, header, status, code, fields) => {
    expect(await capture([eventOf(1)], header)).toMatchObject({ status, body: { code, fields } });
    expect(writer.calls).toEqual([]);
  });

  it('may go in circles, and a query ends all the same', async () => {
    await captured(0);
    await say(elementOf(site, {}, [hall(1)]), elementOf(hall(1), {}, [site, hall(0), hall(1)]));
    expect(await found(`WD_bizLocation=${site}`)).toEqual([0]);
  });

  it('is read by staff of the member alone, by way of queries', async () => {
    await captured(0);
    await say(elementOf(hall(0), { city: 'Bonn' }));
    const ask = (as: string): Promise<Reply> =>
      member.send('GET', '/events?HASATTR_bizLocation=cbvmda:city', undefined, { 'X-API-Key': as });
    expect(listed(await ask('watcher@maker'))).toHaveLength(1);
    expect(await ask('thermometer@maker')).toMatchObject({ status: 403, body: { code: 'TL-CALLER-ROLE' } });
  });
});

describe('queries by hostile master data (T8)', () => {
  const vault = { get: () => Promise.reject(new Refusal('TL-DATA-UNKNOWN')) };
  const ofClasses = (classes: readonly string[], masterData: MasterData): OwnEvents => {
    const document = bareEventOf(1, { quantityList: classes.map((epcClass) => ({ epcClass })) });
    const own = new OwnEvents(vault, masterData, 200);
    const { eventHash } = captureOf(document);
    const known = { eventHash, dataHash: '0'.repeat(64), recordId: 'r-0.0', by: 'farm@maker' };
    own.take([{ ...known, ...parseEpcisEvent(document) }], own.nextRecordTime());
    return own;
  };
  /** How long the longest wait was for who asked for every turn meanwhile, in milliseconds. */
  async function longestWait(work: () => Promise<unknown>): Promise<number> {
    let [longest, last] = [0, performance.now()];
    const look = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await work().finally(() => {
      longest = Math.max(longest, performance.now() - last);
      clearInterval(look);
    });
    return longest;
  }

  it('hold nobody up: one event of a thousand classes, all their attributes asked for', async () => {
    const attributes = Array.from({ length: 200 }, (_, n): [string, string] => ['{urn:x}n', String(n)]);
    const classes = Array.from({ length: 1000 }, (_, n) => `urn:x:${String(n)}`);
    const last: [string, string] = ['{urn:x}n', 'last'];
    const own = ofClasses(
      classes,
      new MasterDataIndex(
        classes.map((id, n) => ({
          type: 'EPCClass',
          id,
          attributes: n === 999 ? [...attributes.slice(1), last] : attributes,
        })),
      ),
    );
    const values = [...Array.from({ length: 999 }, (_, n) => `v${String(n)}`), 'last'].join(',');
    const query = ['epcClass', 'anyEPCClass']
      .flatMap((field) => ['urn:x:n', 'urn:x/n', 'urn:x%23n'].map((name) => `EQATTR_${field}_${name}`))
      .map((name) => `${name}=${values}`)
      .join('&');
    const waited = await longestWait(() => own.select(parseEpcisQuery(query), 10).catch(() => []));
    expect(waited).toBeLessThan(500);
  });
});

describe('a gateway killed while it takes master data in (T8)', () => {
  it('has all that it accepted, and tells nothing of it to who reads its disk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 25 }), async (killAfterMs) => {
        const first = await openMember(writer);
        const places = Array.from({ length: 12 }, (_, n) => n);
        const seen = places.map((n) => eventOf(n, { bizLocation: { id: `urn:x:place-${String(n)}` } }));
        const { headers } = await first.send('POST', '/capture', documentOf(seen));
        await finishedJob(first, headers.get('Location'));
        const accepted: number[] = [];
        let killed = false;
        const sending = places.map(async (n) => {
          await sleep(n * 2);
          const header = headerOf(
            elementOf(`urn:x:place-${String(n)}`, { city: `Bonn-${String(n)}` }),
            elementOf('urn:x:all', { [`n${String(n)}`]: n }, [`urn:x:place-${String(n)}`]),
          );
          const { status } = await first.send('POST', '/capture', documentOf([], header));
          expect(status).toBe(202);
          if (!killed) accepted.push(n);
        });
        await sleep(killAfterMs);
        killed = true;
        const dir = await mkdtemp(join(tmpdir(), 'thingledger-killed-'));
        cpSync(first.dir, dir, { recursive: true, filter: (file) => !/LOCK$|\.draft$/.test(file) });

        const second = await openMember(writer, { dir });
        expect(await found('HASATTR_bizLocation=cbvmda:city', second)).toEqual(
          expect.arrayContaining(accepted),
        );
        for (const n of accepted)
          expect(await found(`EQATTR_bizLocation_cbvmda:city=Bonn-${String(n)}`, second)).toEqual([n]);
        await second.close();
        const files = await readdir(join(dir, 'epcis'));
        const disk = Buffer.concat(
          await Promise.all(files.map((file) => readFile(join(dir, 'epcis', file)))),
        );
        expect(disk.includes('Bonn') || disk.includes('urn:x:place')).toBe(false);
        await second.remove();
        await Promise.all(sending);
        await first.close();
        await first.remove();
      }),
      { seed: 20_261_121, numRuns: 8 },
    );
  }, 60_000);
});

describe('keeping master data (T8)', () => {
  const place = (n: number, over: Partial<MasterDataElement> = {}): MasterDataElement => ({
    ...{ type: 'Location', id: `urn:x:${String(n)}`, attributes: [['{urn:x}city', 'Bonn']], ...over },
  });
  const job = (): Job => {
    const now = new Date().toISOString();
    return {
      id: newJobId(),
      caller: 'farm@maker',
      createdAt: now,
      finishedAt: now,
      behaviour: 'rollback',
      items: [],
    };
  };
  let dir: string;
  let store: EpcisStore;
  let warned: unknown[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'thingledger-master-data-'));
    store = await EpcisStore.open(dir);
    warned = [];
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  });
  const key = randomBytes(32);
  const load = (room?: MasterDataRoom, by = key): Promise<OwnMasterData> =>
    OwnMasterData.load({
      store,
      key: by,
      log: { warn: (fields: unknown) => warned.push(fields) },
      ...(room && { room }),
    });

  it('has room for so many elements, and there is more when one is taken away', async () => {
    const own = await load({ elements: 2, children: 10, bytes: 10_000 });
    await own.keep([place(1), place(2), place(2)], job());
    const refused = job();
    await expect(own.keep([place(1), place(3)], refused)).rejects.toMatchObject({
      code: 'TL-EPCIS-MASTER-DATA-LIMIT',
      fields: { limit: 2, of: 'elements' },
    });
    expect(await store.job(refused.caller, refused.id)).toBeUndefined();
    expect(own.elementsOf('urn:x:3')).toEqual([]);
    await own.keep([place(1, { attributes: [['{urn:x}city', null]] }), place(3)], job());
    expect(own.elementsOf('urn:x:1')).toEqual([]);
    const again = await load({ elements: 2, children: 10, bytes: 10_000 });
    expect(again.elementsOf('urn:x:3')).toEqual([place(3)]);
    await expect(again.keep([place(4)], job())).rejects.toMatchObject({ fields: { of: 'elements' } });
  });

  it('has room for so many bytes, and for so many attributes of one element', async () => {
    const own = await load({ elements: 100, children: 10, bytes: 300 });
    const large = place(1, { attributes: [['{urn:x}city', 'x'.repeat(200)]] });
    await own.keep([large], job());
    await own.keep([large], job());
    await expect(own.keep([place(2)], job())).rejects.toMatchObject({ fields: { limit: 300, of: 'bytes' } });
    const wide = (from: number): MasterDataElement =>
      place(3, {
        attributes: Array.from({ length: 150 }, (_, n): [string, number] => [
          `{urn:x}a${String(from + n)}`,
          n,
        ]),
      });
    const roomy = await load({ elements: 100, children: 10, bytes: 100_000 });
    await roomy.keep([wide(0)], job());
    await expect(roomy.keep([wide(150)], job())).rejects.toMatchObject({
      fields: { of: 'attributes', id: 'urn:x:3' },
    });
  });

  it('has room for so many children, and there is more when some are taken away', async () => {
    const room = { elements: 100, children: 3, bytes: 10_000 };
    const own = await load(room);
    const children = ['urn:x:a', 'urn:x:b'];
    await own.keep([place(1, { children }), place(1, { children })], job());
    const refusal = { code: 'TL-EPCIS-MASTER-DATA-LIMIT', fields: { limit: 3, of: 'children' } };
    await expect(own.keep([place(2, { children })], job())).rejects.toMatchObject(refusal);
    await expect((await load(room)).keep([place(2, { children })], job())).rejects.toMatchObject(refusal);
    await own.keep([place(1, { children: ['urn:x:a'] }), place(2, { children })], job());
    expect(own.elementsOf('urn:x:2')).toEqual([place(2, { children })]);
  });

  it('has what each of many documents at once said of one element', async () => {
    const own = await load();
    const names = Array.from({ length: 50 }, (_, n) => `{urn:x}a${String(n)}`);
    await Promise.all(names.map((name, n) => own.keep([place(1, { attributes: [[name, n]] })], job())));
    for (const each of [own, await load()])
      expect(
        each
          .elementsOf('urn:x:1')[0]
          ?.attributes.map(([name]) => name)
          .sort(),
      ).toEqual([...names].sort());
  });

  it('leaves out what was altered on the disk, and says how much', async () => {
    await (await load()).keep([place(1), place(2)], job());
    const [first, second] = await store.masterData();
    await store.addJob(job(), [{ name: first?.name ?? '', sealed: second?.sealed ?? '' }]);
    const own = await load();
    expect([own.elementsOf('urn:x:1').length, own.elementsOf('urn:x:2').length].sort()).toEqual([0, 1]);
    expect(warned).toEqual([{ altered: 1 }]);
    expect((await load(undefined, randomBytes(32))).elementsOf('urn:x:2')).toEqual([]);
  });
});
