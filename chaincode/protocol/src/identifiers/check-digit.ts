// SPDX-License-Identifier: Apache-2.0

/** The modulo-10 check digit for the digits before it (GS1 General Specifications, section 7.9). */
export function checkDigit(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const weight = (digits.length - i) % 2 === 1 ? 3 : 1;
    sum += Number(digits[i]) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** Whether the last digit of a GS1 key is the check digit of those before it. */
export function hasValidCheckDigit(key: string): boolean {
  return checkDigit(key.slice(0, -1)) === key.slice(-1);
}
