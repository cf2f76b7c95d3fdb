// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { canonicalJson } from './canonical';
import { Pointer } from './pointer';
import { MemberName, Role } from './values';

/** The most rows of an access matrix, and the most bytes of all of them. */
const ROWS = 100;
const BYTES = 32 * 1024;

/** How somebody stands to the thing that a document is about. */
export const AccessRelation = z.enum(['any', 'owner', 'owner-member', 'party', 'downstream']).meta({
  id: 'AccessRelation',
  description:
    'any: no relation needed; owner: stored the document; owner-member: belongs to the owner’s member; party: gave, took, holds or changed the thing, or would in its pending record; downstream: is party of a thing that was made of it or that it lay in',
});
export type AccessRelation = z.infer<typeof AccessRelation>;

/** One grant of the access matrix (requirement T7): who, standing how to the thing, sees which members of which documents. */
export const AccessRow = z
  .strictObject({
    who: z
      .enum([...Role.options, 'participant', 'public'])
      .describe(
        'Participants with this role; every participant; or the public, who needs no account and sees what stands behind accepted records only',
      ),
    member: MemberName.optional().describe('Of this member only'),
    relation: AccessRelation.default('any'),
    documentType: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('Documents whose `documentType` is this; all when left out'),
    fields: z
      .union([z.literal('all'), z.array(Pointer).min(1).max(40)])
      .describe('Members, each with all beneath it'),
  })
  .meta({ id: 'AccessRow' });
export type AccessRow = z.infer<typeof AccessRow>;

/** All grants together: what somebody sees is the union of those that fit. */
export const AccessRows = z
  .array(AccessRow)
  .min(1)
  .max(ROWS)
  .refine((rows) => canonicalJson(rows).length <= BYTES, `at most ${String(BYTES)} bytes in all`);

/**
 * The matrix that holds as long as the members enacted none: regulators and auditors see all, and so do the owner, the
 * accounting participants of its member, the parties, and those downstream. Nobody else sees anything: whether
 * strangers and the public see something is for the members to say.
 */
export const DEFAULT_ACCESS: readonly AccessRow[] = [
  { who: 'verifier', relation: 'any', fields: 'all' },
  { who: 'auditor', relation: 'any', fields: 'all' },
  { who: 'participant', relation: 'owner', fields: 'all' },
  { who: 'accounting', relation: 'owner-member', fields: 'all' },
  { who: 'participant', relation: 'party', fields: 'all' },
  { who: 'participant', relation: 'downstream', fields: 'all' },
];
