// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { parseEpcisEvent } from './document';
import { matches } from './match';
import { namespacesOf } from './namespaces';
import { epcisProblemType } from './problem';
import { parseEpcisQuery } from './query';

const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
  { ex: 'https://ns.example.com/epcis/' },
];
const namespaces = namespacesOf(CONTEXT);
const when = { eventTime: '2026-11-20T08:00:00.000+01:00', eventTimeZoneOffset: '+01:00' };

const shipped = parseEpcisEvent({
  '@context': CONTEXT,
  type: 'ObjectEvent',
  ...when,
  eventID: 'urn:uuid:0e2a7f1c-0000-4000-8000-000000000001',
  recordTime: '2026-11-20T07:00:05Z',
  action: 'ADD',
  bizStep: 'shipping',
  disposition: 'in_transit',
  persistentDisposition: { set: ['completeness_verified'] },
  readPoint: { id: 'urn:epc:id:sgln:4012345.00011.987' },
  bizLocation: { id: 'urn:epc:id:sgln:4012345.00012.0' },
  epcList: ['urn:epc:id:sgtin:0614141.107346.2017', 'urn:epc:id:grai:4012345.66666.87'],
  quantityList: [{ epcClass: 'urn:epc:class:lgtin:0614141.107346.L1', quantity: 200.5, uom: 'KGM' }],
  bizTransactionList: [{ type: 'po', bizTransaction: 'https://orders.example/7' }],
  sourceList: [{ type: 'owning_party', source: 'urn:epc:id:pgln:4012345.00225' }],
  sensorElementList: [
    {
      sensorMetadata: {
        startTime: '2026-11-20T05:00:00Z',
        deviceID: 'urn:epc:id:giai:4000001.111',
        'ex:room': '4',
      },
      sensorReport: [
        { type: 'Temperature', value: 4.5, uom: 'CEL', 'ex:cv': '123' },
        { type: 'Speed', value: 80, uom: 'KMH', component: 'x', booleanValue: true },
      ],
    },
  ],
  errorDeclaration: {
    declarationTime: '2026-11-21T08:00:00Z',
    reason: 'incorrect_data',
    correctiveEventIDs: ['urn:uuid:0e2a7f1c-0000-4000-8000-000000000002'],
  },
  ilmd: { 'ex:grade': 'A', 'cbvmda:lotNumber': 'L1' },
  'ex:weight': '12.50',
  'ex:checked': { 'ex:at': '2026-11-20T08:00:00+01:00', 'ex:by': ['a', 'b'] },
});
const made = parseEpcisEvent({
  '@context': CONTEXT,
  type: 'TransformationEvent',
  ...when,
  inputEPCList: ['urn:epc:id:sscc:0614141.1234567890'],
  outputQuantityList: [{ epcClass: 'urn:epc:class:lgtin:0614141.107346.L2', quantity: 3 }],
  transformationID: 'urn:epc:id:gdti:0614141.12345.400',
});

const answers = (query: string): string =>
  [shipped, made]
    .filter((each) => matches(each, parseEpcisQuery(query, namespaces)))
    .map((each) => (each === shipped ? 'shipped' : 'made'))
    .join(' ');

