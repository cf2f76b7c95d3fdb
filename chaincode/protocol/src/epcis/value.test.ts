// SPDX-License-Identifier: Apache-2.0
import { canonicalValue, decimalOf } from './value';

describe('T8 values as the event hash writes them', () => {
  test.each([
    ['  two words ', 'two words'],
    [26, '26'],
    [26.1, '26.1'],
    ['26.10', '26.1'],
    ['100.0', '100'],
    ['-0.50', '-0.5'],
    ['0042', '0042'],
    ['1.2.0', '1.2.0'],
    [true, 'true'],
    [false, 'false'],
    ['urn:epc:id:sgtin:0614141.107346.2017', 'https://id.gs1.org/01/10614141073464/21/2017'],
    ['https://shop.example/p/01/10614141073464/21/2017?a=b', 'https://id.gs1.org/01/10614141073464/21/2017'],
    ['https://x.example/01/10614141073464/22/V/10/L/21/S', 'https://id.gs1.org/01/10614141073464/21/S'],
    ['https://x.example/01/10614141073464/22/V/10/L', 'https://id.gs1.org/01/10614141073464/10/L'],
    ['https://x.example/01/614141073467', 'https://id.gs1.org/01/00614141073467'],
    ['https://x.example/01/95060002', 'https://id.gs1.org/01/00000095060002'],
    // A hash is of what was said, right or wrong.
    ['https://x.example/01/10614141073465', 'https://id.gs1.org/01/10614141073465'],
    ['urn:epc:id:sgtin:1.2.3', 'urn:epc:id:sgtin:1.2.3'],
    ['https://x.example/orders?id=7', 'https://x.example/orders?id=7'],
    ['https://x.example/01/%E0%A4%A', 'https://x.example/01/%E0%A4%A'],
    ['geo:47.506694,11.104301', 'geo:47.506694,11.104301'],
    ['urn:epcglobal:cbv:disp:recalled', 'https://ref.gs1.org/cbv/Disp-recalled'],
    ['urn:epcglobal:cbv:bt:0614141073467:1152', 'urn:epcglobal:cbv:bt:0614141073467:1152'],
    ['cbv:Comp-latitude', 'https://ref.gs1.org/cbv/Comp-latitude'],
    ['gs1:ALARM_CONDITION', 'https://gs1.org/voc/ALARM_CONDITION'],
    ['example:x', 'example:x'],
  ])('%j is %s', (value, canonical) => {
    expect(canonicalValue(value)).toBe(canonical);
  });

  test('a long run of zeros takes no long time', () => {
    const digits = `0.${'0'.repeat(1_000_000)}1`;
    expect(canonicalValue(`${digits}00`)).toBe(digits);
  });

  test.each([
    [0, '0'],
    [-0, '0'],
    [1e21, '1000000000000000000000'],
    [-1.25e22, '-12500000000000000000000'],
    [1e-7, '0.0000001'],
    [-1.5e-8, '-0.000000015'],
    [0.1 + 0.2, '0.30000000000000004'],
  ])('the number %d has no exponent: %s', (value, decimal) => {
    expect(decimalOf(value)).toBe(decimal);
    expect(Number(decimal)).toBe(value + 0);
  });
});
