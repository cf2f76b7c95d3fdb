// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { captureOf, normaliseIdentifier } from '@thingledger/protocol';
import { Consortium } from '../support/consortium.js';
import { held, refusalOf } from '../support/custody.js';
import { bareEvent } from '../support/epcis.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const served = {
  informationServer: consortium.informationServerOf(farm),
  dataHash: 'd'.repeat(64),
};

const capture = (document: Record<string, unknown>) =>
  consortium.as(farm).captureEvent({ ...captureOf(document), ...served, document });

describe('T8: EPCIS events on the ledger', () => {
  test('the hash is recomputed where the ledger endorses, the event is private, the same one is captured once', async () => {
    const document = bareEvent({ epcList: [`urn:uuid:${randomUUID()}`], bizStep: 'inspecting' });
    const { eventHash, eventTime } = captureOf(document);
    const first = await capture(document);
    expect(await capture({ ...document, eventID: 'urn:uuid:1' })).toEqual(first);
    const known = await consortium.as(farm).getCapturedEvent({ eventHash, eventTime });
    expect(known).toMatchObject({ eventHash, by: farm, recordId: first.recordId, changed: false });
    const { text } = await consortium
      .as(farm)
      .getStatement({ statementId: first.recordId.split('.')[0] ?? '' });
    expect(text).not.toContain('inspecting');
    const other = bareEvent({ epcList: [`urn:uuid:${randomUUID()}`] });
    const lie = { ...captureOf(other), ...served, document };
    expect(await refusalOf(consortium.as(farm).captureEvent(lie))).toBe('TL-EPCIS-HASH');
  });

  test('what moves nothing each member records for itself; one that is fresh is one event, and lies about nothing else', async () => {
    const document = bareEvent({ epcList: [`urn:uuid:${randomUUID()}`] });
    const { eventHash, eventTime } = captureOf(document);
    const fresh = { ...captureOf(document), ...served, document, fresh: true } as const;
    const first = await consortium.as(farm).captureEvent(fresh);
    expect(await capture(document)).toEqual(first);
    const shop = consortium.as('shop@bank');
    const there = {
      informationServer: consortium.informationServerOf('shop@bank'),
      dataHash: 'e'.repeat(64),
    };
    const second = await shop.captureEvent({ ...captureOf(document), ...there, document });
    expect(second.recordId).not.toBe(first.recordId);
    const errorDeclaration = { declarationTime: new Date().toISOString(), reason: 'incorrect_data' };
    await capture({ ...document, errorDeclaration });
    // Nothing stands in the way of a member that says so of an event twice: the later record is the event's.
    const later = await consortium.as(farm).captureEvent(fresh);
    expect(await shop.getCapturedEvent({ eventHash, eventTime })).toMatchObject({
      by: 'shop@bank',
      recordId: second.recordId,
      others: [{ by: farm, recordId: later.recordId }],
      declarations: [{ by: farm }],
    });
    const other = bareEvent({ epcList: [`urn:uuid:${randomUUID()}`] });
    const lie = { ...captureOf(other), ...served, document, fresh: true } as const;
    expect(await refusalOf(consortium.as(farm).captureEvent(lie))).toBe('TL-EPCIS-HASH');
  });

  test('fresh events of one second lie on a sheet together: each is found, by all, and declared to be in error', async () => {
    const eventTime = new Date(Date.now() - 1000).toISOString();
    const documents = Array.from({ length: 20 }, () =>
      bareEvent({ epcList: [`urn:uuid:${randomUUID()}`], eventTime }),
    );
    const sheet = { ...served, fresh: true, sheet: 2 } as const;
    const outcomes = await consortium
      .as(farm)
      .bulk.captureEvent(documents.map((document) => ({ ...captureOf(document), ...sheet, document })));
    const recordIds = outcomes.map((outcome) =>
      outcome.ok ? outcome.result.recordId : outcome.problem.code,
    );
    for (const [n, document] of documents.entries()) {
      const { eventHash } = captureOf(document);
      const found = await consortium.as('officer@customs').getCapturedEvent({ eventHash, eventTime });
      expect(found).toMatchObject({ by: farm, recordId: recordIds[n] });
    }
    const [first = {}] = documents;
    expect(await capture(first)).toMatchObject({ recordId: recordIds[0] });
    const errorDeclaration = { declarationTime: new Date().toISOString(), reason: 'incorrect_data' };
    await capture({ ...first, errorDeclaration });
    const { eventHash } = captureOf(first);
    const both = await consortium.as('shop@bank').getCapturedEvent({ eventHash, eventTime });
    expect(both).toMatchObject({ by: farm, others: [], declarations: [{ by: farm }] });
    const refused = { ...captureOf(first), ...served, document: first, fresh: true, sheet: 4 } as const;
    expect(await refusalOf(consortium.as(farm).captureEvent(refused))).toBe('TL-INPUT-INVALID');
  });

  test('a list of events goes in few transactions, and aggregation moves things into their container', async () => {
    const item = await held(consortium, farm);
    const parent = `urn:crate:${randomUUID()}/x`;
    const packing = bareEvent({
      type: 'AggregationEvent',
      action: 'ADD',
      parentID: parent,
      childEPCs: [normaliseIdentifier(item.thing)],
    });
    const documents = [
      packing,
      ...Array.from({ length: 300 }, () => bareEvent({ epcList: [`urn:uuid:${randomUUID()}`] })),
    ];
    const inputs = documents.map((document) => ({ ...captureOf(document), ...served, document }));
    const outcomes = await consortium.as(farm).bulk.captureEvent(inputs);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(new Set(outcomes.map(({ txId }) => txId)).size).toBeLessThan(5);
    expect((await consortium.as(farm).getThing({ thing: item.thing })).within).toEqual([parent]);
  });
});
