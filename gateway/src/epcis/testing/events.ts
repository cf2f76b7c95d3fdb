// SPDX-License-Identifier: Apache-2.0

/** A JSON object of a test. */
export type Json = Record<string, unknown>;

export const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { example: 'https://ns.example.com/epcis/' },
];

/** The n-th event of a test: a bottle seen while shipping, a second later than the one before. */
export function eventOf(n: number, over: Json = {}): Json {
  return {
    type: 'ObjectEvent',
    eventTime: new Date(Date.UTC(2026, 9, 1) + n * 1000).toISOString(),
    eventTimeZoneOffset: '+02:00',
    action: 'OBSERVE',
    epcList: [`urn:epc:id:sgtin:9506000.013435.${String(n)}`],
    bizStep: n % 2 === 0 ? 'shipping' : 'receiving',
    disposition: 'in_transit',
    readPoint: { id: 'urn:epc:id:sgln:9506000.01343.dock' },
    bizLocation: { id: `urn:epc:id:sgln:9506000.01343.hall-${String(n % 3)}` },
    'example:batch': `B${String(n)}`,
    ...over,
  };
}

/** An event with its context, as it stands by itself. */
export function bareEventOf(n: number, over: Json = {}): Json {
  return { '@context': CONTEXT, ...eventOf(n, over) };
}

export function documentOf(events: readonly unknown[], over: Json = {}): Json {
  return {
    '@context': CONTEXT,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-11-20T08:00:00.000Z',
    epcisBody: { eventList: events },
    ...over,
  };
}
