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

/** Work that is done a little at a time: who drives it may let others have their turn between two steps. */
export type Steps<T> = Generator<undefined, T, undefined>;

/**
 * Places and all inside them at any depth, each once, however the children go in circles (EPCIS 2.0, section 6.5); a step
 * is a place.
 */
export function* placesWithin(places: readonly string[], masterData: MasterData): Steps<ReadonlySet<string>> {
  const found = new Set(places);
  // What is added on the way is visited too.
  for (const place of found) {
    for (const { type, children = [] } of masterData.elementsOf(place))
      if (PLACES.includes(type)) for (const child of children) found.add(child);
    yield;
  }
  return found;
}

/** What is asked of attributes. */
export interface AskedAttributes {
  /** The field that names the element. */
  readonly field: string;
  /** One of which it has. */
  readonly names: ReadonlySet<string>;
  /** One of which that has; any where they are left out. */
  readonly values?: ReadonlySet<string>;
}

/**
 * Whether an element has one of the attributes, with one of the values where there are any; a step is an element. Only
 * text, numbers and booleans compare, in the canonical form of the event hash.
 */
export function* hasAttribute(
  masterData: MasterData,
  id: string,
  { field, names, values }: AskedAttributes,
): Steps<boolean> {
  const vocabularies = VOCABULARIES.get(field);
  for (const { type, attributes } of masterData.elementsOf(id)) {
    const found =
      (!vocabularies || vocabularies.includes(type)) &&
      attributes.some(
        ([name, value]) =>
          names.has(name) && (!values || (isSimple(value) && values.has(canonicalValue(value)))),
      );
    if (found) return true;
    yield;
  }
  return false;
}

function isSimple(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
