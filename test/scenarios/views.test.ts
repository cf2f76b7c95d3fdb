// SPDX-License-Identifier: Apache-2.0
import { createClient, type Client } from '@thingledger/client';
import { openDisclosure, type AccessRow, type Disclosure } from '@thingledger/protocol';
import { verifyDisclosure } from '@thingledger/receipts';
import { alterStored } from '../stories/teller.js';
import { Consortium } from '../support/consortium.js';
import {
  accepted,
  announce,
  decision,
  freshThing,
  held,
  refusalOf,
  registered,
  type TestThing,
} from '../support/custody.js';
import { until } from '../support/until.js';

/** How long a change may take to be everywhere. */
const PATIENCE_MS = 20_000;

const consortium = Consortium.open();
const farm = 'farm@maker';
const trucker = 'trucker@carrier';
const shop = 'shop@bank';
const reason = 'scenario';

const HARVEST = {
  documentType: 'harvest record',
  origin: { country: 'ES', region: 'Almería <b>' },
  sensorReadings: [{ type: 'Temperature', uom: 'CEL', minValue: 17, meanValue: 22.6, maxValue: 29 }],
  certificates: [{ scheme: 'GLOBALG.A.P.' }],
  businessIdentity: { name: 'Campo S.C.A.' },
  price: { value: '918273645.20', currency: 'EUR' },
};
const TRANSPORT = {
  documentType: 'transport record',
  sensorReadings: [{ type: 'Temperature', uom: 'CEL', minValue: 9.4, meanValue: 10.8, maxValue: 11.9 }],
  freight: { value: '546372819.00', currency: 'EUR' },
};
const OPEN = ['certificates', 'documentType', 'origin', 'sensorReadings'];
const COMPARED = ['eventTime', 'place', 'quantity', 'thing', 'to'];

/** A batch with an open origin at the farm, handed to the carrier. Gives the two records' ids, newest first. */
async function travelled(): Promise<{ item: TestThing; records: readonly [string, string] }> {
  const item = await registered(consortium, farm);
  const first = await announce(consortium, item, undefined, farm, { document: HARVEST });
  await accepted(consortium, farm, first);
  const second = await announce(consortium, item, farm, trucker, { document: TRANSPORT });
  // Every member's gateway is asked afterwards, and their peers commit a little apart.
  for (const id of [farm, trucker, shop, 'officer@customs', 'inspector@inspection'])
    await accepted(consortium, id, second);
  return { item, records: [second, first] };
}

/** The members that a trace shows somebody of each hop, newest first; the verdict where nothing is shown. */
async function shown(client: Client, thing: string): Promise<unknown[]> {
  const { hops } = await client.traceThing({ thing });
  return hops.map(({ verdict, data }) => (data ? Object.keys(data).sort() : verdict));
}

