// SPDX-License-Identifier: Apache-2.0
import { renderTable } from '../table';
import {
  AggregationEvent,
  AssociationEvent,
  ObjectEvent,
  TransactionEvent,
  TransformationEvent,
} from './event';
import { HANDING_OVER } from './handover';
import { QUERY_PARAMETERS } from './parameters';
import { hashedFields } from './prehash';
import { BIZ_STEP } from './vocabulary';

/** Which fields each type of event has and the hash covers, as a Markdown section; from the schemas (requirement T8). */
export function renderEventFields(): string {
  const types = { ObjectEvent, AggregationEvent, AssociationEvent, TransactionEvent, TransformationEvent };
  const shapes = Object.values(types).map(
    (type) => type.shape as Record<string, { safeParse(value: unknown): { success: boolean } }>,
  );
  const fields = [...new Set(shapes.flatMap((shape) => Object.keys(shape)))];
  const rows = fields.map((field) => {
    const marks = shapes.map((shape) => {
      const schema = shape[field];
      return schema === undefined ? '–' : schema.safeParse(undefined).success ? 'may' : 'must';
    });
    return [`\`${field}\``, ...marks, field === 'type' || hashedFields.includes(field) ? 'yes' : 'no'];
  });
  const head = ['Field', ...Object.keys(types), 'In the hash'];
  const rules =
    'Rules across fields, such as “an AggregationEvent with action ADD has parentID”, are refused with `TL-EPCIS-RULE`.';
  return `${rules}\n\n${renderTable(head, rows)}\n`;
}

/** Which parameters queries have, as Markdown; from the list that the tests go through (requirement T8). */
export function renderQueryParameters(): string {
  const rows = QUERY_PARAMETERS.map(({ name, about }) => [`\`${name}\``, 'yes', about]);
  return `${renderTable(['Parameter', 'Supported', 'Asks'], rows)}\n`;
}

/** Which business steps move custody, as Markdown; from the lists that events are judged by (requirements T2, T8). */
export function renderHandingOver(): string {
  const listed = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');
  const others = BIZ_STEP.words.filter((word) => !HANDING_OVER.includes(word));
  return `Hand over, with one \`possessing_party\` as destination: ${listed(HANDING_OVER)}.\n\nDo not: ${listed(others)}; no step, and steps of one’s own.\n`;
}
