// SPDX-License-Identifier: Apache-2.0
import { parseEpcisEvent } from './document';
import { eventHash, preHash } from './prehash';

const base = {
  '@context': [
    'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
    { ex: 'https://ns.example.com/', rdfs: 'http://www.w3.org/2000/01/rdf-schema#' },
  ],
  type: 'ObjectEvent',
  eventTime: '2026-11-20T08:00:00.000+01:00',
  eventTimeZoneOffset: '+01:00',
  action: 'OBSERVE',
  epcList: ['urn:epc:id:sscc:0614141.1234567890'],
};
const EPC = 'https://id.gs1.org/00/106141412345678908';
const HEAD = 'eventType=ObjectEventeventTime=2026-11-20T07:00:00.000ZeventTimeZoneOffset=+01:00';
const of = (members: object, leaveOut: string[] = []): string => {
  const { event, namespaces } = parseEpcisEvent({ ...base, ...members });
  return preHash(event, namespaces, leaveOut);
};
/** What the members add to the pre-hash of the base event. */
const added = (members: object): string => {
  const text = of(members);
  const start = `${HEAD}epcListepc=${EPC}action=OBSERVE`;
  expect(text.startsWith(start)).toBe(true);
  return text.slice(start.length);
};

describe('T8 the pre-hash of an event', () => {
  test('lists are sorted by code unit and keep what stands twice', () => {
    const epcList = ['b', 'a', 'Z', 'a'].map((serial) => `urn:epc:id:giai:0614141.${serial}`);
    expect(of({ epcList })).toBe(
      `${HEAD}epcListepc=https://id.gs1.org/8004/0614141Zepc=https://id.gs1.org/8004/0614141a` +
        `epc=https://id.gs1.org/8004/0614141aepc=https://id.gs1.org/8004/0614141baction=OBSERVE`,
    );
  });

  test('quantities: sorted as a whole, numbers plain', () => {
    const lot = (serial: string): string => `urn:epc:class:lgtin:0614141.107346.${serial}`;
    const quantityList = [
      { uom: 'KGM', quantity: 2.5, epcClass: lot('B') },
      { epcClass: lot('A'), quantity: 30.0 },
    ];
    expect(of({ epcList: [], quantityList })).toBe(
      `${HEAD}quantityListquantityElementepcClass=https://id.gs1.org/01/10614141073464/10/Aquantity=30` +
        'quantityElementepcClass=https://id.gs1.org/01/10614141073464/10/Bquantity=2.5uom=KGMaction=OBSERVE',
    );
  });

  test('words of the vocabularies, whichever way they are written', () => {
    const expected =
      'bizStep=https://ref.gs1.org/cbv/BizStep-shippingdisposition=https://ref.gs1.org/cbv/Disp-recalled';
    expect(added({ bizStep: 'shipping', disposition: 'urn:epcglobal:cbv:disp:recalled' })).toBe(expected);
    expect(added({ bizStep: 'cbv:BizStep-shipping', disposition: ' recalled ' })).toBe(expected);
    expect(added({ bizStep: 'ex:own' })).toBe('bizStep=ex:own');
  });

  test('the same bare word means what its field says', () => {
    const sensorReport = [
      { type: 'Angle', component: 'x', exception: 'ERROR_CONDITION', booleanValue: false },
    ];
    expect(added({ sensorElementList: [{ sensorReport }] })).toBe(
      'sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Angle' +
        'exception=https://gs1.org/voc/ERROR_CONDITIONcomponent=https://ref.gs1.org/cbv/Comp-xbooleanValue=false',
    );
  });

  test('type before value, destinations before sources, as the vectors have it', () => {
    const party = 'urn:epc:id:pgln:4012345.00000';
    const members = {
      sourceList: [{ source: party, type: 'owning_party' }],
      destinationList: [{ destination: party, type: 'location' }],
      bizTransactionList: [
        { bizTransaction: 'https://o.example/2' },
        { bizTransaction: 'https://o.example/1', type: 'po' },
      ],
      persistentDisposition: { unset: ['damaged'], set: ['recalled', 'expired'] },
    };
    expect(added(members)).toBe(
      'persistentDispositionset=https://ref.gs1.org/cbv/Disp-expiredset=https://ref.gs1.org/cbv/Disp-recalled' +
        'unset=https://ref.gs1.org/cbv/Disp-damaged' +
        'bizTransactionListbizTransaction=https://o.example/2' +
        'type=https://ref.gs1.org/cbv/BTT-pobizTransaction=https://o.example/1' +
        'destinationListtype=https://ref.gs1.org/cbv/SDT-locationdestination=https://id.gs1.org/417/4012345000009' +
        'sourceListtype=https://ref.gs1.org/cbv/SDT-owning_partysource=https://id.gs1.org/417/4012345000009',
    );
  });

  test('extensions: by namespace, sorted as whole strings, at any depth, inside what they extend', () => {
    const N = '{https://ns.example.com/}';
    expect(added({ 'ex:field': '1.50', 'ex:field2': 2 })).toBe(`${N}field2=2${N}field=1.5`);
    expect(added({ 'ex:list': ['b', 'a', 'b', ['c']] })).toBe(`${N}list=a${N}list=b${N}list=b${N}list=c`);
    expect(added({ 'ex:a': { inner: { 'ex:b': true, c: null } }, 'ex:none': null, 'ex:empty': '' })).toBe(
      `${N}ainner${N}b=true${N}empty`,
    );
    expect(added({ readPoint: { 'ex:gate': 'West', id: 'urn:epc:id:sgln:4012345.00011.987' } })).toBe(
      `readPointid=https://id.gs1.org/414/4012345000115/254/987${N}gate=West`,
    );
    expect(of({ action: 'ADD', ilmd: { 'ex:of': 'urn:epc:id:sscc:0614141.1234567890' } })).toBe(
      `${HEAD}epcListepc=${EPC}action=ADDilmd${N}of=${EPC}`,
    );
    expect(added({ 'https://ns.example.com/field': 1 })).toBe(`${N}field=1`);
  });

  test('what the hash is not of', () => {
    const more = {
      eventID: 'urn:uuid:0e2a7f1c-0000-4000-8000-000000000001',
      recordTime: '2026-11-20T09:00:00Z',
      errorDeclaration: { declarationTime: '2026-11-20T09:00:00Z', 'ex:by': 'x' },
      'rdfs:comment': 'for people',
    };
    expect(added(more)).toBe('');
    expect(of({ 'ex:captured': 7, 'ex:kept': 8 }, ['ex:captured'])).toBe(of({ 'ex:kept': 8 }));
  });

  test('a different prefix for the same namespace changes nothing; another namespace does', () => {
    const context = (prefix: string, iri: string): object => ({
      '@context': ['https://ref.gs1.org/standards/epcis/epcis-context.jsonld', { [prefix]: iri }],
      [`${prefix}:field`]: 1,
    });
    expect(of(context('a', 'https://ns.example.com/'))).toBe(of(context('b', 'https://ns.example.com/')));
    expect(of(context('a', 'https://ns.example.com/'))).not.toBe(of(context('a', 'https://ns.example.org/')));
  });

  test('the hash is the SHA-256 of the pre-hash, as a name of RFC 6920', () => {
    const { event, namespaces } = parseEpcisEvent(base);
    expect(eventHash(event, namespaces)).toMatch(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/);
  });
});
