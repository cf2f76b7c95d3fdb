// SPDX-License-Identifier: Apache-2.0
import { Consortium } from '../support/consortium.js';
import {
  announce,
  decision,
  freshThing,
  held,
  reasonsOf,
  refusalOf,
  registered,
  type Wrong,
} from '../support/custody.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const processor = 'processor@maker';
const trucker = 'trucker@carrier';
const shop = 'shop@bank';

describe('T1 T2 T4 T6: goods change hands, regulators verify, anyone entitled traces', () => {
  test('from the origin over three members to the shop, with a verdict at each hop', async () => {
    const item = await held(consortium, farm);
    for (const [from, to] of [
      [farm, trucker],
      [trucker, shop],
    ] as const) {
      const { status } = await decision(consortium, from, await announce(consortium, item, from, to));
      expect(status).toBe('accepted');
    }
    const trace = await consortium.as(shop).traceThing({ thing: item.thing });
    expect(trace.holder).toBe(shop);
    expect(trace.complete).toBe(true);
    expect(trace.hops.map(({ record, verdict }) => [record.record.from, record.record.to, verdict])).toEqual([
      [trucker, shop, 'ok'],
      [farm, trucker, 'ok'],
      [undefined, farm, 'ok'],
    ]);
    const verifiers = trace.hops.flatMap(({ record }) =>
      record.votes.map(({ verifier }) => verifier.split('@')[1]),
    );
    expect([...new Set(verifiers)].sort()).toEqual(['customs', 'inspection']);
  });

  test('who has no part in the chain sees the ledger, not the data', async () => {
    const item = await held(consortium, farm);
    const trace = await consortium.as(shop).traceThing({ thing: item.thing });
    expect(trace.hops.map(({ verdict, data }) => [verdict, data])).toEqual([['not-entitled', undefined]]);
    expect(trace.complete).toBe(false);
  });

  test('an EPC URN, a Digital Link and an element string name the same thing', async () => {
    const serial = Date.now().toString(36);
    const { thing } = await consortium.as(farm).registerThing({
      thing: `urn:epc:id:sgtin:9506000.013435.${serial}`,
      kind: 'product',
      quantity: { value: '1', unit: 'C62' },
    });
    expect(thing).toBe(`https://id.gs1.org/01/09506000134352/21/${serial}`);
    for (const form of [
      `(01)09506000134352(21)${serial}`,
      `https://farm.example/x/01/09506000134352/21/${serial}?lot=1`,
    ]) {
      expect((await consortium.as(farm).getThing({ thing: form })).thing.thing).toBe(thing);
    }
  });

  test('X9: the peers of all members agree on an answer', async () => {
    const item = await held(consortium, farm);
    const { answer, agreed, peers } = await consortium.as(farm).compared.getThing({ thing: item.thing });
    expect([answer.holder, agreed]).toEqual([farm, true]);
    expect(peers.map(({ member, verdict }) => [member, verdict])).toEqual(
      ['bank', 'carrier', 'customs', 'inspection'].map((member) => [member, 'agrees']),
    );
  });

  test('only the holder transfers; custody waits for the decision', async () => {
    const item = await held(consortium, farm);
    expect(await refusalOf(announce(consortium, item, processor, shop))).toBe('TL-CUSTODY-NOT-HOLDER');
    const record = { from: farm };
    expect(await refusalOf(announce(consortium, item, processor, shop, { record }))).toBe(
      'TL-CUSTODY-NOT-HOLDER',
    );
    const slow = {
      record: { place: { latitude: -33.86, longitude: 151.2 } },
      document: { place: { latitude: -33.86, longitude: 151.2 } },
    };
    const recordId = await announce(consortium, item, farm, processor, slow);
    const { status } = await decision(consortium, farm, recordId);
    expect(status).toBe('rejected');
    expect((await consortium.as(farm).getThing({ thing: item.thing })).holder).toBe(farm);
  });

  test.each<[string, Wrong]>([
    ['TL-CUSTODY-SELF-TRANSFER', { record: { to: farm } }],
    ['TL-QUANTITY-MISMATCH', { record: { quantity: { value: '11', unit: 'C62' } } }],
    ['TL-EVENT-IN-FUTURE', { record: { eventTime: new Date(Date.now() + 3_600_000).toISOString() } }],
    ['TL-EVENT-OUT-OF-ORDER', { record: { eventTime: '2020-01-01T00:00:00Z' } }],
    ['TL-RECIPIENT-UNKNOWN', { record: { to: 'ghost@carrier' } }],
    ['TL-RECIPIENT-UNFIT', { record: { to: 'inspector@inspection' } }],
    ['TL-SERVER-UNKNOWN', { record: { informationServer: 'https://nowhere.example' } }],
    ['TL-SIGNATURE-INVALID', { record: { signature: 'A'.repeat(86) } }],
    ['TL-ID-CHECK-DIGIT', { record: { thing: '(01)09506000134353(21)1' } }],
    ['TL-THING-UNKNOWN', { record: { thing: freshThing() } }],
  ])('a transfer is refused with %s', async (code, wrong) => {
    const item = await held(consortium, farm);
    expect(await refusalOf(announce(consortium, item, farm, trucker, wrong))).toBe(code);
    const { holder, pending } = await consortium.as(farm).getThing({ thing: item.thing });
    expect([holder, pending]).toEqual([farm, undefined]);
  });

  test('an information server of another member is refused', async () => {
    const item = await held(consortium, farm);
    const informationServer = consortium.informationServerOf(trucker);
    const wrong = { record: { informationServer } };
    expect(await refusalOf(announce(consortium, item, farm, trucker, wrong))).toBe('TL-SERVER-FOREIGN');
  });

  test.each<[string, Wrong]>([
    ['TL-VERIFY-HASH', { record: { dataHash: '0'.repeat(64) } }],
    ['TL-VERIFY-QUANTITY', { document: { quantity: { value: '9', unit: 'C62' } } }],
    ['TL-VERIFY-TIME', { document: { eventTime: '2026-01-01T00:00:00Z' } }],
    ['TL-VERIFY-IDENTITY', { document: { to: shop } }],
  ])('the regulators reject with %s', async (code, wrong) => {
    const item = await held(consortium, farm);
    const recordId = await announce(consortium, item, farm, trucker, wrong);
    const record = await decision(consortium, farm, recordId);
    expect(record.status).toBe('rejected');
    // A hash that nobody stored a document for is missing rather than wrong.
    expect(reasonsOf(record)).toEqual([code === 'TL-VERIFY-HASH' ? 'TL-VERIFY-MISSING' : code]);
    expect((await consortium.as(farm).getThing({ thing: item.thing })).holder).toBe(farm);
  });

  test('nothing travels faster than the rules allow', async () => {
    const item = await held(consortium, farm);
    const place = { latitude: -36.8, longitude: 174.7 };
    const recordId = await announce(consortium, item, farm, trucker, {
      record: { place },
      document: { place },
    });
    expect(reasonsOf(await decision(consortium, farm, recordId))).toEqual(['TL-VERIFY-SPEED']);
  });

  test('votes of others than verifiers, and second votes that differ, are refused', async () => {
    const item = await registered(consortium, farm);
    const recordId = await announce(consortium, item, undefined, farm);
    expect(await refusalOf(consortium.as(farm).voteOnRecord({ recordId, decision: 'accept' }))).toBe(
      'TL-CALLER-ROLE',
    );
    const officer = consortium.as('officer@customs');
    expect((await officer.voteOnRecord({ recordId, decision: 'accept' })).decision).toBe('accept');
    const reasons = [{ code: 'TL-VERIFY-MANUAL' as const, detail: 'on second thought' }];
    expect(await refusalOf(officer.voteOnRecord({ recordId, decision: 'reject', reasons }))).toBe(
      'TL-VOTE-TWICE',
    );
    expect(
      await refusalOf(officer.voteOnRecord({ recordId: `${'0'.repeat(32)}-0.0`, decision: 'accept' })),
    ).toBe('TL-RECORD-UNKNOWN');
  });

  test('a human verifier sees the queue of the agent beside it', async () => {
    const { entries } = await consortium.as('inspector@inspection').listVerificationQueue({ limit: 50 });
    expect(Array.isArray(entries)).toBe(true);
    expect(await refusalOf(consortium.as(farm).listVerificationQueue({ limit: 50 }))).toBe('TL-CALLER-ROLE');
  });
});
