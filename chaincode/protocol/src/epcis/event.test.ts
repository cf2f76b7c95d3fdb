// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { parseEpcisDocument, parseEpcisEvent } from './document';
import * as vocabulary from './vocabulary';

const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
  { ex: 'https://ns.example.com/' },
];
const EPC = 'urn:epc:id:sgtin:0614141.107346.2017';
const LOT = { epcClass: 'urn:epc:class:lgtin:0614141.107346.L1', quantity: 5, uom: 'KGM' };
const when = { eventTime: '2026-11-20T08:00:00.000+01:00', eventTimeZoneOffset: '+01:00' };
const object = { type: 'ObjectEvent', ...when, action: 'ADD', epcList: [EPC] };
const aggregation = {
  type: 'AggregationEvent',
  ...when,
  action: 'ADD',
  parentID: EPC,
  childQuantityList: [LOT],
};
const association = { ...aggregation, type: 'AssociationEvent' };
const order = { type: 'po', bizTransaction: 'https://orders.example/7' };
const transaction = {
  type: 'TransactionEvent',
  ...when,
  action: 'ADD',
  bizTransactionList: [order],
  epcList: [EPC],
};
const transformation = {
  type: 'TransformationEvent',
  ...when,
  inputEPCList: [EPC],
  outputQuantityList: [LOT],
};
const without = (event: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));

const documentOf = (event: object): object => ({
  '@context': CONTEXT,
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-20T08:00:00Z',
  epcisBody: { eventList: [event] },
});

/** What is said of it: its code and the field, or the rule. */
function verdict(parse: () => unknown): string {
  try {
    parse();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { field, fields, rule } = error.fields;
    const place = String(field ?? (Array.isArray(fields) ? fields[0] : '')).replace(
      'epcisBody.eventList.0',
      '',
    );
    return [error.code, place.replace(/^\./, ''), rule]
      .filter((part) => part !== '' && part !== undefined)
      .join(' ');
  }
}
const verdictOn = (event: object): string => verdict(() => parseEpcisDocument(documentOf(event)));

describe('T8 what each type of event must have', () => {
  const sensed = {
    readPoint: { id: EPC },
    sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: 4 }] }],
  };
  test.each<[string, object]>([
    ['things', object],
    ['quantities', { ...without(object, 'epcList'), quantityList: [LOT] }],
    ['sensors at a read point', { ...without(object, 'epcList'), ...sensed }],
    ['no things left, with sensors', { ...object, epcList: [], ...sensed }],
    ['a container', aggregation],
    ['a container emptied whole', { ...without(aggregation, 'childQuantityList'), action: 'DELETE' }],
    ['contents seen without container', { ...without(aggregation, 'parentID'), action: 'OBSERVE' }],
    ['an association', association],
    ['an association ended whole', { ...without(association, 'childQuantityList'), action: 'DELETE' }],
    ['a transaction', transaction],
    ['a transaction ended whole', { ...without(transaction, 'epcList'), action: 'DELETE' }],
    ['a transformation', transformation],
    ['half a transformation', { ...without(transformation, 'inputEPCList'), transformationID: EPC }],
    ['master data of a new lot', { ...object, ilmd: { 'ex:grade': 'A', 'cbvmda:lotNumber': 'L1' } }],
    [
      'more certificates than one',
      { ...object, certificationInfo: ['https://c.example/1', 'https://c.example/2'] },
    ],
    [
      'an error declared without reason',
      { ...object, errorDeclaration: { declarationTime: when.eventTime } },
    ],
    ['a name that is a whole URI', { ...object, 'https://ns.example.com/field': 1 }],
  ])('%s', (_, event) => {
    expect(verdictOn(event)).toBe('accepted');
  });

  const CHILDREN = 'childEPCs or childQuantityList, unless its action is DELETE and means all';
  test.each<[object, string]>([
    [
      without(object, 'epcList'),
      'an ObjectEvent has epcList or quantityList, or sensorElementList with readPoint',
    ],
    [
      { ...object, epcList: [] },
      'an ObjectEvent has epcList or quantityList, or sensorElementList with readPoint',
    ],
    [
      { ...without(object, 'epcList'), ...without(sensed, 'readPoint') },
      'an ObjectEvent has epcList or quantityList, or sensorElementList with readPoint',
    ],
    [{ ...object, action: 'OBSERVE', ilmd: { 'ex:a': 1 } }, 'an ObjectEvent has ilmd with action ADD only'],
    [without(aggregation, 'parentID'), 'an AggregationEvent with action ADD or DELETE has parentID'],
    [without(aggregation, 'childQuantityList'), `an AggregationEvent has ${CHILDREN}`],
    [{ ...association, childQuantityList: [], action: 'OBSERVE' }, `an AssociationEvent has ${CHILDREN}`],
    [{ ...transaction, bizTransactionList: [] }, 'a TransactionEvent has bizTransactionList'],
    [
      without(transaction, 'epcList'),
      'a TransactionEvent has epcList or quantityList, unless its action is DELETE and means all',
    ],
    [
      without(transformation, 'inputEPCList'),
      'a TransformationEvent has inputs and outputs, or transformationID and one of them',
    ],
    [
      { ...without(transformation, 'inputEPCList', 'outputQuantityList'), transformationID: EPC },
      'a TransformationEvent has inputs and outputs, or transformationID and one of them',
    ],
  ])('%# refused by the rule', (event, rule) => {
    expect(verdictOn(event)).toBe(`TL-EPCIS-RULE ${rule}`);
  });

  test('nothing set or unset for good', () => {
    expect(verdictOn({ ...object, persistentDisposition: { set: [] } })).toContain(
      'TL-EPCIS-RULE persistentDisposition',
    );
  });
});

