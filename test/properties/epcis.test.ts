// SPDX-License-Identifier: Apache-2.0
import { checkDigit } from '@thingledger/protocol';
import { eventHash, parseEpcisEvent } from '@thingledger/protocol/epcis';
import fc from 'fast-check';

/** An identifier in two spellings of the same thing. */
type Spellings = readonly [urn: string, link: string];

const digits = (length: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9]{${String(length)}}$`));
const serial = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/);
const domain = fc.constantFrom(
  'https://id.gs1.org',
  'https://shop.example/products',
  'http://x.example:8080',
);

const item = fc
  .tuple(digits(7), digits(6), serial, domain, fc.constantFrom('', '?lang=en', '#top'))
  .map(([prefix, reference, text, at, rest]): Spellings => {
    const body = reference.slice(0, 1) + prefix + reference.slice(1);
    return [
      `urn:epc:id:sgtin:${prefix}.${reference}.${text}`,
      `${at}/01/${body}${checkDigit(body)}/21/${text}${rest}`,
    ];
  });
const container = fc.tuple(digits(7), digits(10), domain).map(([prefix, reference, at]): Spellings => {
  const body = reference.slice(0, 1) + prefix + reference.slice(1);
  return [`urn:epc:id:sscc:${prefix}.${reference}`, `${at}/00/${body}${checkDigit(body)}`];
});
const lot = fc.tuple(digits(7), digits(6), serial, domain).map(([prefix, reference, text, at]): Spellings => {
  const body = reference.slice(0, 1) + prefix + reference.slice(1);
  return [
    `urn:epc:class:lgtin:${prefix}.${reference}.${text}`,
    `${at}/01/${body}${checkDigit(body)}/10/${text}`,
  ];
});
const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean());
const extension = fc.dictionary(
  fc.constantFrom('ex:a', 'ex:b', 'ex:b2', 'ex:c'),
  fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('ex:d', 'e'), leaf, { maxKeys: 2 }),
  ),
  { maxKeys: 3 },
);

/** An event with each identifier written as spelling 0 or 1. */
const event = fc
  .record({
    epcs: fc.array(fc.oneof(item, container), { minLength: 1, maxLength: 6 }),
    lots: fc.array(fc.tuple(lot, fc.integer({ min: 0, max: 1000 })), { maxLength: 4 }),
    types: fc.array(fc.constantFrom('Temperature', 'Speed', 'Angle'), { minLength: 1, maxLength: 4 }),
    extension,
  })
  .map(({ epcs, lots, types, extension: more }) => (spelling: 0 | 1): object => ({
    '@context': [
      'https://ref.gs1.org/standards/epcis/epcis-context.jsonld',
      { ex: 'https://ns.example.com/' },
    ],
    type: 'ObjectEvent',
    eventTime: spelling === 0 ? '2026-11-20T08:00:00.000+01:00' : '2026-11-20T07:00:00Z',
    eventTimeZoneOffset: '+01:00',
    action: 'OBSERVE',
    bizStep: spelling === 0 ? 'shipping' : 'urn:epcglobal:cbv:bizstep:shipping',
    epcList: epcs.map((each) => each[spelling]),
    quantityList: lots.map(([each, quantity]) => ({ epcClass: each[spelling], quantity, uom: 'KGM' })),
    sensorElementList: [{ sensorReport: types.map((type, value) => ({ type, value })), ...more }],
    ...more,
  }));

/** The same value with members and list entries in an order drawn from the seed. The context's order stays. */
function shuffled(value: unknown, draw: () => number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const mixed = <T>(entries: readonly T[]): T[] =>
    entries
      .map((entry) => [draw(), entry] as const)
      .sort(([a], [b]) => a - b)
      .map(([, entry]) => entry);
  if (Array.isArray(value)) return mixed(value.map((each) => shuffled(each, draw)));
  return Object.fromEntries(
    mixed(Object.entries(value)).map(([name, member]) => [
      name,
      name === '@context' ? member : shuffled(member, draw),
    ]),
  );
}

const hashOf = (value: unknown): string => {
  const { event: parsed, namespaces } = parseEpcisEvent(value);
  return eventHash(parsed, namespaces);
};

describe('T8 the hash of an event', () => {
  test('is the same in every order and every spelling', () => {
    fc.assert(
      fc.property(event, fc.infiniteStream(fc.nat()), (write, order) => {
        const draw = (): number => order.next().value as number;
        const hash = hashOf(write(0));
        expect(hashOf(write(1))).toBe(hash);
        expect(hashOf(shuffled(write(0), draw))).toBe(hash);
        expect(hashOf(shuffled(write(1), draw))).toBe(hash);
      }),
      { seed: 20_261_121, numRuns: 300 },
    );
  });

  test('differs as soon as one identifier does', () => {
    fc.assert(
      fc.property(event, item, (write, other) => {
        const first = write(0) as { epcList: string[] };
        fc.pre(!first.epcList.includes(other[0]));
        expect(hashOf({ ...first, epcList: [...first.epcList, other[0]] })).not.toBe(hashOf(first));
      }),
      { seed: 20_261_121, numRuns: 100 },
    );
  });
});
