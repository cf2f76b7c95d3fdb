// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { parseEpcisEvent } from './document';
import { handOverOf, type HandOver } from './handover';

const ITEM = 'https://id.gs1.org/01/10614141073464/21/2017';
const OTHER = 'https://id.gs1.org/01/10614141073464/21/2018';
const BOX = 'https://id.gs1.org/00/106141412345678908';
const MAKER = ['urn:epc:id:pgln:9506000.00001', 'https://id.gs1.org/417/9506000000015'] as const;
const SHOP = ['urn:epc:id:pgln:9506000.00002', 'https://id.gs1.org/417/9506000000022'] as const;
const party = (destination: string, type = 'possessing_party') => ({ type, destination });

const shipping = {
  type: 'ObjectEvent',
  action: 'OBSERVE',
  eventTime: '2026-11-20T08:00:00.000+01:00',
  eventTimeZoneOffset: '+01:00',
  epcList: ['urn:epc:id:sgtin:0614141.107346.2018', 'urn:epc:id:sgtin:0614141.107346.2017', OTHER],
  bizStep: 'shipping',
  sourceList: [{ type: 'cbv:SDT-possessing_party', source: MAKER[0] }],
  destinationList: [party('https://id.gs1.org/417/9506000000039', 'owning_party'), party(SHOP[0])],
};
const of = (over: object): HandOver | undefined => {
  const event = {
    '@context': 'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
    ...shipping,
    ...over,
  };
  // As JSON has it, a member that is undefined is not there.
  return handOverOf(parseEpcisEvent(JSON.parse(JSON.stringify(event))).event);
};
const order = { bizTransactionList: [{ bizTransaction: 'https://orders.example/7' }] };
const parent = { epcList: undefined, parentID: 'urn:epc:id:sscc:0614141.1234567890', childEPCs: [ITEM] };

describe('T8 what an event hands over', () => {
  test('each thing once, from party to party, in canonical identifiers', () => {
    expect(of({})).toEqual({ things: [ITEM, OTHER], from: MAKER[1], to: SHOP[1], places: [] });
    expect(of({ sourceList: undefined })).toEqual({ things: [ITEM, OTHER], to: SHOP[1], places: [] });
  });

  test.each<[string, object, string[]]>([
    ['ObjectEvent ADD', { action: 'ADD' }, [ITEM, OTHER]],
    ['AggregationEvent ADD', { ...parent, type: 'AggregationEvent', action: 'ADD' }, [BOX]],
    ['AggregationEvent OBSERVE', { ...parent, type: 'AggregationEvent' }, [BOX]],
    ['AssociationEvent OBSERVE', { ...parent, type: 'AssociationEvent' }, [BOX]],
    ['TransactionEvent', { ...order, type: 'TransactionEvent', action: 'ADD', epcList: [ITEM] }, [ITEM]],
    [
      'TransactionEvent with a parent',
      { ...order, type: 'TransactionEvent', epcList: [ITEM], parentID: BOX },
      [BOX],
    ],
  ])('%s names them', (_, over, things) => {
    expect(of(over)?.things).toEqual(things);
  });

  test.each<[string, object]>([
    ['no destination', { destinationList: undefined }],
    ['no possessing party', { destinationList: [party(SHOP[0], 'owning_party')] }],
    [
      'a possessing party of somebody’s own vocabulary',
      { destinationList: [party(SHOP[0], 'urn:x:holder')] },
    ],
    ['two destinations', { destinationList: [party(SHOP[0]), party(MAKER[0])] }],
    [
      'two sources',
      { sourceList: [MAKER[0], SHOP[0]].map((source) => ({ type: 'possessing_party', source })) },
    ],
    ['a declaration of error', { errorDeclaration: { declarationTime: shipping.eventTime } }],
    ['what is taken out of sight', { action: 'DELETE' }],
    ['children without a parent', { type: 'AggregationEvent', epcList: undefined, childEPCs: [ITEM] }],
    ['classes', { epcList: undefined, quantityList: [{ epcClass: 'urn:epc:class:lgtin:0614141.107346.L' }] }],
    [
      'a transformation',
      {
        type: 'TransformationEvent',
        action: undefined,
        epcList: undefined,
        inputEPCList: [ITEM],
        outputEPCList: [OTHER],
      },
    ],
    ['a step on the way', { bizStep: 'transporting' }],
    ['a step before', { bizStep: 'cbv:BizStep-loading' }],
    ['a step of somebody’s own', { bizStep: 'https://steps.example/shipping' }],
    ['no step', { bizStep: undefined }],
  ])('%s hands over nothing', (_, over) => {
    expect(of(over)).toBeUndefined();
  });

  test.each(['departing', 'cbv:BizStep-consigning', 'urn:epcglobal:cbv:bizstep:accepting', 'dispensing'])(
    '%s is a step that hands over',
    (bizStep) => {
      expect(of({ bizStep })?.to).toBe(SHOP[1]);
    },
  );

  test('a party written in two forms is one', () => {
    expect(of({ destinationList: SHOP.map((one) => party(one)) })?.to).toBe(SHOP[1]);
  });

  test.each<[object, HandOver['places']]>([
    [
      { readPoint: { id: 'urn:epc:id:sgln:9506000.13436.dock7' }, bizLocation: { id: 'urn:x:hall' } },
      [
        { location: 'https://id.gs1.org/414/9506000134369/254/dock7' },
        { location: 'https://id.gs1.org/414/9506000134369' },
        { location: 'urn:x:hall' },
      ],
    ],
    [
      { bizLocation: { id: 'urn:epc:id:sgln:9506000.13436.0' } },
      [{ location: 'https://id.gs1.org/414/9506000134369' }],
    ],
    [{ readPoint: { id: 'geo:36.84,-2.4701' } }, [{ latitude: 36.84, longitude: -2.4701 }]],
    [{ readPoint: { id: 'GEO:-90,180,13.5;crs=WGS84;u=35' } }, [{ latitude: -90, longitude: 180 }]],
    [{ readPoint: { id: 'geo:1,2;crs=nad27' } }, []],
    [{ readPoint: { id: 'geo:91,2' } }, []],
    [{ readPoint: { id: 'geo:north' } }, []],
  ])('happens at %j', (over, places) => {
    expect(of(over)?.places).toEqual(places);
  });

  test.each<[object, string, string]>([
    [{ destinationList: [party('urn:epc:id:pgln:1.2')] }, 'TL-ID-MALFORMED', 'destinationList'],
    [
      { sourceList: [{ type: 'possessing_party', source: 'https://id.gs1.org/417/9506000000011' }] },
      'TL-ID-CHECK-DIGIT',
      'sourceList',
    ],
    [{ readPoint: { id: 'https://id.gs1.org/414/9506000134360' } }, 'TL-ID-CHECK-DIGIT', 'readPoint.id'],
  ])('%j is refused with %s at %s', (over, code, field) => {
    let refusal: unknown;
    try {
      of(over);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code, fields: { field } });
  });
});
