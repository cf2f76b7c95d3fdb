// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal';
import type { EpcisEvent } from './event';
import type { QuantityElement } from './fields';
import { identifierAt } from './identifier-at';
import { decimalOf } from './value';

/** How much of a class of things, by its canonical identifier. Without `unit` a count; without `quantity` unknown. */
export interface ClassQuantity {
  readonly class: string;
  /** Decimal text. */
  readonly quantity?: string;
  /** UN/CEFACT Recommendation 20 unit code. */
  readonly unit?: string;
}

/** Things of an event: instances each once, sorted by code unit, and quantities of classes in the event's order. */
export interface Things {
  readonly instances: readonly string[];
  readonly classes: readonly ClassQuantity[];
}

/** What an event says about children of a parent. */
export interface Link {
  /** Contained in a container, fixed to a thing or place, or part of a business transaction. */
  readonly kind: 'aggregation' | 'association' | 'transaction';
  readonly change: 'added' | 'removed' | 'observed';
  /** Absent where contents were seen and their container is not known. */
  readonly parent?: string;
  /** `all` when every child was removed. */
  readonly children: Things | 'all';
}

/** What an event does to things, in canonical identifiers (requirement T1). */
export interface Effects {
  /** Came into being. */
  readonly created: Things;
  /** Is no more. */
  readonly consumed: Things;
  /** Was there, and goes on. */
  readonly observed: Things;
  readonly links: readonly Link[];
  /** What came of what; parts of one transformation share its id. */
  readonly transformation?: { readonly id?: string; readonly inputs: Things; readonly outputs: Things };
  /** Whether the event is declared to be in error: what it says then never happened (EPCIS 2.0, section 7.4.1.2). */
  readonly declaredError: boolean;
}

const NONE: Things = { instances: [], classes: [] };
const CHANGE = { ADD: 'added', DELETE: 'removed', OBSERVE: 'observed' } as const;

/** GS1 identifiers that name a class: a key that can have a serial number, without one. */
const CLASS =
  /^https:\/\/id\.gs1\.org\/(01\/\d{14}(\/10\/[^/]+)?|8006\/\d{18}(\/10\/[^/]+)?|25[35]\/\d{13}|8003\/\d{14}|8010\/[^/]+)$/;

/**
 * What an event does to things (EPCIS 2.0, section 7.4). Whether things are in a state that allows it is for the ledger.
 * Refuses with `TL-ID-MALFORMED` and `TL-ID-CHECK-DIGIT` an identifier of a thing that is wrong, and with
 * `TL-EPCIS-RULE` a class in a list of instances; `field` names the place in the event.
 */
export function effectsOf(event: EpcisEvent): Effects {
  const declaredError = event.errorDeclaration !== undefined;
  const effects = { created: NONE, consumed: NONE, observed: NONE, links: [], declaredError };
  switch (event.type) {
    case 'ObjectEvent': {
      const things = thingsIn(event, 'epcList', 'quantityList');
      const role = { ADD: 'created', DELETE: 'consumed', OBSERVE: 'observed' } as const;
      return { ...effects, [role[event.action]]: things };
    }
    case 'TransformationEvent': {
      const inputs = thingsIn(event, 'inputEPCList', 'inputQuantityList');
      const outputs = thingsIn(event, 'outputEPCList', 'outputQuantityList');
      const id = identifierAt('transformationID', event.transformationID);
      return {
        ...effects,
        created: outputs,
        consumed: inputs,
        transformation: { ...(id === undefined ? {} : { id }), inputs, outputs },
      };
    }
    case 'AggregationEvent':
    case 'AssociationEvent': {
      const kind = event.type === 'AggregationEvent' ? 'aggregation' : 'association';
      const children = thingsIn(event, 'childEPCs', 'childQuantityList');
      const parent = identifierAt('parentID', event.parentID);
      return {
        ...effects,
        observed: withInstance(children, parent),
        links: [linkOf(kind, event.action, parent, children)],
      };
    }
    case 'TransactionEvent': {
      const listed = thingsIn(event, 'epcList', 'quantityList');
      const things = withInstance(listed, identifierAt('parentID', event.parentID));
      const links = event.bizTransactionList.map(({ bizTransaction }, at) =>
        linkOf(
          'transaction',
          event.action,
          identifierAt(`bizTransactionList.${String(at)}.bizTransaction`, bizTransaction),
          things,
        ),
      );
      return { ...effects, observed: things, links };
    }
  }
}

function linkOf(
  kind: Link['kind'],
  action: keyof typeof CHANGE,
  parent: string | undefined,
  things: Things,
): Link {
  const none = things.instances.length === 0 && things.classes.length === 0;
  const children = action === 'DELETE' && none ? 'all' : things;
  return { kind, change: CHANGE[action], ...(parent === undefined ? {} : { parent }), children };
}

/** The things under two members of an event. */
function thingsIn<E extends string, Q extends string>(
  event: { readonly [name in E]?: readonly string[] | undefined } & {
    readonly [name in Q]?: readonly QuantityElement[] | undefined;
  },
  epcs: E,
  quantities: Q,
): Things {
  const instances = (event[epcs] ?? []).map((text: string, at: number) => {
    const field = `${epcs}.${String(at)}`;
    const identifier = identifierAt(field, text);
    if (CLASS.test(identifier))
      throw new Refusal('TL-EPCIS-RULE', { field, rule: `${epcs} names instances, not classes` });
    return identifier;
  });
  const classes = (event[quantities] ?? []).map(
    ({ epcClass, quantity, uom }: QuantityElement, at: number) => ({
      class: identifierAt(`${quantities}.${String(at)}.epcClass`, epcClass),
      ...(quantity === undefined ? {} : { quantity: decimalOf(quantity) }),
      ...(uom === undefined ? {} : { unit: uom }),
    }),
  );
  return { instances: distinct(instances), classes };
}

const withInstance = (things: Things, instance: string | undefined): Things =>
  instance === undefined ? things : { ...things, instances: distinct([...things.instances, instance]) };

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
