// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import { parseEpcisDocument, parseEpcisEnvelope, parseEpcisEvent } from './document';
import { MASTER_DATA_LIMITS, type MasterDataElement } from './master-data';
import { MasterDataIndex } from './master-data-index';
import { matcherOf, matches } from './match';
import { namespacesOf } from './namespaces';
import { parseEpcisQuery } from './query';

type Json = Readonly<Record<string, unknown>>;

const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
  { ex: 'https://ns.example.com/mda/' },
];
const namespaces = namespacesOf(CONTEXT);
const documentWith = (epcisHeader: unknown, eventList: readonly unknown[] = []): Json => ({
  ...{ '@context': CONTEXT, type: 'EPCISDocument', schemaVersion: '2.0' },
  ...{ creationDate: '2026-11-20T06:00:00Z', epcisHeader, epcisBody: { eventList } },
});
const vocabulary = (type: string, vocabularyElementList: readonly unknown[]): Json => ({
  type: `urn:epcglobal:epcis:vtype:${type}`,
  vocabularyElementList,
});
const headerOf = (...vocabularyList: readonly Json[]): Json => ({ epcisMasterData: { vocabularyList } });
const read = (...vocabularyList: readonly Json[]): readonly MasterDataElement[] =>
  parseEpcisEnvelope(documentWith(headerOf(...vocabularyList))).masterData;
const place = (over: Json = {}): Json => vocabulary('BusinessLocation', [{ id: 'urn:x:hall', ...over }]);

const codeOf = (parse: () => unknown): unknown => {
  try {
    return parse();
  } catch (error) {
    return (error as Refusal).code;
  }
};

const site = 'urn:epc:id:sgln:4012345.00011.0';
const hall = 'urn:epc:id:sgln:4012345.00012.0';
const gate = 'urn:epc:id:sgln:4012345.00011.987';
const LOT = 'urn:epc:class:lgtin:0614141.107346.L1';

