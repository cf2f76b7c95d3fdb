// SPDX-License-Identifier: Apache-2.0
import { normaliseIdentifier } from '../identifiers/identifier';
import { Refusal } from '../refusal';

/** The canonical form of an identifier in an event. Refuses as {@link normaliseIdentifier} does, with the place as `field`. */
export function identifierAt<T extends string | undefined>(
  field: string,
  text: T,
): T extends undefined ? undefined : string;
export function identifierAt(field: string, text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : normaliseIdentifier(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, { field, ...error.fields }, error.message);
  }
}