describe('T8 which events a query answers with', () => {
  test.each([
    ['', 'shipped made'],
    ['eventType=ObjectEvent', 'shipped'],
    ['eventType=TransformationEvent,ObjectEvent', 'shipped made'],
    ['EQ_action=ADD', 'shipped'],
    ['EQ_action=DELETE,OBSERVE', ''],
    ['EQ_bizStep=shipping', 'shipped'],
    ['EQ_bizStep=urn%3Aepcglobal%3Acbv%3Abizstep%3Ashipping', 'shipped'],
    ['EQ_bizStep=receiving,cbv:BizStep-shipping', 'shipped'],
    ['EQ_bizStep=https://own.example/step', ''],
    ['EQ_disposition=in_transit&EQ_action=DELETE', ''],
    ['EQ_persistentDisposition_set=completeness_verified', 'shipped'],
    ['EQ_persistentDisposition_unset=completeness_verified', ''],
    ['EQ_readPoint=https://gate.example/414/4012345000115/254/987', 'shipped'],
    ['EQ_bizLocation=urn:epc:id:sgln:4012345.00011.987', ''],
    ['WD_bizLocation=urn:epc:id:sgln:4012345.00012.0', 'shipped'],
    ['WD_bizLocation=urn:epc:id:sgln:4012345.00011.0', ''],
    ['EQ_eventID=urn:uuid:0e2a7f1c-0000-4000-8000-000000000001', 'shipped'],
    ['EQ_transformationID=https://id.gs1.org/253/0614141123452400', 'made'],
    ['EQ_errorReason=incorrect_data', 'shipped'],
    ['EQ_correctiveEventID=urn:uuid:0e2a7f1c-0000-4000-8000-000000000002', 'shipped'],
    ['EXISTS_errorDeclaration', 'shipped'],
    ['EXISTS_sensorElementList=true', 'shipped'],
    ['EQ_type=Temperature', 'shipped'],
    ['EQ_deviceID=https://id.gs1.org/8004/4000001111', 'shipped'],
    ['EQ_component=x&EQ_booleanValue=true', 'shipped'],
    ['EQ_stringValue=x', ''],
    ['GE_eventTime=2026-11-20T07:00:00Z', 'shipped made'],
    ['GE_eventTime=2026-11-20T08:00:00+01:00', 'shipped made'],
    ['LT_eventTime=2026-11-20T07:00:00Z', ''],
    ['GE_recordTime=2026-11-20T07:00:05Z', 'shipped'],
    ['LT_startTime=2026-11-20T06:00:00Z', 'shipped'],
    ['GE_errorDeclarationTime=2026-11-21T08:00:00.001Z', ''],
    ['MATCH_epc=https://x.example/01/10614141073464/21/2017', 'shipped'],
    ['MATCH_epc=urn:epc:idpat:sgtin:0614141.107346.*', 'shipped'],
    ['MATCH_epc=urn:epc:idpat:grai:4012345.66666.*', 'shipped'],
    ['MATCH_epc=urn:epc:id:sgtin:0614141.107346.201', ''],
    ['MATCH_epc=urn:epc:id:sscc:0614141.1234567890', ''],
    ['MATCH_anyEPC=urn:epc:id:sscc:0614141.1234567890', 'made'],
    ['MATCH_inputEPC=urn:epc:id:sscc:0614141.1234567890', 'made'],
    ['MATCH_outputEPC=urn:epc:id:sscc:0614141.1234567890', ''],
    ['MATCH_epcClass=urn:epc:class:lgtin:0614141.107346.L1,urn:epc:class:lgtin:0614141.107346.L2', 'shipped'],
    ['MATCH_outputEPCClass=urn:epc:class:lgtin:0614141.107346.L2', 'made'],
    [
      'MATCH_anyEPCClass=urn:epc:class:lgtin:0614141.107346.L1,urn:epc:class:lgtin:0614141.107346.L2',
      'shipped made',
    ],
    ['EQ_quantity=200.5', 'shipped'],
    ['GT_quantity=3', 'shipped'],
    ['GE_quantity=3', 'shipped made'],
    ['LT_quantity=3', ''],
    ['LE_quantity=3.0', 'made'],
    ['GE_value_CEL=4.5', 'shipped'],
    ['GT_value_CEL=4.5', ''],
    ['GT_value_KMH=4.5', 'shipped'],
    ['GT_maxValue_KMH=4.5', ''],
    ['EQ_bizTransaction_po=https://orders.example/7', 'shipped'],
    ['EQ_bizTransaction_inv=https://orders.example/7', ''],
    ['EQ_source_owning_party=https://id.gs1.org/417/4012345002256', 'shipped'],
    ['EQ_destination_owning_party=https://id.gs1.org/417/4012345002256', ''],
    ['EQ_ex:weight=12.5', 'shipped'],
    ['EQ_https%3A%2F%2Fns.example.com%2Fepcis%2Fweight=12.5', 'shipped'],
    ['GT_ex:weight=9', 'shipped'],
    ['LT_ex:weight=9', ''],
    ['EQ_ex:at=2026-11-20T08:00:00%2B01:00', ''],
    ['EQ_INNER_ex:by=b', 'shipped'],
    ['GE_INNER_ex:at=2026-11-20T07:00:00Z', 'shipped'],
    ['EXISTS_ex:checked', 'shipped'],
    ['EXISTS_INNER_ex:checked', ''],
    ['EQ_ILMD_ex:grade=A,B', 'shipped'],
    ['EQ_ILMD_cbvmda:lotNumber=L2', ''],
    ['EQ_SENSORMETADATA_ex:room=4', 'shipped'],
    ['EQ_SENSORREPORT_ex:cv=123', 'shipped'],
    ['EXISTS_ERROR_DECLARATION_ex:by', ''],
  ])('%s: %s', (query, expected) => {
    expect(answers(query)).toBe(expected);
  });
});

