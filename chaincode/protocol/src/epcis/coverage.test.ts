// SPDX-License-Identifier: Apache-2.0
import { parseEpcisEnvelope, parseEpcisEvent } from './document';
import {
  AggregationEvent,
  AssociationEvent,
  ObjectEvent,
  TransactionEvent,
  TransformationEvent,
} from './event';
import { MasterDataIndex } from './master-data-index';
import { matches } from './match';
import { namespacesOf } from './namespaces';
import { QUERY_PARAMETERS } from './parameters';
import { eventHash, hashedFields } from './prehash';
import { parseEpcisQuery } from './query';

const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
  { ex: 'https://ns.example.com/epcis/' },
];
const extended = { 'ex:n': 5, 'ex:in': { 'ex:m': 5 } };
const item = 'urn:epc:id:sgtin:0614141.107346.1';
const box = 'urn:epc:id:sscc:0614141.1234567890';
const lot = [{ epcClass: 'urn:epc:class:lgtin:0614141.107346.L1', quantity: 5, uom: 'KGM' }];
const device = { deviceID: 'urn:x:device', deviceMetadata: 'urn:x:meta', rawData: 'urn:x:raw' };
const report = {
  ...{ type: 'Temperature', exception: 'ALARM_CONDITION', ...device, dataProcessingMethod: 'urn:x:method' },
  ...{ time: '2026-11-20T06:00:00Z', microorganism: 'urn:x:germ', chemicalSubstance: 'urn:x:salt' },
  ...{
    component: 'x',
    stringValue: 'word',
    booleanValue: true,
    hexBinaryValue: 'f00f',
    uriValue: 'urn:x:uri',
  },
  ...{ value: 5, minValue: 5, maxValue: 5, meanValue: 5, sDev: 5, percRank: 5, percValue: 5, uom: 'CEL' },
  ...extended,
};
const core = {
  '@context': CONTEXT,
  eventID: 'urn:uuid:1',
  eventTime: '2026-11-20T06:00:00Z',
  eventTimeZoneOffset: '+00:00',
  recordTime: '2026-11-20T06:00:00Z',
  errorDeclaration: {
    ...{
      declarationTime: '2026-11-20T06:00:00Z',
      reason: 'incorrect_data',
      correctiveEventIDs: ['urn:uuid:2'],
    },
    ...extended,
  },
  certificationInfo: 'urn:x:certificate',
  bizStep: 'shipping',
  disposition: 'in_transit',
  persistentDisposition: { set: ['completeness_verified'], unset: ['completeness_inferred'] },
  readPoint: { id: 'urn:x:gate', ...extended },
  bizLocation: { id: 'urn:x:hall', ...extended },
  bizTransactionList: [{ type: 'po', bizTransaction: 'urn:x:order' }],
  sourceList: [{ type: 'location', source: 'urn:x:from' }],
  destinationList: [{ type: 'location', destination: 'urn:x:to' }],
  sensorElementList: [
    {
      sensorMetadata: {
        ...{
          time: '2026-11-20T06:00:00Z',
          startTime: '2026-11-20T06:00:00Z',
          endTime: '2026-11-20T06:00:00Z',
        },
        ...{ bizRules: 'urn:x:rules', ...device, dataProcessingMethod: 'urn:x:method', ...extended },
      },
      sensorReport: [report],
      ...extended,
    },
  ],
  ...extended,
  'ex:site': 'urn:x:site',
};
const things = { epcList: [item], quantityList: lot };
const contained = { parentID: box, childEPCs: [item], childQuantityList: lot };
const ilmd = { ilmd: extended };
/** An event of each type that has every field of it. */
const full = {
  ObjectEvent: [ObjectEvent, { ...core, type: 'ObjectEvent', action: 'ADD', ...things, ...ilmd }],
  AggregationEvent: [AggregationEvent, { ...core, type: 'AggregationEvent', action: 'ADD', ...contained }],
  AssociationEvent: [AssociationEvent, { ...core, type: 'AssociationEvent', action: 'ADD', ...contained }],
  TransactionEvent: [
    TransactionEvent,
    { ...core, type: 'TransactionEvent', action: 'ADD', parentID: box, ...things },
  ],
  TransformationEvent: [
    TransformationEvent,
    {
      ...{ ...core, type: 'TransformationEvent', transformationID: 'urn:x:making', ...ilmd },
      ...{ inputEPCList: [item], inputQuantityList: lot, outputEPCList: [box], outputQuantityList: lot },
    },
  ],
} as const;
const namespaces = namespacesOf(CONTEXT);
const hashOf = (document: object): string => {
  const read = parseEpcisEvent(document);
  return eventHash(read.event, read.namespaces);
};