describe('T8 bad input is refused with a code and the place', () => {
  test.each<[object, string]>([
    [{ ...object, type: 'MovingEvent' }, 'TL-INPUT-INVALID type'],
    [without(object, 'type'), 'TL-INPUT-INVALID type'],
    [without(object, 'action'), 'TL-INPUT-INVALID action'],
    [{ ...object, action: 'CREATE' }, 'TL-INPUT-INVALID action'],
    [without(object, 'eventTime'), 'TL-INPUT-INVALID eventTime'],
    [{ ...object, eventTime: '22-07-2026' }, 'TL-EPCIS-TIME eventTime'],
    [{ ...object, eventTimeZoneOffset: '+14:30' }, 'TL-EPCIS-TIME eventTimeZoneOffset'],
    [{ ...object, eventTimeZoneOffset: 'Z' }, 'TL-EPCIS-TIME eventTimeZoneOffset'],
    [{ ...object, epcList: ['a bike'] }, 'TL-INPUT-INVALID epcList.0'],
    [{ ...object, bizStep: 'transforming' }, 'TL-EPCIS-VOCABULARY bizStep'],
    [{ ...object, bizStep: 'urn:epcglobal:cbv:bizstep:transforming' }, 'TL-EPCIS-VOCABULARY bizStep'],
    [{ ...object, bizStep: 'https://ref.gs1.org/cbv/BizStep-transforming' }, 'TL-EPCIS-VOCABULARY bizStep'],
    [{ ...object, bizStep: 'cbv:BizStep-transforming' }, 'TL-EPCIS-VOCABULARY bizStep'],
    [{ ...object, disposition: 'shipping' }, 'TL-EPCIS-VOCABULARY disposition'],
    [{ ...object, sourceList: [{ type: 'place', source: EPC }] }, 'TL-EPCIS-VOCABULARY sourceList.0.type'],
    [{ ...object, sourceList: [{ source: EPC }] }, 'TL-INPUT-INVALID sourceList.0.type'],
    [{ ...object, quantityList: [{ ...LOT, quantity: '20' }] }, 'TL-INPUT-INVALID quantityList.0.quantity'],
    [{ ...object, quantityList: [{ ...LOT, quantity: -1 }] }, 'TL-INPUT-INVALID quantityList.0.quantity'],
    [{ ...object, quantityList: [{ ...LOT, uom: 'kilogram' }] }, 'TL-INPUT-INVALID quantityList.0.uom'],
    [{ ...object, quantityList: [{ quantity: 1 }] }, 'TL-INPUT-INVALID quantityList.0.epcClass'],
    [{ ...object, quantityList: [{ ...LOT, weight: 5 }] }, 'TL-INPUT-INVALID quantityList.0'],
    [
      { ...object, bizTransactionList: [{ type: 'po' }] },
      'TL-INPUT-INVALID bizTransactionList.0.bizTransaction',
    ],
    [{ ...object, readPoint: {} }, 'TL-INPUT-INVALID readPoint.id'],
    [{ ...object, sensorElementList: [{}] }, 'TL-INPUT-INVALID sensorElementList.0.sensorReport'],
    [
      { ...object, sensorElementList: [{ sensorReport: [{ value: 1 }] }] },
      'TL-INPUT-INVALID sensorElementList.0.sensorReport.0.type',
    ],
    [
      { ...object, errorDeclaration: { reason: 'incorrect_data' } },
      'TL-INPUT-INVALID errorDeclaration.declarationTime',
    ],
    [{ ...object, certificationInfo: 42 }, 'TL-INPUT-INVALID certificationInfo'],
    [{ ...object, ilmd: { materialType: 'soil' } }, 'TL-EPCIS-NAMESPACE ilmd.materialType'],
    [{ ...object, parentId: EPC }, 'TL-EPCIS-NAMESPACE parentId'],
    [{ ...transformation, action: 'ADD' }, 'TL-EPCIS-NAMESPACE action'],
    [{ ...object, 'other:field': 1 }, 'TL-EPCIS-NAMESPACE other:field'],
    [{ ...object, 'ex:field': { 'other:inner': 1 } }, 'TL-EPCIS-NAMESPACE ex:field.other:inner'],
    [{ ...object, '@context': { ex: 7 } }, 'TL-EPCIS-CONTEXT'],
  ])('%# %j', (event, said) => {
    expect(verdictOn(event)).toBe(said);
  });

  test('nesting beyond the limit, before anything recurses into it', () => {
    let deep: object = {};
    for (let level = 0; level < 5000; level += 1) deep = { 'ex:in': deep };
    expect(verdictOn({ ...object, 'ex:in': deep })).toBe('TL-INPUT-TOO-DEEP');
  });

  test.each<[unknown, string]>([
    [undefined, 'TL-EPCIS-CONTEXT @context'],
    [[{ ex: 'https://ns.example.com/' }], 'TL-EPCIS-CONTEXT @context'],
    [[...CONTEXT, 7], 'TL-EPCIS-CONTEXT'],
    [[...CONTEXT, { ex: 'no uri' }], 'TL-EPCIS-CONTEXT'],
    [[...CONTEXT, { cbv: 'https://elsewhere.example/' }], 'TL-EPCIS-CONTEXT'],
    [[...CONTEXT, { gs1: 'https://gs1.org/voc/' }], 'accepted'],
    [[...CONTEXT, { a: { '@id': 'https://a.example/' } }], 'accepted'],
    ['https://ref.gs1.org/standards/epcis/epcis-context.jsonld', 'accepted'],
  ])('the context %j: %s', (context, said) => {
    expect(verdict(() => parseEpcisDocument({ ...documentOf(object), '@context': context }))).toBe(said);
  });

  test('a prefix of one event is none of its neighbour', () => {
    const own = { ...object, '@context': { own: 'https://own.example/' }, 'own:field': 1 };
    expect(verdictOn(own)).toBe('accepted');
    const two = { ...documentOf(own), epcisBody: { eventList: [own, { ...object, 'own:field': 1 }] } };
    expect(verdict(() => parseEpcisDocument(two))).toBe('TL-EPCIS-NAMESPACE epcisBody.eventList.1.own:field');
  });

  test('a single event needs a context of its own', () => {
    expect(parseEpcisEvent({ '@context': CONTEXT, ...object, 'ex:a': 1 }).event.type).toBe('ObjectEvent');
    expect(verdict(() => parseEpcisEvent(object))).toBe('TL-EPCIS-CONTEXT @context');
  });

  test.each([null, 7, 'text', [], {}])('%j is no document', (value) => {
    expect(() => parseEpcisDocument(value)).toThrow(Refusal);
  });
});

