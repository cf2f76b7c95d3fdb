// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';

/** What each prefix of a document stands for. */
export type Namespaces = ReadonlyMap<string, string>;

/** The prefixes that EPCIS's own JSON-LD context declares. */
const STANDARD: Namespaces = new Map([
  ['epcis', 'https://ref.gs1.org/epcis/'],
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda'],
  ['gs1', 'https://gs1.org/voc/'],
  ['rdfs', 'http://www.w3.org/2000/01/rdf-schema#'],
  ['owl', 'http://www.w3.org/2002/07/owl#'],
  ['xsd', 'http://www.w3.org/2001/XMLSchema#'],
  ['dcterms', 'http://purl.org/dc/terms/'],
]);

/** Prefixes that nobody may turn into something else: the vocabularies' CURIEs are written with them. */
const PROTECTED = /^(epcis|cbv|gs1)$/;
const GS1 = /^https:\/\/((ref|ns|www)\.)?gs1\.org\//;
const MOST = 200;

const refuse = (problem: string): never => {
  throw new Refusal('TL-EPCIS-CONTEXT', { problem }, `The @context is not valid: ${problem}`);
};

/**
 * The namespaces that a JSON-LD context declares, on top of those it stands in. Contexts named by their address are
 * never fetched: EPCIS's own is known, and no other may be needed. Refuses with `TL-EPCIS-CONTEXT` what is neither
 * address, object of prefixes, nor list of those, and a context that changes a prefix of GS1's own.
 */
export function namespacesOf(context: unknown, outer: Namespaces = STANDARD): Namespaces {
  // Most declare nothing of their own: then what they stand in is shared, by however many events.
  let own: Map<string, string> | undefined;
  for (const part of Array.isArray(context) ? (context as unknown[]) : [context]) {
    if (typeof part === 'string') continue;
    if (typeof part !== 'object' || part === null || Array.isArray(part))
      return refuse('it is an address, an object of prefixes, or a list of those');
    for (const [prefix, value] of Object.entries(part) as [string, unknown][]) {
      if (prefix.startsWith('@')) continue;
      const iri = typeof value === 'object' && value !== null ? (value as { '@id'?: unknown })['@id'] : value;
      if (typeof iri !== 'string' || !/^[a-z][a-z0-9+.-]*:[!-~]{1,500}$/i.test(iri) || /[{}]/.test(iri))
        return refuse(`the prefix ${prefix.slice(0, 50)} needs an absolute URI`);
      if (PROTECTED.test(prefix) && !GS1.test(iri)) return refuse(`the prefix ${prefix} belongs to GS1`);
      own ??= new Map(outer);
      own.set(prefix, PROTECTED.test(prefix) ? (own.get(prefix) ?? iri) : iri);
      if (own.size > MOST) return refuse(`more than ${String(MOST)} prefixes`);
    }
  }
  return own ?? outer;
}

/** Whether a context names that of EPCIS, without which the words of an event mean nothing. */
export function namesEpcis(context: unknown): boolean {
  const parts = Array.isArray(context) ? (context as unknown[]) : [context];
  return parts.some((part) => typeof part === 'string' && /epcis/i.test(part));
}

/**
 * A name as `{namespace}local` (CBV 2.0, section 8.9): a CURIE with a declared prefix, or a whole URI. Undefined when
 * its prefix is not declared, or it has none.
 */
export function qualifiedName(name: string, namespaces: Namespaces): string | undefined {
  const colon = name.indexOf(':');
  if (colon <= 0) return undefined;
  const namespace = namespaces.get(name.slice(0, colon));
  if (namespace !== undefined) return `{${namespace}}${name.slice(colon + 1)}`;
  const whole = /^(https?:\/\/[!-~]*[/#]|urn:[!-~]*:)([^/#:]+)$/i.exec(name);
  return whole ? `{${whole[1] ?? ''}}${whole[2] ?? ''}` : undefined;
}

/**
 * The name of an attribute of master data as `{namespace}local`. A namespace counts without the separator at its end:
 * `cbvmda:site` and `urn:epcglobal:cbv:mda#site` are one name, in JSON the former and in XML the latter. Undefined for
 * a name that is neither a URI nor has a declared prefix.
 */
export function attributeName(name: string, namespaces: Namespaces): string | undefined {
  const colon = name.indexOf(':');
  const namespace = colon > 0 ? namespaces.get(name.slice(0, colon)) : undefined;
  if (namespace !== undefined) return `{${namespace.replace(/[#/:]$/, '')}}${name.slice(colon + 1)}`;
  const whole = /^([a-z][a-z0-9+.-]*:[!-~]*)[#/:]([^#/:]+)$/i.exec(name);
  return whole ? `{${whole[1] ?? ''}}${whole[2] ?? ''}` : undefined;
}
