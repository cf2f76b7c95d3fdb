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
    ['(01)09506000134352(22)V(10)LOT-7(21)A1', 'https://id.gs1.org/01/09506000134352/21/A1'],
    ['(01)09506000134352(22)V(10)LOT-7', 'https://id.gs1.org/01/09506000134352/10/LOT-7'],
    ['(01)9506000134352(10)A/1', 'https://id.gs1.org/01/09506000134352/10/A%2F1'],
    ['urn:epc:id:sgtin:9506000.013435.A%2F1', 'https://id.gs1.org/01/09506000134352/21/A%2F1'],
    ['urn:epc:id:sscc:0614141.1234567890', 'https://id.gs1.org/00/106141412345678908'],
    ['106141412345678908', 'https://id.gs1.org/00/106141412345678908'],
    ['urn:epc:id:sgln:0614141.12345.0', 'https://id.gs1.org/414/0614141123452'],
    ['urn:epc:id:sgln:0614141.12345.400', 'https://id.gs1.org/414/0614141123452/254/400'],
    ['urn:epc:id:grai:0614141.12345.400', 'https://id.gs1.org/8003/00614141123452400'],
    ['urn:epc:id:giai:0614141.12345400', 'https://id.gs1.org/8004/061414112345400'],
    ['urn:epc:id:grai:4012345.66666.87', 'https://id.gs1.org/8003/0401234566666387'],
    ['urn:epc:idpat:grai:4012345.66666.*', 'https://id.gs1.org/8003/04012345666663'],
    ['urn:epc:id:giai:4012345.A.b', 'https://id.gs1.org/8004/4012345A.b'],
    ['urn:epc:id:gsrn:4012345.9876540000', 'https://id.gs1.org/8018/401234598765400000'],
    ['urn:epc:id:gsrnp:4012345.0000098765', 'https://id.gs1.org/8017/401234500000987658'],
    ['urn:epc:id:gdti:4012345.55555.98', 'https://id.gs1.org/253/401234555555498'],
    ['urn:epc:id:gdti:987659999999..9', 'https://id.gs1.org/253/98765999999929'],
    ['urn:epc:idpat:gdti:4012345.55555.*', 'https://id.gs1.org/253/4012345555554'],
    ['urn:epc:id:cpi:4012345.ABC.123', 'https://id.gs1.org/8010/4012345ABC/8011/123'],
    ['urn:epc:id:cpi:0614141.1-A%23%2F.1234', 'https://id.gs1.org/8010/06141411-A%23%2F/8011/1234'],
    ['urn:epc:idpat:cpi:4012345.ABC.*', 'https://id.gs1.org/8010/4012345ABC'],
    ['urn:epc:id:sgcn:4012345.99999.44', 'https://id.gs1.org/255/401234599999044'],
    ['urn:epc:idpat:sgcn:4012345.99999.*', 'https://id.gs1.org/255/4012345999990'],
    ['urn:epc:id:ginc:0614141.xyz47%2F11', 'https://id.gs1.org/401/0614141xyz47%2F11'],
    ['urn:epc:id:gsin:4012345.999987654', 'https://id.gs1.org/402/40123459999876541'],
    ['urn:epc:id:itip:4012345.012345.01.02.999', 'https://id.gs1.org/8006/040123451234560102/21/999'],
    ['urn:epc:idpat:itip:4012345.012345.01.02.*', 'https://id.gs1.org/8006/040123451234560102'],
    ['urn:epc:id:upui:4012345.012345.AB12', 'https://id.gs1.org/01/04012345123456/235/AB12'],
    ['urn:epc:id:pgln:4023333.00000', 'https://id.gs1.org/417/4023333000000'],
    ['urn:epc:id:pgln:999999999999.', 'https://id.gs1.org/417/9999999999994'],
    ['urn:epc:idpat:sgtin:4054739.099914.*', 'https://id.gs1.org/01/04054739999148'],
    [
      "urn:epc:id:sgtin:0614141.812345.a!(b)*c;d=e'",
      "https://id.gs1.org/01/80614141123458/21/a%21%28b%29%2Ac;d=e'",
    ],
    ['https://shop.example/01/95060002/21/7', 'https://id.gs1.org/01/00000095060002/21/7'],
    ['https://shop.example/01/614141073467', 'https://id.gs1.org/01/00614141073467'],
    ['https://shop.example/01/0614141073467', 'https://id.gs1.org/01/00614141073467'],
    ['urn:epc:id:gid:95100000.12345.400', 'urn:epc:id:gid:95100000.12345.400'],
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
    ['urn:epc:id:sgtin:0614141.107346', 'TL-ID-MALFORMED'],
    ['urn:epc:idpat:sgtin:0614141.*.*', 'TL-ID-MALFORMED'],
    ['urn:epc:id:lgtin:0614141.107346.L', 'TL-ID-MALFORMED'],
    ['urn:epc:id:constructor:0614141.107346.L', 'TL-ID-MALFORMED'],
    ['urn:epc:id:sscc:0614141.1234567890.1', 'TL-ID-MALFORMED'],
    ['urn:epc:id:itip:4012345.012345.1.02.999', 'TL-ID-MALFORMED'],
    ['(8018)401234598765400001', 'TL-ID-CHECK-DIGIT'],
    ['(8006)040123451234570102', 'TL-ID-CHECK-DIGIT'],
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