describe('T8 master data in the header of a document', () => {
  test('identifiers are canonical, names of attributes whole, values as they were written', () => {
    const attributes = [
      { id: 'cbvmda:city', attribute: 'Bonn' },
      { id: 'urn:epcglobal:cbv:mda#city', attribute: ' Bonn ' },
      { id: 'ex:floors', attribute: 2 },
      { id: 'https://ns.example.com/mda#open', attribute: true },
      { id: 'ex:address', attribute: { street: ['Am Markt', 1] } },
      { id: 'ex:closed' },
    ];
    expect(read(vocabulary('BusinessLocation', [{ id: hall, attributes, children: [gate, gate] }]))).toEqual([
      {
        type: 'BusinessLocation',
        id: 'https://id.gs1.org/414/4012345000122',
        attributes: [
          ['{urn:epcglobal:cbv:mda}city', 'Bonn'],
          ['{urn:epcglobal:cbv:mda}city', ' Bonn '],
          ['{https://ns.example.com/mda}floors', 2],
          ['{https://ns.example.com/mda}open', true],
          ['{https://ns.example.com/mda}address', { street: ['Am Markt', 1] }],
          ['{https://ns.example.com/mda}closed', null],
        ],
        children: ['https://id.gs1.org/414/4012345000115/254/987'],
      },
    ]);
  });

  test('both forms of an identifier are one, and a vocabulary of any spelling', () => {
    const spelled = (type: string, id: string): MasterDataElement[] => [
      ...read({ type, vocabularyElementList: [{ id }] }),
    ];
    const [first] = spelled('urn:epcglobal:epcis:vtype:EPCClass', 'urn:epc:idpat:sgtin:0614141.107346.*');
    expect(spelled('epcis:EPCClass', 'https://shop.example/01/10614141073464')).toEqual([first]);
    expect(spelled('https://ref.gs1.org/epcis/EPCClass', 'https://id.gs1.org/01/10614141073464')).toEqual([
      first,
    ]);
    expect(spelled('urn:x:vtype:Shelf', 'urn:x:1')).toMatchObject([{ type: 'urn:x:vtype:Shelf' }]);
  });

  test.each([
    ['no header', undefined],
    ['no master data', { 'ex:header': 1 }],
    ['no vocabulary', { epcisMasterData: {} }],
    ['an empty vocabulary', headerOf({ type: 'urn:x:vtype:Shelf' })],
  ])('%s: nothing is said', (_, header) => {
    expect(parseEpcisEnvelope(documentWith(header)).masterData).toEqual([]);
  });

  const at = 'epcisHeader.epcisMasterData.vocabularyList.0';
  const element = `${at}.vocabularyElementList.0`;
  const attribute = `${element}.attributes.0`;
  const { value, name, attributes, children, elements } = MASTER_DATA_LIMITS;
  const many = (count: number): unknown[] => Array.from({ length: count }, (_, n) => `urn:x:${String(n)}`);
  test.each<[string, unknown, string, Json]>([
    [
      'a name without prefix',
      place({ attributes: [{ id: 'city', attribute: 'Bonn' }] }),
      'TL-EPCIS-NAMESPACE',
      { field: `${attribute}.id` },
    ],
    [
      'a prefix that is not declared',
      place({ attributes: [{ id: 'other:city' }] }),
      'TL-EPCIS-NAMESPACE',
      { field: `${attribute}.id` },
    ],
    [
      'a name of objects',
      place({ attributes: [{ id: '__proto__', attribute: 1 }] }),
      'TL-EPCIS-NAMESPACE',
      { field: `${attribute}.id` },
    ],
    ['an id that is no URI', place({ id: 'hall' }), 'TL-INPUT-INVALID', { fields: [`${element}.id`] }],
    ['no id', vocabulary('ReadPoint', [{}]), 'TL-INPUT-INVALID', { fields: [`${element}.id`] }],
    ['no type', { vocabularyElementList: [] }, 'TL-INPUT-INVALID', { fields: [`${at}.type`] }],
    [
      'a child that is no text',
      place({ children: [7] }),
      'TL-INPUT-INVALID',
      { fields: [`${element}.children.0`] },
    ],
    [
      'a long id',
      place({ id: `urn:x:${'x'.repeat(name)}` }),
      'TL-INPUT-INVALID',
      { fields: [`${element}.id`] },
    ],
    [
      'a long value',
      place({ attributes: [{ id: 'ex:a', attribute: 'x'.repeat(value) }] }),
      'TL-INPUT-TOO-LARGE',
      { field: `${attribute}.attribute`, limit: value },
    ],
    [
      'many attributes',
      place({ attributes: many(attributes + 1).map((id) => ({ id })) }),
      'TL-INPUT-INVALID',
      { fields: [`${element}.attributes`] },
    ],
    [
      'many children',
      place({ children: many(children + 1) }),
      'TL-INPUT-INVALID',
      { fields: [`${element}.children`] },
    ],
    [
      'many elements',
      vocabulary(
        'ReadPoint',
        many(elements + 1).map((id) => ({ id })),
      ),
      'TL-INPUT-INVALID',
      { fields: [`${at}.vocabularyElementList`] },
    ],
    [
      'a million children',
      place({ children: Array(1_000_000).fill(1) }),
      'TL-INPUT-TOO-LARGE',
      { field: 'epcisHeader' },
    ],
    ['no list', 'vocabularies', 'TL-INPUT-INVALID', { fields: [at] }],
  ])('%s is refused, and the field named', (_, of, code, fields) => {
    const document = documentWith(headerOf(of as Json));
    for (const parse of [parseEpcisEnvelope, parseEpcisDocument]) {
      let refusal: unknown;
      try {
        parse(document);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(Refusal);
      expect(refusal).toMatchObject({ code, fields });
    }
  });

  test('nesting is limited', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 40; depth += 1) deep = [deep];
    const document = documentWith(headerOf(place({ attributes: [{ id: 'ex:a', attribute: deep }] })));
    expect(codeOf(() => parseEpcisEnvelope(document))).toBe('TL-INPUT-TOO-DEEP');
  });

  test('members named as those of every object change nothing but themselves', () => {
    const inside = '{"epcisMasterData":{"vocabularyList":[{"type":"hall"}]},"polluted":true}';
    const text = JSON.stringify(documentWith({ 'ex:a': 1 })).replace('"ex:a":1', `"__proto__":${inside}`);
    expect(parseEpcisEnvelope(JSON.parse(text)).masterData).toEqual([]);
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as unknown;
    const [kept] = read(place({ attributes: [{ id: 'ex:__proto__', attribute: value }] }));
    expect(JSON.stringify(kept?.attributes)).toContain('__proto__');
    expect({}).not.toHaveProperty('polluted');
  });
});

const seen = parseEpcisEvent({
  ...{ '@context': CONTEXT, type: 'ObjectEvent', action: 'OBSERVE', bizStep: 'shipping' },
  ...{ eventTime: '2026-11-20T08:00:00Z', eventTimeZoneOffset: '+00:00' },
  ...{ readPoint: { id: gate }, bizLocation: { id: hall }, quantityList: [{ epcClass: LOT, quantity: 1 }] },
  ...{ 'ex:shelf': hall, sourceList: [{ type: 'location', source: hall }] },
});
const known = new MasterDataIndex(
  read(
    vocabulary('BusinessLocation', [
      { id: site, attributes: [{ id: 'cbvmda:countryCode', attribute: 'DE' }], children: [hall] },
      {
        id: 'https://id.gs1.org/414/4012345000122',
        attributes: [
          { id: 'cbvmda:countryCode', attribute: 'AT' },
          { id: 'cbvmda:countryCode', attribute: 'CH' },
          { id: 'ex:floors', attribute: '2.50' },
          { id: 'ex:owner', attribute: 'urn:epc:id:pgln:4012345.00225' },
          { id: 'ex:open', attribute: true },
          { id: 'ex:address', attribute: { city: 'Bonn' } },
        ],
        children: [gate],
      },
    ]),
    vocabulary('ReadPoint', [{ id: gate, attributes: [{ id: 'cbvmda:sst', attribute: 201 }] }]),
    vocabulary('EPCClass', [{ id: LOT, attributes: [{ id: 'cbvmda:countryOfOrigin', attribute: 'IT' }] }]),
    vocabulary('BusinessStep', [
      { id: 'cbv:BizStep-shipping', attributes: [{ id: 'ex:tone', attribute: 'red' }] },
    ]),
    vocabulary('Location', [
      { id: 'urn:x:round', children: ['urn:x:about'] },
      { id: 'urn:x:about', children: ['urn:x:round', site] },
    ]),
  ),
);