async function enrolled(role: 'consumer' | 'accounting'): Promise<Client> {
  const name = `${role}-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  const { apiKey } = await consortium.as('admin@bank').enrolParticipant({ name, roles: [role], reason });
  return createClient({ baseUrl: consortium.gatewayOf(shop), apiKey });
}

/** What somebody without account gets at the gateway of a member. */
function scan(path: string, accept: string, member = shop): Promise<Response> {
  return fetch(`${consortium.gatewayOf(member)}${path}`, { headers: { Accept: accept } });
}

const pathOf = ({ thing }: TestThing): string => thing.replace(/^\(01\)(\d+)\(21\)/, '/01/$1/21/');

interface Scanned {
  readonly verdict: string;
  readonly stations: readonly {
    readonly verdict: string;
    readonly data?: Record<string, unknown>;
    readonly hidden: number;
    readonly disclosure: string;
    readonly dataHash: string;
  }[];
}
const scanned = async (item: TestThing): Promise<Scanned> =>
  (await (await scan(pathOf(item), 'application/json')).json()) as Scanned;

describe('T7: each sees what the access matrix gives', () => {
  test('customs, inspection and parties all; strangers, consumers and the public what is open', async () => {
    const { item } = await travelled();
    const harvest = [...OPEN, ...COMPARED, 'businessIdentity', 'price'].sort();
    const transport = ['documentType', 'freight', 'from', 'sensorReadings', ...COMPARED].sort();
    const all = [transport, harvest];
    for (const id of ['officer@customs', 'inspector@inspection', 'auditor@inspection', farm, trucker])
      expect([id, await shown(consortium.as(id), item.thing)]).toEqual([id, all]);
    const open = [['documentType', 'sensorReadings'], OPEN];
    expect(await shown(consortium.as(shop), item.thing)).toEqual(open);
    expect(await shown(await enrolled('consumer'), item.thing)).toEqual(open);
    const { verdict, stations } = await scanned(item);
    expect(verdict).toBe('intact');
    expect(stations.map(({ data = {} }) => Object.keys(data).sort()).reverse()).toEqual(open);
    expect(stations.map(({ hidden }) => hidden)).toEqual([10, 10]);
  });

  test('who holds what was made of it sees the journey, without names and prices of business', async () => {
    const item = await registered(consortium, farm);
    await accepted(
      consortium,
      farm,
      await announce(consortium, item, undefined, farm, { document: HARVEST }),
    );
    const made = { thing: freshThing(), quantity: item.quantity };
    const eventTime = new Date(Date.now() - 1000).toISOString();
    await consortium
      .as(farm)
      .reportChange({ change: { type: 'relabel', from: item.thing, to: made.thing }, eventTime });
    await accepted(consortium, farm, await announce(consortium, made, farm, trucker));
    const { sources } = await consortium.as(trucker).traceThing({ thing: made.thing });
    const [hop] = sources[0]?.hops ?? [];
    expect([hop?.verdict, Object.keys(hop?.data ?? {}).sort()]).toEqual([
      'ok',
      [...OPEN, ...COMPARED].sort(),
    ]);
    expect(JSON.stringify(hop)).not.toMatch(/Campo|918273645/);
    const { hops } = await consortium.as(farm).traceThing({ thing: item.thing });
    expect(hops[0]?.data).toMatchObject(HARVEST);
  });

  test('what a document of no open members says is nobody’s business', async () => {
    const item = await held(consortium, farm);
    expect(await shown(consortium.as(shop), item.thing)).toEqual(['not-entitled']);
    expect((await scan(pathOf(item), 'application/json')).status).toBe(404);
  });

  test('the members change it by vote, and it takes hold everywhere', async () => {
    const documentType = `tasting note ${Date.now().toString(36)}`;
    const item = await registered(consortium, farm);
    const document = { documentType, taste: 'sweet', price: HARVEST.price };
    await accepted(consortium, farm, await announce(consortium, item, undefined, farm, { document }));
    const consumer = await enrolled('consumer');
    expect(await shown(consumer, item.thing)).toEqual([['documentType']]);

    const before = await consumer.getAccessMatrix({});
    const row: AccessRow = {
      who: 'consumer',
      member: 'bank',
      relation: 'any',
      documentType,
      fields: ['/taste'],
    };
    const version = await enact([...before.rows, row]);
    expect(version).toBe(before.version + 1);
    await until(
      'the new matrix',
      async () => (await shown(consumer, item.thing)).join() === 'documentType,taste',
      PATIENCE_MS,
    );
    expect(await shown(consortium.as(shop), item.thing)).toEqual([['documentType']]);
    expect((await scanned(item)).stations[0]?.data).toEqual({ documentType });

    expect(await enact(before.rows)).toBe(version + 1);
    await until(
      'the old matrix',
      async () => (await shown(consumer, item.thing)).join() === 'documentType',
      PATIENCE_MS,
    );
  });

  test('nonsense is refused with a code', async () => {
    const admin = consortium.as('admin@maker');
    const propose = (rows: AccessRow[]): Promise<string> =>
      refusalOf(admin.proposeRuleChange({ change: { kind: 'access-matrix', rows }, reason }));
    expect(await propose([{ who: 'consumer', relation: 'any', fields: ['/origin'] }])).toBe(
      'TL-ACCESS-INVALID',
    );
    expect(await propose([{ who: 'public', relation: 'party', fields: ['/origin'] }])).toBe(
      'TL-ACCESS-INVALID',
    );
    expect(await propose([])).toBe('TL-INPUT-INVALID');
    const alone = {
      change: { kind: 'access-matrix' as const, rows: (await admin.getAccessMatrix({})).rows },
      reason,
    };
    const { proposalId } = await admin.proposeRuleChange(alone);
    expect(await refusalOf(admin.enactProposal({ proposalId }))).toBe('TL-PROPOSAL-UNDECIDED');
  });

  async function enact(rows: readonly AccessRow[]): Promise<number> {
    const admin = consortium.as('admin@maker');
    const change = { kind: 'access-matrix' as const, rows: [...rows] };
    const { proposalId } = await admin.proposeRuleChange({ change, reason });
    const members = ['maker', 'carrier', 'bank', 'inspection', 'customs'];
    for (const member of members) {
      const ballot = { proposalId, vote: 'for' as const, reason };
      // Its own peer may not have the proposal yet.
      await until(
        `the ballot of ${member}`,
        () => consortium.as(`admin@${member}`).castBallot(ballot),
        PATIENCE_MS,
      );
    }
    const enacted = await until('the enactment', () => admin.enactProposal({ proposalId }), PATIENCE_MS);
    return enacted.version;
  }
});

describe('T7 T3: a redacted copy still verifies', () => {
  test('taken through the own gateway, checked off-line against the hash on the ledger; altered it does not', async () => {
    const { records } = await travelled();
    for (const recordId of records) {
      const copy = await consortium.as(shop).getDisclosure({ recordId });
      const { record } = await consortium.as(shop).getMappingRecord({ recordId });
      const { document, hidden } = openDisclosure(copy, record.dataHash);
      expect([Object.keys(document).includes('sensorReadings'), hidden > 0]).toEqual([true, true]);
      expect(verifyDisclosure(copy, record.dataHash)).toMatchObject({ ok: true, document, hidden });
      const altered = JSON.parse(JSON.stringify(copy).replace('Temperature', 'temperature')) as Disclosure;
      expect(verifyDisclosure(altered, record.dataHash)).toMatchObject({ ok: false });
      expect(verifyDisclosure({ ...copy, hidden: copy.hidden.slice(1) }, record.dataHash).ok).toBe(false);
    }
    const other = await consortium.as(shop).getMappingRecord({ recordId: records[1] });
    const copy = await consortium.as(shop).getDisclosure({ recordId: records[0] });
    expect(verifyDisclosure(copy, other.record.dataHash).ok).toBe(false);
  });

  test('of what one may not see there is none', async () => {
    const item = await held(consortium, farm);
    const { hops } = await consortium.as(farm).traceThing({ thing: item.thing });
    const { recordId = '', dataHash: hash = '' } = hops[0]?.record.record ?? {};
    expect(await refusalOf(consortium.as(shop).getDisclosure({ recordId }))).toBe('TL-VERIFY-REFUSED');
    expect(await refusalOf(consortium.as(farm).getTraceabilityData({ hash }))).toBe('accepted');
    expect((await scan(`/disclosures/${recordId}`, 'application/json')).status).toBe(404);
  });
});

describe('T7: what is not open tells nobody that it is there', () => {
  test('of a record that was rejected, or has nothing open, there is no copy', async () => {
    const item = await registered(consortium, farm);
    const document = { ...HARVEST, place: { latitude: 1, longitude: 1 } };
    const rejected = await announce(consortium, item, undefined, farm, { document });
    expect((await decision(consortium, farm, rejected)).status).toBe('rejected');
    const closed = await announce(consortium, await registered(consortium, farm), undefined, farm);
    await accepted(consortium, farm, closed);
    for (const recordId of [rejected, closed]) {
      const answer = await scan(`/disclosures/${recordId}`, 'application/json');
      const text = await answer.text();
      expect([answer.status, text.includes('TL-RECORD-UNKNOWN')]).toEqual([404, true]);
      expect(text).not.toMatch(/maker|127\.0\.0\.1|https:\/\/localhost/);
    }
  });
});

describe('T9: whoever scans the code needs no account', () => {
  test('a page, JSON and a link set, the same at every member', async () => {
    const { item } = await travelled();
    const path = pathOf(item);
    const page = await scan(path, 'text/html,application/xhtml+xml,*/*;q=0.8');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    for (const said of ['Nothing was altered', 'Almería &lt;b&gt;', '17 to 29 °C', 'GLOBALG.A.P.', '10.8 °C'])
      expect(text).toContain(said);
    expect(text).not.toMatch(/<b>"|Campo|918273645|546372819|@maker|@carrier|<script/);

    const trace = await scanned(item);
    const station = trace.stations[0]!;
    const copy: unknown = await (await scan(station.disclosure, 'application/json')).json();
    expect(verifyDisclosure(copy, station.dataHash)).toMatchObject({ ok: true, document: station.data });

    for (const member of [farm, shop]) {
      const linkset = await scan(`${path}?linkType=all`, 'text/html', member);
      expect(linkset.headers.get('content-type')).toBe('application/linkset+json');
      expect(await linkset.json()).toMatchObject({
        linkset: [
          {
            anchor: `https://id.gs1.org${path}`,
            'https://ref.gs1.org/voc/defaultLink': [{ href: `${consortium.gatewayOf(member)}${path}` }],
          },
        ],
      });
    }
  });

  test.each([
    [404, 'TL-THING-UNKNOWN', '/01/09506000134352/21/NOBODY'],
    [400, 'TL-ID-CHECK-DIGIT', '/01/09506000134353/21/X'],
    [400, 'TL-ID-MALFORMED', '/00/12'],
  ])('%i %s, as a page and as a problem', async (status, code, path) => {
    for (const accept of ['text/html', 'application/json']) {
      const answer = await scan(path, accept);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain(accept === 'text/html' ? accept : 'problem+json');
      expect(await answer.text()).toContain(code);
    }
  });

  test('altered data is told', async () => {
    const { item } = await travelled();
    const [station] = (await scanned(item)).stations;
    alterStored(consortium, 'maker', station!.dataHash);
    await until('a fresh look', async () => (await scanned(item)).verdict === 'altered', PATIENCE_MS);
    const text = await (await scan(pathOf(item), 'text/html')).text();
    expect(text).toContain('Something was altered');
    expect(text).toContain('altered since it was announced');
  });
});