describe('T8 the query string', () => {
  test('order and limits, with what holds when they are left out', () => {
    expect(parseEpcisQuery('')).toEqual({ conditions: [], orderBy: 'eventTime', orderDirection: 'DESC' });
    expect(
      parseEpcisQuery(
        '?orderBy=recordTime&orderDirection=ASC&perPage=30&eventCountLimit=7&nextPageToken=a%2Cb',
      ),
    ).toEqual({
      conditions: [],
      orderBy: 'recordTime',
      orderDirection: 'ASC',
      perPage: 30,
      eventCountLimit: 7,
      nextPageToken: 'a,b',
    });
  });

  test('a comma inside a value is percent-encoded', () => {
    expect(parseEpcisQuery('EQ_stringValue=a%2Cb,c').conditions).toEqual([
      { kind: 'equals', field: 'stringValue', values: ['a,b', 'c'] },
    ]);
  });

  test.each([
    ['EQ_colour=red', 'EQ_colour'],
    ['GE_bizStep=shipping', 'GE_bizStep'],
    ['MATCH_EPC=urn:epc:id:sscc:0614141.1234567890', 'MATCH_EPC'],
    ['toString=1', 'toString'],
    ['eventType=MovingEvent', 'eventType'],
    ['EQ_action=ADD&EQ_action=DELETE', 'EQ_action'],
    ['EQ_action=', 'EQ_action'],
    ['EQ_bizStep=transforming', 'EQ_bizStep'],
    ['EQ_source_place=https://x.example', 'EQ_source_place'],
    ['GE_eventTime=yesterday', 'GE_eventTime'],
    ['GE_eventTime=2026-11-20T07:00:00Z,2026-11-21T07:00:00Z', 'GE_eventTime'],
    ['GE_quantity=many', 'GE_quantity'],
    ['GE_value=4', 'GE_value'],
    ['MATCH_epc=urn:epc:idpat:sgtin:0614141.*.*', 'MATCH_epc'],
    ['EXISTS_errorDeclaration=false', 'EXISTS_errorDeclaration'],
    ['EQ_other:field=1', 'EQ_other:field'],
    ['HASATTR_bizLocation=city', 'HASATTR_bizLocation'],
    ['HASATTR_action=cbvmda:city', 'HASATTR_action'],
    ['HASATTR_other:place=cbvmda:city', 'HASATTR_other:place'],
    ['EQATTR_bizLocation=cbvmda:city', 'EQATTR_bizLocation'],
    ['EQATTR_bizLocation_city=Bonn', 'EQATTR_bizLocation_city'],
    ['EQATTR_bizLocation_other:city=Bonn', 'EQATTR_bizLocation_other:city'],
    ['EQATTR_ex:my_place_cbvmda:city=Bonn', 'EQATTR_ex:my_place_cbvmda:city'],
    ['orderBy=colour', 'orderBy'],
    ['orderDirection=UP', 'orderDirection'],
    ['perPage=0', 'perPage'],
    ['perPage=1e3', 'perPage'],
    ['eventCountLimit=1&maxEventCount=1', 'maxEventCount'],
    ['EQ_stringValue=%E0%A4%A', 'EQ_stringValue'],
    [`EQ_ex:${':'.repeat(100_000)}%0A=1`, `EQ_ex:${':'.repeat(94)}`],
    [`EQ_stringValue=${'a,'.repeat(1000)}a`, 'EQ_stringValue'],
    [Array.from({ length: 101 }, (_, at) => `p${String(at)}=1`).join('&'), ''],
  ])('%# is refused for its parameter', (query, parameter) => {
    let refusal: unknown;
    try {
      parseEpcisQuery(query);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 'TL-EPCIS-QUERY-PARAMETER', fields: { parameter } });
  });

  test('refusals have the names that EPCIS gives its problems', () => {
    expect(epcisProblemType('TL-EPCIS-QUERY-PARAMETER')).toBe('epcisException:QueryParameterException');
    expect(epcisProblemType('TL-EPCIS-TIME')).toBe('epcisException:ValidationException');
    expect(epcisProblemType('TL-INPUT-INVALID')).toBe('epcisException:ValidationException');
    expect(epcisProblemType('TL-INPUT-TOO-LARGE')).toBe('epcisException:CaptureLimitExceededException');
    expect(epcisProblemType('TL-VOTE-LATE')).toBeUndefined();
  });
});
