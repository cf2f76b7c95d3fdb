// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Refusal } from '../refusal';
import { refuseIn, Uri } from './fields';
import { attributeName, type Namespaces } from './namespaces';
import { canonicalValue } from './value';

/** The most of each that a document may have: a limit of what is read, apart from what somebody keeps. */
export const MASTER_DATA_LIMITS = {
  /** JSON values in the header of a document, at any depth. */
  values: 100_000,
  vocabularies: 100,
  /** Of one vocabulary. */
  elements: 5_000,
  /** Of one element. */
  attributes: 200,
  children: 10_000,
  /** Characters of an identifier or a name. */
  name: 500,
  /** Characters of an attribute's value as JSON. */
  value: 4_096,
} as const;

const Name = Uri.max(MASTER_DATA_LIMITS.name);

const AttributeValue = z
  .unknown()
  .superRefine((value, context) => {
    const limit = MASTER_DATA_LIMITS.value;
    if (value !== undefined && JSON.stringify(value).length > limit)
      refuseIn(context, 'TL-INPUT-TOO-LARGE', { limit });
  })
  .describe('Text, number, boolean, or any JSON; null takes the attribute away');

const VocabularyElement = z.looseObject({
  id: Name,
  attributes: z
    .array(
      z.looseObject({ id: z.string().max(MASTER_DATA_LIMITS.name), attribute: AttributeValue.optional() }),
    )
    .max(MASTER_DATA_LIMITS.attributes)
    .optional(),
  children: z.array(Name).max(MASTER_DATA_LIMITS.children).optional(),
});

/** Master data in the header of a document: what is said of places, classes and words (EPCIS 2.0, sections 6.5 and 9). */
export const EpcisMasterData = z
  .looseObject({
    vocabularyList: z
      .array(
        z.looseObject({
          type: Name,
          vocabularyElementList: z.array(VocabularyElement).max(MASTER_DATA_LIMITS.elements).optional(),
        }),
      )
      .max(MASTER_DATA_LIMITS.vocabularies)
      .optional(),
  })
  .meta({ id: 'EpcisMasterData' });
export type EpcisMasterData = z.infer<typeof EpcisMasterData>;

/** What is said of one element of a vocabulary. */
export interface MasterDataElement {
  /** Of the vocabulary: the last word of a standard type, such as `BusinessLocation`, or a URI of one's own. */
  readonly type: string;
  /** In the canonical form of the event hash. */
  readonly id: string;
  /** Names as {@link attributeName} gives them, values as they were written; one name may have several. */
  readonly attributes: readonly (readonly [name: string, value: unknown])[];
  /** Identifiers, canonical; absent where nothing is said of them. */
  readonly children?: readonly string[];
}

const STANDARD_TYPE = /^(urn:epcglobal:epcis:vtype:|epcis:|https:\/\/ref\.gs1\.org\/epcis\/)/;

/**
 * The elements of a document's master data, in its order; one may be named more than once. Refuses with
 * `TL-EPCIS-NAMESPACE` an attribute whose name is neither a URI nor in a declared namespace.
 *
 * @param field where the master data stands in the document
 */
export function masterDataElements(
  { vocabularyList = [] }: EpcisMasterData,
  namespaces: Namespaces,
  field: string,
): MasterDataElement[] {
  return vocabularyList.flatMap(({ type, vocabularyElementList = [] }, at) =>
    vocabularyElementList.map(({ id, attributes = [], children }, place) => ({
      type: type.trim().replace(STANDARD_TYPE, ''),
      id: canonicalValue(id),
      attributes: attributes.map(({ id: name, attribute = null }, n): [string, unknown] => {
        const full = attributeName(name.trim(), namespaces);
        if (full !== undefined) return [full, attribute];
        const list = `${field}.vocabularyList.${String(at)}.vocabularyElementList.${String(place)}`;
        throw new Refusal('TL-EPCIS-NAMESPACE', { field: `${list}.attributes.${String(n)}.id` });
      }),
      ...(children && { children: [...new Set(children.map(canonicalValue))] }),
    })),
  );
}