/** The hash, or the code of the refusal. */
const hashOr = (document: object): string => {
  try {
    return hashOf(document);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** By a rule, not by the schema of the field. */
const DEMANDED = ['AggregationEvent.parentID'];

const fields = Object.entries(full).flatMap(([type, [schema, event]]) =>
  Object.keys(schema.shape).map((field) => [type, field, event, schema.shape[field as never]] as const),
);

describe('fields of events (T8)', () => {
  test.each(fields)('%s takes %s', (type, field, event, schema) => {
    expect(event).toHaveProperty([field]);
    expect(() => parseEpcisEvent(event)).not.toThrow();
    const { [field as 'type']: _, ...rest } = event as Record<string, unknown> & { type: string };
    const { success } = (schema as { safeParse(value: unknown): { success: boolean } }).safeParse(undefined);
    const after = hashOr(rest);
    const refused = after.startsWith('TL-');
    expect(refused).toBe(!success || DEMANDED.includes(`${type}.${field}`) || field === '@context');
    expect(after !== hashOf(event)).toBe(refused || hashedFields.includes(field));
  });
});

/** Everything that a full event names, with one attribute. */
const vocabularies: Record<string, readonly string[]> = {
  ...{ ReadPoint: ['urn:x:gate'], BusinessLocation: ['urn:x:hall'], BusinessTransaction: ['urn:x:order'] },
  ...{ EPCClass: ['urn:epc:class:lgtin:0614141.107346.L1'], SourceDest: ['urn:x:from', 'urn:x:to'] },
  ...{ BusinessStep: ['urn:epcglobal:cbv:bizstep:shipping'] },
  Disposition: ['in_transit', 'completeness_verified', 'completeness_inferred'].map(
    (word) => `cbv:Disp-${word}`,
  ),
  Other: [
    ...['urn:x:making', 'cbv:ER-incorrect_data', 'gs1:Temperature', 'gs1:ALARM_CONDITION', 'cbv:Comp-x'],
    ...['urn:x:device', 'urn:x:meta', 'urn:x:raw', 'urn:x:method', 'urn:x:rules', 'urn:x:germ', 'urn:x:salt'],
    'urn:x:site',
  ],
};
const masterData = new MasterDataIndex(
  parseEpcisEnvelope({
    ...{
      '@context': CONTEXT,
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate: '2026-11-20T06:00:00Z',
    },
    epcisHeader: {
      epcisMasterData: {
        vocabularyList: Object.entries(vocabularies).map(([type, ids]) => ({
          type: `urn:epcglobal:epcis:vtype:${type}`,
          vocabularyElementList: ids.map((id) => ({ id, attributes: [{ id: 'ex:tone', attribute: 5 }] })),
        })),
      },
    },
    epcisBody: { eventList: [] },
  }).masterData,
);

/** The values that a parameter has in the full events, and others. */
const EARLIER = '2026-11-20T05:00:00Z';
const LATER = '2026-11-20T07:00:00Z';
const values: Record<string, readonly [finds: string, misses: string]> = {
  ...{ eventType: ['ObjectEvent,AggregationEvent', 'ObjectEvent'], EQ_action: ['OBSERVE,ADD', 'DELETE'] },
  ...{ EQ_bizStep: ['receiving,shipping', 'receiving'], EQ_disposition: ['in_transit', 'active'] },
  EQ_persistentDisposition_set: ['completeness_verified', 'active'],
  EQ_persistentDisposition_unset: ['completeness_inferred', 'active'],
  ...{ EQ_readPoint: ['urn:x:gate', 'urn:x:hall'], WD_readPoint: ['urn:x:gate', 'urn:x:hall'] },
  ...{ EQ_bizLocation: ['urn:x:hall', 'urn:x:gate'], WD_bizLocation: ['urn:x:hall', 'urn:x:gate'] },
  ...{ EQ_transformationID: ['urn:x:making', 'urn:x:other'], EQ_eventID: ['urn:uuid:1', 'urn:uuid:2'] },
  ...{ EQ_errorReason: ['incorrect_data', 'did_not_occur'] },
  ...{ EQ_correctiveEventID: ['urn:uuid:2', 'urn:uuid:1'] },
  ...{ EQ_type: ['Temperature', 'Mass'], EQ_exception: ['ALARM_CONDITION', 'ERROR_CONDITION'] },
  ...{ EQ_deviceID: ['urn:x:device', 'urn:x:no'], EQ_deviceMetadata: ['urn:x:meta', 'urn:x:no'] },
  ...{ EQ_rawData: ['urn:x:raw', 'urn:x:no'], EQ_dataProcessingMethod: ['urn:x:method', 'urn:x:no'] },
  ...{ EQ_microorganism: ['urn:x:germ', 'urn:x:no'], EQ_chemicalSubstance: ['urn:x:salt', 'urn:x:no'] },
  ...{ EQ_bizRules: ['urn:x:rules', 'urn:x:no'], EQ_component: ['x', 'y'], EQ_stringValue: ['word', 'no'] },
  ...{
    EQ_booleanValue: ['true', 'false'],
    EQ_hexBinaryValue: ['f00f', '00'],
    EQ_uriValue: ['urn:x:uri', 'urn:x:no'],
  },
  ...{ MATCH_epc: [item, box], MATCH_parentID: [box, item], MATCH_inputEPC: [item, box] },
  ...{ MATCH_outputEPC: [box, item], MATCH_anyEPC: [item, 'urn:epc:id:sgtin:0614141.107346.9'] },
  ...Object.fromEntries(
    ['epcClass', 'inputEPCClass', 'outputEPCClass', 'anyEPCClass'].map((field) => [
      `MATCH_${field}`,
      ['urn:epc:class:lgtin:0614141.107346.L1', 'urn:epc:class:lgtin:0614141.107346.L2'],
    ]),
  ),
  'EQ_bizTransaction_{type}': ['urn:x:order', 'urn:x:no'],
  ...{ 'EQ_source_{type}': ['urn:x:from', 'urn:x:to'], 'EQ_destination_{type}': ['urn:x:to', 'urn:x:from'] },
};
/** What a comparison of a number with five holds for, and what not. */
const compared: Record<string, readonly [finds: string, misses: string]> = {
  ...{ EQ: ['4,5', '4,6'], GT: ['4', '5'], GE: ['5', '6'], LT: ['6', '5'], LE: ['5', '4'] },
};
const CONTROLS = /^(orderBy|orderDirection|eventCountLimit|maxEventCount|perPage|nextPageToken)$/;
const TIMES = /^(GE|LT)_\w*(Time|time)$/;

/** A query with a parameter that finds a full event, and one that finds none. */
function askedOf(name: string): readonly [finds: string, misses: string | undefined] {
  const [comparison = ''] = name.split('_');
  const value = values[name];
  const filled = name
    .replace('{type}', name.startsWith('EQ_bizTransaction') ? 'po' : 'location')
    .replace('{uom}', name.includes('quantity') ? 'KGM' : 'CEL')
    .replace('{attribute}', 'ex:tone')
    .replace('{extension}', name.includes('ATTR') ? 'ex:site' : name.includes('INNER') ? 'ex:m' : 'ex:n');
  if (value) return [`${filled}=${value[0]}`, `${filled}=${value[1]}`];
  if (comparison === 'HASATTR') return [`${filled}=ex:none,ex:tone`, `${filled}=ex:none`];
  if (comparison === 'EQATTR') return [`${filled}=4,5.0`, `${filled}=4`];
  if (TIMES.test(name)) {
    const [finds, misses] = comparison === 'GE' ? [EARLIER, LATER] : [LATER, EARLIER];
    return [`${filled}=${finds}`, `${filled}=${misses}`];
  }
  if (comparison === 'EXISTS')
    return [filled, filled.includes(':') ? filled.replace(/ex:\w/, 'ex:none') : undefined];
  const [finds, misses] = compared[comparison] ?? [];
  if (finds === undefined) throw new Error(`${name} is listed and nothing is tried of it`);
  return [`${filled}=${finds}`, `${filled}=${String(misses)}`];
}

const events = Object.values(full).map(([, event]) => parseEpcisEvent(event));
const bare = parseEpcisEvent({
  ...{ '@context': CONTEXT, type: 'ObjectEvent', action: 'ADD', epcList: [item] },
  ...{ eventTime: '2026-11-20T06:00:00Z', eventTimeZoneOffset: '+00:00' },
});
const found = (query: string): number =>
  events.filter((event) => matches(event, parseEpcisQuery(query, namespaces), masterData)).length;

describe('parameters of queries (T8)', () => {
  const conditions = QUERY_PARAMETERS.filter(({ name }) => !CONTROLS.test(name));

  test.each(conditions.map(({ name }) => name))('%s finds an event, and not another', (name) => {
    const [finds, misses] = askedOf(name);
    const missed =
      misses === undefined
        ? Number(matches(bare, parseEpcisQuery(finds, namespaces), masterData))
        : found(misses);
    expect(found(finds)).toBeGreaterThan(missed);
  });

  const controls: Record<string, readonly [good: string, bad: string]> = {
    ...{ orderBy: ['recordTime', 'bizStep'], orderDirection: ['ASC', 'UP'], eventCountLimit: ['5', '0'] },
    ...{ maxEventCount: ['5', '-1'], perPage: ['5', 'all'], nextPageToken: ['x', ''] },
  };
  test.each(QUERY_PARAMETERS.filter(({ name }) => CONTROLS.test(name)).map(({ name }) => name))(
    '%s is read, and refused when it is wrong',
    (name) => {
      const [good, bad] = controls[name] ?? [];
      const read = /^\d/.test(String(good)) ? Number(good) : good;
      expect(parseEpcisQuery(`${name}=${String(good)}`)).toMatchObject({ [name]: read });
      expect(() => parseEpcisQuery(`${name}=${String(bad)}`)).toThrow('parameter');
    },
  );

  test('each is listed once', () => {
    expect(new Set(QUERY_PARAMETERS.map(({ name }) => name)).size).toBe(QUERY_PARAMETERS.length);
  });
});