describe('T8 the vocabularies of CBV 2.0', () => {
  const { BIZ_STEP, isTermOf, wordOf, webTermOf } = vocabulary;
  test.each([
    ['BIZ_STEP', 41],
    ['DISPOSITION', 33],
    ['BIZ_TRANSACTION_TYPE', 13],
    ['SOURCE_DESTINATION_TYPE', 3],
    ['ERROR_REASON', 2],
    ['COMPONENT', 14],
    ['MEASUREMENT_TYPE', 72],
    ['SENSOR_ALERT', 2],
  ] as const)('%s has %i words, all different', (name, size) => {
    expect(new Set(vocabulary[name].words).size).toBe(size);
    expect(vocabulary[name].words).toHaveLength(size);
  });

  test.each([
    'shipping',
    'cbv:BizStep-shipping',
    'urn:epcglobal:cbv:bizstep:shipping',
    'https://ref.gs1.org/cbv/BizStep-shipping',
    'https://ns.gs1.org/cbv/BizStep-shipping',
  ])('%s is one word', (text) => {
    expect(wordOf(BIZ_STEP, text)).toBe('shipping');
    expect(webTermOf(BIZ_STEP, text)).toBe('https://ref.gs1.org/cbv/BizStep-shipping');
  });

  test.each(['https://own.example/steps/shipping', 'ex:shipping', 'urn:own:shipping'])(
    '%s is a term of its own',
    (text) => {
      expect(wordOf(BIZ_STEP, text)).toBeUndefined();
      expect(isTermOf(BIZ_STEP, text)).toBe(true);
      expect(webTermOf(BIZ_STEP, text)).toBe(text);
    },
  );
});
