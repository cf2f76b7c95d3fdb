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
import {
  hasAttribute,
  NO_MASTER_DATA,
  placesWithin,
  type AskedAttributes,
  type MasterData,
  type Steps,
} from './master-data-index';
import type { Namespaces } from './namespaces';
import { millisecondsOf } from './time';
import { canonicalValue } from './value';
import { ENTRY_TYPES } from './vocabulary';

/** A condition that needs no master data. */
type Plain = Exclude<Condition, { kind: 'within' | 'attribute' }>;
type Check = (parts: Parts, namespaces: Namespaces) => Steps<boolean>;

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

function holds(condition: Plain, parts: Parts, namespaces: Namespaces): boolean {
  switch (condition.kind) {
    case 'equals':
      return valuesOf(condition.field, parts).some((value) => condition.values.includes(value));
    case 'typed':
      return objects(members(parts.event, `${condition.field}List`)).some(
        (each) =>
          terms(ENTRY_TYPES[condition.field], [each], 'type').includes(condition.type) &&
          texts([each], condition.field).some((value) => condition.values.includes(value)),
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

/** How a condition is checked, with what is the same for all events made ready. */
function checkOf(condition: Condition, masterData: MasterData): Check {
  switch (condition.kind) {
    case 'within':
      return withinCheck(condition.field, condition.values, masterData);
    case 'attribute': {
      const { field, names, values } = condition;
      const asked = { field, names: new Set(names), ...(values && { values: new Set(values) }) };
      return attributeCheck(asked, masterData);
    }
    default:
      return function* (parts, namespaces) {
        return holds(condition, parts, namespaces);
      };
  }
}

function withinCheck(field: string, values: readonly string[], masterData: MasterData): Check {
  let places: ReadonlySet<string> | undefined;
  return function* (parts) {
    places ??= yield* placesWithin(values, masterData);
    const known = places;
    return valuesOf(field, parts).some((place) => known.has(place));
  };
}

function attributeCheck(asked: AskedAttributes, masterData: MasterData): Check {
  return function* (parts, namespaces) {
    for (const id of namedBy(asked.field, parts, namespaces))
      if (yield* hasAttribute(masterData, id, asked)) return true;
    return false;
  };
}

/**
 * Which events are in the answer of a query (EPCIS 2.0, section 8.2.7.1), in steps that are short whatever the query and
 * the master data. Identifiers, words and times are compared by what they mean, as in the event hash; measurements only
 * in the unit asked for. Where places lie is looked up once, for the first event; their attributes for each.
 */
export function matcherOf(
  { conditions }: Pick<EpcisQuery, 'conditions'>,
  masterData: MasterData = NO_MASTER_DATA,
): (event: ContextualEvent) => Steps<boolean> {
  const checks = conditions.map((condition) => checkOf(condition, masterData));
  return function* ({ event, namespaces }) {
    const parts = partsOf(event);
    for (const check of checks) {
      if (!(yield* check(parts, namespaces))) return false;
      yield;
    }
    return true;
  };
}

/** Whether one event is in the answer of a query, as {@link matcherOf}. */
export function matches(event: ContextualEvent, query: EpcisQuery, masterData?: MasterData): boolean {
  const steps = matcherOf(query, masterData)(event);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
