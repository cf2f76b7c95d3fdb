// SPDX-License-Identifier: Apache-2.0
import type { Comparison, Condition, EpcisQuery } from './condition';
import type { ContextualEvent } from './document';
import {
  extended,
  extensionsOf,
  identifiersOf,
  members,
  namedBy,
  numbersOf,
  objects,
  partsOf,
  terms,
  texts,
  timesOf,
  valuesOf,
  type Parts,
} from './event-values';
import { hasAttribute, NO_MASTER_DATA, placesWithin, type MasterData } from './master-data-index';
import type { Namespaces } from './namespaces';
import { millisecondsOf } from './time';
import { canonicalValue } from './value';
import { ENTRY_TYPES } from './vocabulary';

/** A condition, with all places that are inside those asked for. */
type Within = Extract<Condition, { kind: 'within' }>;
type Asked = Exclude<Condition, Within> | (Within & { readonly places: ReadonlySet<string> });

/** Whether an identifier is the one asked for, or an instance of the class that a pattern `…*` stands for. */
function covers(asked: string, identifier: string): boolean {
  if (identifier === asked) return true;
  if (!identifier.startsWith(asked)) return false;
  return (
    /\/(8003\/\d{14}|25[35]\/\d{13})$/.test(asked) ||
    /^\/(21|235|8011)\//.test(identifier.slice(asked.length))
  );
}

function compares(comparison: Comparison, a: number, b: number): boolean {
  switch (comparison) {
    case 'EQ':
      return a === b;
    case 'GT':
      return a > b;
    case 'GE':
      return a >= b;
    case 'LT':
      return a < b;
    case 'LE':
      return a <= b;
  }
}

/** Texts compare as times or as numbers, when both are such. */
function comparesText(comparison: Comparison, text: string, asked: string): boolean {
  if (comparison === 'EQ') return text === asked;
  const [a, b] = [millisecondsOf(text), millisecondsOf(asked)];
  if (a !== undefined && b !== undefined) return compares(comparison, a, b);
  return text !== '' && asked !== '' && compares(comparison, Number(text), Number(asked));
}

function holds(condition: Asked, parts: Parts, namespaces: Namespaces, masterData: MasterData): boolean {
  switch (condition.kind) {
    case 'equals':
      return valuesOf(condition.field, parts).some((value) => condition.values.includes(value));
    case 'typed':
      return objects(members(parts.event, `${condition.field}List`)).some(
        (each) =>
          terms(ENTRY_TYPES[condition.field], [each], 'type').includes(condition.type) &&
          texts([each], condition.field).some((value) => condition.values.includes(value)),
      );
    case 'within':
      return valuesOf(condition.field, parts).some((place) => condition.places.has(place));
    case 'attribute':
      return namedBy(condition.field, parts, namespaces).some((id) =>
        hasAttribute(masterData, condition.field, id, condition.names, condition.values),
      );
    case 'match':
      return identifiersOf(condition.field, parts).some((each) =>
        condition.values.some((asked) => covers(asked, each)),
      );
    case 'time':
      return timesOf(condition.field, parts).some((text) => {
        const at = millisecondsOf(text.trim());
        return at !== undefined && compares(condition.comparison, at, condition.at);
      });
    case 'number':
      return numbersOf(condition.field, condition.uom, parts).some((value) =>
        condition.values.some((asked) => compares(condition.comparison, value as number, asked)),
      );
    case 'exists':
      return objects(members(parts.event, condition.field)).length > 0;
    case 'extension': {
      const { place, name, inner, comparison, values } = condition;
      const found = extensionsOf(extended[place](parts), name, inner, namespaces);
      if (comparison === 'EXISTS') return found.length > 0;
      return found.some(
        (value) =>
          typeof value !== 'object' &&
          values.some((asked) => comparesText(comparison, canonicalValue(value as string), asked)),
      );
    }
  }
}

/**
 * Which events are in the answer of a query (EPCIS 2.0, section 8.2.7.1). Identifiers, words and times are compared by
 * what they mean, as in the event hash; measurements only in the unit asked for. Where places lie is looked up once,
 * now; their attributes for each event.
 */
export function matcherOf(
  { conditions }: Pick<EpcisQuery, 'conditions'>,
  masterData: MasterData = NO_MASTER_DATA,
): (event: ContextualEvent) => boolean {
  const asked = conditions.map((condition) =>
    condition.kind === 'within'
      ? { ...condition, places: placesWithin(condition.values, masterData) }
      : condition,
  );
  return ({ event, namespaces }) => {
    const parts = partsOf(event);
    return asked.every((condition) => holds(condition, parts, namespaces, masterData));
  };
}

/** Whether one event is in the answer of a query, as {@link matcherOf}. */
export function matches(event: ContextualEvent, query: EpcisQuery, masterData?: MasterData): boolean {
  return matcherOf(query, masterData)(event);
}