describe('T8 queries that go by master data', () => {
  test.each([
    ['HASATTR_bizLocation=cbvmda:countryCode', true],
    ['HASATTR_bizLocation=cbvmda:city,urn:epcglobal:cbv:mda%23countryCode', true],
    ['HASATTR_bizLocation=ex:address', true],
    ['HASATTR_bizLocation=cbvmda:sst', false],
    ['HASATTR_readPoint=cbvmda:sst', true],
    ['HASATTR_readPoint=cbvmda:countryCode', false],
    ['HASATTR_epcClass=cbvmda:countryOfOrigin', true],
    ['HASATTR_inputEPCClass=cbvmda:countryOfOrigin', false],
    ['HASATTR_disposition=ex:tone', false],
    ['HASATTR_ex:shelf=cbvmda:countryCode', true],
    ['HASATTR_https://ns.example.com/mda/shelf=ex:none', false],
    ['EQATTR_bizLocation_cbvmda:countryCode=CH', true],
    ['EQATTR_bizLocation_urn:epcglobal:cbv:mda%23countryCode=FR,AT', true],
    ['EQATTR_bizLocation_cbvmda:countryCode=DE', false],
    ['EQATTR_bizLocation_ex:floors=2.5', true],
    ['EQATTR_bizLocation_ex:open=true', true],
    ['EQATTR_bizLocation_ex:owner=https://id.gs1.org/417/4012345002256', true],
    ['EQATTR_bizLocation_ex:address=Bonn,[object Object]', false],
    ['EQATTR_bizLocation_cbvmda:countryCode=AT&EQATTR_readPoint_cbvmda:sst=201', true],
    ['EQATTR_bizLocation_cbvmda:countryCode=AT&EQATTR_readPoint_cbvmda:sst=202', false],
    ['EQATTR_epcClass_cbvmda:countryOfOrigin=IT', true],
    ['EQATTR_bizStep_ex:tone=red', true],
    ['EQATTR_source_cbvmda:countryCode=AT', false],
    ['EQATTR_ex:shelf_cbvmda:countryCode=AT', true],
    [`WD_bizLocation=${site}`, true],
    [`WD_bizLocation=${gate}`, false],
    [`WD_readPoint=${site}`, true],
    ['WD_readPoint=urn:x:about', true],
    ['WD_bizLocation=urn:x:round', true],
    ['WD_bizLocation=urn:x:other', false],
  ])('%s: %s', (query, expected) => {
    expect(matches(seen, parseEpcisQuery(query, namespaces), known)).toBe(expected);
  });

  test('nothing is known without master data', () => {
    for (const query of [`WD_readPoint=${site}`, 'HASATTR_bizLocation=cbvmda:countryCode'])
      expect(matches(seen, parseEpcisQuery(query))).toBe(false);
  });

  test('what is said of an element anew takes the place of what was, in its vocabulary only', () => {
    const index = new MasterDataIndex(read(place(), vocabulary('Location', [{ id: 'urn:x:hall' }])));
    const [anew] = read(place({ attributes: [{ id: 'ex:tone', attribute: 1 }] }));
    index.set(anew!);
    expect(index.elementsOf('urn:x:hall')).toEqual([anew, expect.objectContaining({ type: 'Location' })]);
    expect(index.get({ type: 'BusinessLocation', id: 'urn:x:hall' })).toBe(anew);
    index.delete(anew!);
    index.delete({ type: 'Location', id: 'urn:x:hall' });
    expect(index.elementsOf('urn:x:hall')).toEqual([]);
  });

  test('a hundred thousand places in circles are walked through once', () => {
    const ids = Array.from({ length: 100_000 }, (_, n) => `urn:x:${String(n)}`);
    const index = new MasterDataIndex(
      ids.map((id, n) => ({
        ...{ type: 'Location', id, attributes: [] },
        children: [ids[(n + 1) % ids.length] ?? '', ids[(n * 7) % ids.length] ?? '', id],
      })),
    );
    const steps = matcherOf(parseEpcisQuery('WD_bizLocation=urn:x:0'), index)(seen);
    let looked = 0;
    while (!steps.next().done) looked += 1;
    expect(looked).toBe(ids.length);
    expect(matches(seen, parseEpcisQuery('WD_bizLocation=urn:x:0'), index)).toBe(false);
    index.set({
      type: 'Location',
      id: 'urn:x:99999',
      attributes: [],
      children: ['https://id.gs1.org/414/4012345000122'],
    });
    expect(matches(seen, parseEpcisQuery('WD_bizLocation=urn:x:0'), index)).toBe(true);
  });
});
