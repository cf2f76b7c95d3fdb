// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * How much of a thing there is: a decimal text of at most 6 fractional digits (no float ever touches it) and a
 * UN/CEFACT Recommendation 20 unit code (`KGM` kilogram, `LTR` litre, `C62` pieces).
 */
export const Quantity = z
  .strictObject({
    value: z
      .string()
      .regex(
        /^(0|[1-9]\d{0,17})(\.\d{0,5}[1-9])?$/,
        'a decimal like "12" or "0.5", at most 6 fractional digits',
      )
      .describe('Decimal text, positive, no trailing zeros'),
    unit: z
      .string()
      .regex(/^[A-Z0-9]{2,3}$/)
      .describe('UN/CEFACT Recommendation 20 unit code'),
  })
  .refine((quantity) => quantity.value !== '0', {
    message: 'a quantity is greater than zero',
    path: ['value'],
  })
  .meta({ id: 'Quantity', examples: [{ value: '12.5', unit: 'KGM' }] });
export type Quantity = z.infer<typeof Quantity>;

/** Whether two quantities are the same amount of the same unit (both are in their only written form). */
export function sameQuantity(a: Quantity, b: Quantity): boolean {
  return a.value === b.value && a.unit === b.unit;
}

/** By unit: its dimension, and how many of the dimension's smallest measure it is (UN/CEFACT Recommendation 20). */
const MEASURES: Readonly<Record<string, readonly [dimension: string, factor: bigint]>> = {
  // Mass in nanograms, which makes the avoirdupois units whole numbers.
  MGM: ['mass', 1_000_000n],
  GRM: ['mass', 1_000_000_000n],
  KGM: ['mass', 1_000_000_000_000n],
  TNE: ['mass', 1_000_000_000_000_000n],
  ONZ: ['mass', 28_349_523_125n],
  LBR: ['mass', 453_592_370_000n],
  // Volume in cubic millimetres.
  MMQ: ['volume', 1n],
  MLT: ['volume', 1_000n],
  CMQ: ['volume', 1_000n],
  CLT: ['volume', 10_000n],
  DLT: ['volume', 100_000n],
  LTR: ['volume', 1_000_000n],
  HLT: ['volume', 100_000_000n],
  MTQ: ['volume', 1_000_000_000n],
  // Length in tenths of a millimetre.
  MMT: ['length', 10n],
  CMT: ['length', 100n],
  INH: ['length', 254n],
  FOT: ['length', 3_048n],
  MTR: ['length', 10_000n],
  KMT: ['length', 10_000_000n],
  // Area in square millimetres.
  MMK: ['area', 1n],
  CMK: ['area', 100n],
  MTK: ['area', 1_000_000n],
  // Pieces.
  C62: ['count', 1n],
  EA: ['count', 1n],
  H87: ['count', 1n],
  PR: ['count', 2n],
  DZN: ['count', 12n],
};

/** Quantities are exact to this part of a unit. */
const PARTS = 1_000_000n;

/**
 * How much there is of each dimension in a list of quantities, in millionths of the dimension's smallest measure. A unit
 * that is not known is a dimension of its own.
 */
export function totalsOf(quantities: readonly Quantity[]): Map<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const { value, unit } of quantities) {
    const [dimension, factor] = MEASURES[unit] ?? [unit, 1n];
    const [whole = '0', fraction = ''] = value.split('.');
    const amount = (BigInt(whole) * PARTS + BigInt(fraction.padEnd(6, '0'))) * factor;
    totals.set(dimension, (totals.get(dimension) ?? 0n) + amount);
  }
  return totals;
}
