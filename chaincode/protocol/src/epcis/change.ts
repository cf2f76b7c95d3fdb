// SPDX-License-Identifier: Apache-2.0
import type { ThingChange } from '../operations/changes';
import { effectsOf, type Things } from './effects';
import type { EpcisEvent } from './event';

/**
 * What an event says of identifiers, as a change that the ledger can make (requirement T8: events drive the containment
 * tree); undefined when it changes nothing there, when it is declared to be in error, or when it speaks of classes, which
 * have no holder. Refuses as {@link effectsOf} does.
 */
export function changeOf(event: EpcisEvent): ThingChange | undefined {
  const { links, transformation, declaredError } = effectsOf(event);
  if (declaredError) return undefined;
  if (transformation) {
    const { inputs, outputs } = transformation;
    if (inputs.instances.length === 0 || outputs.instances.length === 0) return undefined;
    if (inputs.classes.length > 0 || outputs.classes.length > 0) return undefined;
    const into = outputs.instances.map(
      (thing) => ({ thing, kind: 'product', quantity: { value: '1', unit: 'C62' } }) as const,
    );
    return { type: 'transform', from: [...inputs.instances], into };
  }
  const [link] = links;
  if (!link || link.kind === 'transaction' || link.change === 'observed') return undefined;
  if (link.parent === undefined || link.children === 'all' || !isCountable(link.children)) return undefined;
  const { parent, kind } = link;
  const children = [...link.children.instances];
  const added = link.change === 'added';
  if (kind === 'aggregation') return { type: added ? 'pack' : 'unpack', parent, children };
  return { type: added ? 'associate' : 'dissociate', parent, children };
}

function isCountable({ instances, classes }: Things): boolean {
  return instances.length > 0 && classes.length === 0;
}
