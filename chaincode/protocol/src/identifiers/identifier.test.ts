// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { Refusal } from '../refusal';
import { checkDigit } from './check-digit';
import { normaliseIdentifier } from './identifier';

const refusalOf = (text: string): string => {
  try {
    return `accepted as ${normaliseIdentifier(text)}`;
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

describe('T1 identifiers: one thing, one form', () => {
  test.each([
    ['urn:epc:id:sgtin:0614141.107346.2017', 'https://id.gs1.org/01/10614141073464/21/2017'],
    ['https://id.gs1.org/01/10614141073464/21/2017', 'https://id.gs1.org/01/10614141073464/21/2017'],
    [
      'https://shop.example/some/path/01/10614141073464/21/2017?lang=en#x',
      'https://id.gs1.org/01/10614141073464/21/2017',
    ],
    ['(01)10614141073464(21)2017', 'https://id.gs1.org/01/10614141073464/21/2017'],
    ['urn:epc:class:lgtin:0614141.107346.LOT-7', 'https://id.gs1.org/01/10614141073464/10/LOT-7'],
    ['(01)9506000134352(10)A/1', 'https://id.gs1.org/01/09506000134352/10/A%2F1'],
    ['urn:epc:id:sgtin:9506000.013435.A%2F1', 'https://id.gs1.org/01/09506000134352/21/A%2F1'],
    ['urn:epc:id:sscc:0614141.1234567890', 'https://id.gs1.org/00/106141412345678908'],
    ['106141412345678908', 'https://id.gs1.org/00/106141412345678908'],
    ['urn:epc:id:sgln:0614141.12345.0', 'https://id.gs1.org/414/0614141123452'],
    ['urn:epc:id:sgln:0614141.12345.400', 'https://id.gs1.org/414/0614141123452/254/400'],
    ['urn:epc:id:grai:0614141.12345.400', 'https://id.gs1.org/8003/00614141123452400'],
    ['urn:epc:id:giai:0614141.12345400', 'https://id.gs1.org/8004/061414112345400'],
    ['urn:uuid:0e2a7f1c-0000-4000-8000-000000000001', 'urn:uuid:0e2a7f1c-0000-4000-8000-000000000001'],
    ['HTTPS://Example.COM/Bike/7', 'https://example.com/Bike/7'],
  ])('%s', (text, canonical) => {
    expect(normaliseIdentifier(text)).toBe(canonical);
  });

  test.each([
    ['(01)09506000134353', 'TL-ID-CHECK-DIGIT'],
    ['https://id.gs1.org/01/09506000134353/21/1', 'TL-ID-CHECK-DIGIT'],
    ['106141412345678909', 'TL-ID-CHECK-DIGIT'],
    ['(414)0614141123453', 'TL-ID-CHECK-DIGIT'],
    ['urn:epc:id:sgtin:0614141.1073467.2017', 'TL-ID-MALFORMED'],
    ['urn:epc:id:nothing:0614141.1.2', 'TL-ID-MALFORMED'],
    ['(01)09506000134352(99)x', 'TL-ID-MALFORMED'],
    ['(01)09506000134352(21)a(10)b', 'TL-ID-MALFORMED'],
    ['https://id.gs1.org/01/09506000134352/21/%E0%A4%A', 'TL-ID-MALFORMED'],
    ['a bike', 'TL-ID-MALFORMED'],
    ['', 'TL-ID-MALFORMED'],
    [`urn:x:${'y'.repeat(600)}`, 'TL-ID-MALFORMED'],
    ['urn:x:\u0000', 'TL-ID-MALFORMED'],
  ])('%j is refused with %s', (text, code) => {
    expect(refusalOf(text)).toBe(code);
  });

  test('a canonical form is its own canonical form, whatever the serial holds', () => {
    const digits = fc.stringMatching(/^\d{13}$/);
    const serial = fc.stringMatching(/^[!-~]{1,20}$/);
    fc.assert(
      fc.property(digits, serial, (body, text) => {
        const link = `https://x.example/01/${body}${checkDigit(body)}/21/${encodeURIComponent(text)}`;
        const canonical = normaliseIdentifier(link);
        expect(normaliseIdentifier(canonical)).toBe(canonical);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('any one changed digit of a key is noticed', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{13}$/),
        fc.nat(13),
        fc.integer({ min: 1, max: 9 }),
        (body, at, by) => {
          const key = body + checkDigit(body);
          const changed = key.slice(0, at) + String((Number(key[at]) + by) % 10) + key.slice(at + 1);
          expect(refusalOf(`(01)${changed}`)).toBe('TL-ID-CHECK-DIGIT');
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
