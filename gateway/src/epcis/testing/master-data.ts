// SPDX-License-Identifier: Apache-2.0
import type { Json } from './events.js';

/** An element of a vocabulary, its attributes of the namespace of CBV. */
export function elementOf(id: string, attributes: Json = {}, children?: readonly string[]): Json {
  return {
    id,
    attributes: Object.entries(attributes).map(([name, attribute]) => ({ id: `cbvmda:${name}`, attribute })),
    ...(children && { children }),
  };
}

/** What stands in a document beside its events: business locations. */
export function headerOf(...vocabularyElementList: readonly Json[]): Json {
  const type = 'urn:epcglobal:epcis:vtype:BusinessLocation';
  return { epcisHeader: { epcisMasterData: { vocabularyList: [{ type, vocabularyElementList }] } } };
}
