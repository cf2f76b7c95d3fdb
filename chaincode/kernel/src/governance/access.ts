// SPDX-License-Identifier: Apache-2.0
import {
  COMPARED_MEMBERS,
  Refusal,
  within,
  type AccessMatrix,
  type AccessRow,
  type Decision,
  type Rules,
} from '@thingledger/protocol';

/** The members of a document that name accounts. */
const ACCOUNTS = ['/from', '/to'] as const;

/**
 * Refuses with `TL-ACCESS-INVALID` an access matrix that is nonsense: a grant twice, to a member that there is not, to
 * the public by member or relation, accounts to the public, or one under which verifiers could not compare a record with its data.
 */
export function requireSensible(rows: readonly AccessRow[], { members }: Rules): void {
  const seen = new Set<string>();
  for (const [place, { who, member, relation, documentType, fields }] of rows.entries()) {
    const refuse = (field: string, detail: string): never => {
      throw new Refusal('TL-ACCESS-INVALID', { field: `rows.${String(place)}.${field}` }, detail);
    };
    const grant = JSON.stringify([who, member, relation, documentType]);
    if (seen.has(grant)) refuse('who', 'Two rows are about the same; put their fields together');
    seen.add(grant);
    if (member !== undefined && !members.some(({ name }) => name === member))
      refuse('member', 'There is no such member');
    if (who === 'public' && member !== undefined) refuse('member', 'The public belongs to no member');
    if (who === 'public' && relation !== 'any')
      refuse('relation', 'The public stands in no relation to things');
    if (who === 'public' && ACCOUNTS.some((pointer) => shows(fields, pointer)))
      refuse('fields', 'Accounts may name people, and are not for the public');
  }
  const unseen = COMPARED_MEMBERS.filter((pointer) => !rows.some((row) => showsVerifiers(row, pointer)));
  if (unseen.length > 0) {
    throw new Refusal(
      'TL-ACCESS-INVALID',
      { field: 'rows', missing: unseen },
      'Verifiers must see what they compare with the record, or nothing can be accepted',
    );
  }
}

/** Whether a row shows a member of every document to the verifiers of all regulators. */
function showsVerifiers(
  { who, member, relation, documentType, fields }: AccessRow,
  pointer: string,
): boolean {
  const all = (who === 'verifier' || who === 'participant') && relation === 'any';
  if (!all || member !== undefined || documentType !== undefined) return false;
  return shows(fields, pointer);
}

function shows(fields: AccessRow['fields'], pointer: string): boolean {
  return fields === 'all' || fields.some((field) => within(pointer, field));
}

/** The matrix after these rows were enacted. */
export function changedAccess(
  present: AccessMatrix | undefined,
  rows: readonly AccessRow[],
  decision: Decision,
): AccessMatrix {
  return { version: (present?.version ?? 0) + 1, rows: [...rows], decision };
}
