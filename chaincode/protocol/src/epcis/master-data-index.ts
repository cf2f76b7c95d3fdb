// SPDX-License-Identifier: Apache-2.0
import type { MasterDataElement } from './master-data';
import { canonicalValue } from './value';

/** Master data as queries ask it. */
export interface MasterData {
  /** All that is known under an identifier in canonical form: one element for each vocabulary that has it. */
  elementsOf(id: string): readonly MasterDataElement[];
}

/** Nothing is known. */
export const NO_MASTER_DATA: MasterData = { elementsOf: () => [] };

/** Which element of which vocabulary. */
type Name = Pick<MasterDataElement, 'type' | 'id'>;

/** Master data in memory, one element for each vocabulary and identifier. */
export class MasterDataIndex implements MasterData {
  readonly #byId = new Map<string, Map<string, MasterDataElement>>();

  constructor(elements: Iterable<MasterDataElement> = []) {
    for (const element of elements) this.set(element);
  }

  elementsOf(id: string): readonly MasterDataElement[] {
    return [...(this.#byId.get(id)?.values() ?? [])];
  }

  get({ type, id }: Name): MasterDataElement | undefined {
    return this.#byId.get(id)?.get(type);
  }

  /** Puts an element in the place of that of its vocabulary and identifier. */
  set(element: MasterDataElement): void {
    const types = this.#byId.get(element.id);
    if (types) types.set(element.type, element);
    else this.#byId.set(element.id, new Map([[element.type, element]]));
  }

  delete({ type, id }: Name): void {
    const types = this.#byId.get(id);
    types?.delete(type);
    if (types?.size === 0) this.#byId.delete(id);
  }
}

/** A place may be known as any of these; where it lies is said under one of them, whichever it is. */
const PLACES = ['ReadPoint', 'BusinessLocation', 'Location'];
const CLASSES = ['EPCClass'];
const PARTNERS = ['SourceDest', 'Location', 'Party'];

/** The vocabularies that the values of a field are of; any, where the field is not named here. */
const VOCABULARIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['readPoint', ['ReadPoint', 'Location']],
  ['bizLocation', ['BusinessLocation', 'Location']],
  ['epcClass', CLASSES],
  ['inputEPCClass', CLASSES],
  ['outputEPCClass', CLASSES],
  ['anyEPCClass', CLASSES],
  ['bizTransaction', ['BusinessTransaction']],
  ['source', PARTNERS],
  ['destination', PARTNERS],
  ['bizStep', ['BusinessStep']],
  ['disposition', ['Disposition']],
  ['persistentDisposition_set', ['Disposition']],
  ['persistentDisposition_unset', ['Disposition']],
]);

/** Places and all inside them at any depth, each once, however the children go in circles (EPCIS 2.0, section 6.5). */
export function placesWithin(places: readonly string[], masterData: MasterData): ReadonlySet<string> {
  const found = new Set(places);
  // What is added on the way is visited too.
  for (const place of found)
    for (const { type, children = [] } of masterData.elementsOf(place))
      if (PLACES.includes(type)) for (const child of children) found.add(child);
  return found;
}

/**
 * Whether an element that a field names has one of the attributes, with one of the values where there are any. Only
 * text, numbers and booleans compare, in the canonical form of the event hash.
 */
export function hasAttribute(
  masterData: MasterData,
  field: string,
  id: string,
  names: readonly string[],
  values?: readonly string[],
): boolean {
  const vocabularies = VOCABULARIES.get(field);
  return masterData
    .elementsOf(id)
    .some(
      ({ type, attributes }) =>
        (!vocabularies || vocabularies.includes(type)) &&
        attributes.some(
          ([name, value]) =>
            names.includes(name) && (!values || (isSimple(value) && values.includes(canonicalValue(value)))),
        ),
    );
}

function isSimple(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
