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
