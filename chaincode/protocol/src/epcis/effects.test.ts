// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { parseEpcisEvent } from './document';
import { effectsOf, type Effects } from './effects';

const ITEM = [
  'urn:epc:id:sgtin:0614141.107346.2017',
  'https://id.gs1.org/01/10614141073464/21/2017',
] as const;
const OTHER = [
  'https://shop.example/01/10614141073464/10/L/21/2018?a',
  'https://id.gs1.org/01/10614141073464/21/2018',
] as const;
const BOX = ['urn:epc:id:sscc:0614141.1234567890', 'https://id.gs1.org/00/106141412345678908'] as const;
const LOT = ['urn:epc:class:lgtin:0614141.107346.L1', 'https://id.gs1.org/01/10614141073464/10/L1'] as const;
const when = { eventTime: '2026-11-20T08:00:00.000+01:00', eventTimeZoneOffset: '+01:00' };
const NONE = { instances: [], classes: [] };
const nothing = { created: NONE, consumed: NONE, observed: NONE, links: [], declaredError: false };

const of = (event: object): Effects =>
  effectsOf(
    parseEpcisEvent({
      '@context': 'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
      ...when,
      ...event,
    }).event,
  );
const lot = { epcClass: LOT[0], quantity: 2.5, uom: 'KGM' };
const lots = [{ class: LOT[1], quantity: '2.5', unit: 'KGM' }];

describe('T8 what an event does to things', () => {
  test.each([
    ['ADD', 'created'],
    ['DELETE', 'consumed'],
    ['OBSERVE', 'observed'],
  ] as const)('ObjectEvent %s: %s, each instance once, in one form and order', (action, role) => {
    const epcList = [OTHER[0], ITEM[0], ITEM[1]];
    expect(of({ type: 'ObjectEvent', action, epcList, quantityList: [lot, { epcClass: LOT[0] }] })).toEqual({
      ...nothing,
      [role]: { instances: [ITEM[1], OTHER[1]], classes: [...lots, { class: LOT[1] }] },
    });
  });

  test('TransformationEvent: inputs are consumed, outputs come into being, and are known to belong together', () => {
    const event = {
      type: 'TransformationEvent',
      transformationID: 'urn:epc:id:gdti:0614141.12345.400',
      inputEPCList: [ITEM[0]],
      inputQuantityList: [lot],
      outputEPCList: [OTHER[0]],
    };
    const inputs = { instances: [ITEM[1]], classes: lots };
    const outputs = { instances: [OTHER[1]], classes: [] };
    expect(of(event)).toEqual({
      ...nothing,
      created: outputs,
      consumed: inputs,
      transformation: { id: 'https://id.gs1.org/253/0614141123452400', inputs, outputs },
    });
    const { transformationID: _, ...unnamed } = event;
    expect(of(unnamed).transformation).toEqual({ inputs, outputs });
  });

  test.each([
    ['AggregationEvent', 'aggregation'],
    ['AssociationEvent', 'association'],
  ])('%s: children of a parent added, removed, seen', (type, kind) => {
    const event = { type, parentID: BOX[0], childEPCs: [ITEM[0]], childQuantityList: [lot] };
    const children = { instances: [ITEM[1]], classes: lots };
    const observed = { instances: [BOX[1], ITEM[1]], classes: lots };
    for (const [action, change] of [
      ['ADD', 'added'],
      ['DELETE', 'removed'],
      ['OBSERVE', 'observed'],
    ])
      expect(of({ ...event, action })).toEqual({
        ...nothing,
        observed,
        links: [{ kind, change, parent: BOX[1], children }],
      });
    expect(of({ type, action: 'DELETE', parentID: BOX[0] })).toEqual({
      ...nothing,
      observed: { instances: [BOX[1]], classes: [] },
      links: [{ kind, change: 'removed', parent: BOX[1], children: 'all' }],
    });
  });

  test('AggregationEvent OBSERVE: contents without a known container', () => {
    const [link] = of({ type: 'AggregationEvent', action: 'OBSERVE', childEPCs: [ITEM[0]] }).links;
    expect(link).toEqual({
      kind: 'aggregation',
      change: 'observed',
      children: { instances: [ITEM[1]], classes: [] },
    });
  });

  test('TransactionEvent: things become part of each transaction', () => {
    const bizTransactionList = [
      { bizTransaction: 'https://orders.example/7' },
      { bizTransaction: 'urn:epc:id:gdti:0614141.12345.400' },
    ];
    const things = { instances: [BOX[1], ITEM[1]], classes: [] };
    expect(
      of({
        type: 'TransactionEvent',
        action: 'ADD',
        bizTransactionList,
        parentID: BOX[0],
        epcList: [ITEM[0]],
      }),
    ).toEqual({
      ...nothing,
      observed: things,
      links: ['https://orders.example/7', 'https://id.gs1.org/253/0614141123452400'].map((parent) => ({
        kind: 'transaction',
        change: 'added',
        parent,
        children: things,
      })),
    });
    expect(of({ type: 'TransactionEvent', action: 'DELETE', bizTransactionList }).links[0]?.children).toBe(
      'all',
    );
  });

  test('an event declared to be in error says so', () => {
    const errorDeclaration = { declarationTime: when.eventTime };
    expect(
      of({ type: 'ObjectEvent', action: 'ADD', epcList: [ITEM[0]], errorDeclaration }).declaredError,
    ).toBe(true);
  });

  test.each<[object, string, string]>([
    [{ epcList: [ITEM[0], 'https://id.gs1.org/01/10614141073465/21/1'] }, 'TL-ID-CHECK-DIGIT', 'epcList.1'],
    [{ epcList: ['urn:epc:id:sgtin:1.2.3'] }, 'TL-ID-MALFORMED', 'epcList.0'],
    [{ epcList: [LOT[0]] }, 'TL-EPCIS-RULE', 'epcList.0'],
    [{ epcList: ['urn:epc:idpat:grai:4012345.66666.*'] }, 'TL-EPCIS-RULE', 'epcList.0'],
    [
      { quantityList: [{ epcClass: 'https://id.gs1.org/01/10614141073465' }] },
      'TL-ID-CHECK-DIGIT',
      'quantityList.0.epcClass',
    ],
  ])('%j is refused with %s at %s', (lists, code, field) => {
    let refusal: unknown;
    try {
      of({ type: 'ObjectEvent', action: 'ADD', ...lists });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code, fields: { field } });
  });
});
