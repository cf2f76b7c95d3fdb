// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Roles that a participant can hold in a consortium (requirements X1, T). */
export const Role = z.enum(['accounting', 'verifier', 'auditor', 'consumer', 'device', 'oracle']).meta({
  id: 'Role',
  description:
    'accounting: holds and transfers things; verifier: votes on mapping records; auditor: reads audit data',
});
export type Role = z.infer<typeof Role>;

/** A member organisation's name; the same as its MSP id on the channel. */
export const MemberName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/)
  .meta({ id: 'MemberName', examples: ['maker'] });

/** A participant: the common name in its certificate, `@`, its member. */
export const ParticipantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}@[a-z][a-z0-9-]{0,30}$/, 'a participant id like "farm@maker"')
  .meta({ id: 'ParticipantId', examples: ['farm@maker'] });

/** The member of a participant id. */
export function memberOf(participant: string): string {
  return participant.slice(participant.lastIndexOf('@') + 1);
}

/** What `toISOString` would leave as it is. */
const IN_FORM = /^.{23}Z$/;

/** An instant, kept in UTC with milliseconds; any offset is taken (RFC 3339). */
export const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => (IN_FORM.test(text) ? text : new Date(text).toISOString()))
  .meta({
    id: 'Instant',
    description: 'RFC 3339 date-time; kept in UTC',
    examples: ['2026-11-20T08:00:00.000Z'],
  });

/** SHA-256 in 64 lower-case hexadecimal digits. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits')
  .meta({ id: 'Sha256' });

/** The id of a record, proposal or other entry whose id the caller chooses. */
export const EntryId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/, '8 to 64 letters, digits, dots, dashes or underscores')
  .meta({
    id: 'EntryId',
    description: 'Unique on the channel. Left out in REST, the gateway derives it from the Idempotency-Key',
  });

/** Why somebody did something, in words that stay on the ledger: no personal data. */
export const Reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .describe('In words; stays on the ledger, so no personal data');

/** A P-256 public key (RFC 7517). */
export const PublicKey = z
  .strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    y: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  })
  .meta({ id: 'PublicKey', description: 'JSON Web Key of a P-256 public key (RFC 7517)' });
export type PublicKey = z.infer<typeof PublicKey>;

/** Base64url of the 64 bytes r ‖ s of an ES256 signature (RFC 7515, RFC 7518 section 3.4). */
export const Signature = z
  .string()
  .regex(/^[A-Za-z0-9_-]{86}$/, 'the 64 bytes r and s of an ES256 signature, base64url')
  .meta({ id: 'Signature' });

/** Where something happened: WGS 84 degrees, and the GLN of the location where it has one. */
export const Place = z
  .strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    gln: z.string().max(200).optional().describe('GLN of the location, in any form of a GS1 identifier'),
  })
  .meta({ id: 'Place' });
export type Place = z.infer<typeof Place>;

/** An https origin, without path: where an information server answers. */
export const ServerAddress = z
  .string()
  .max(253)
  .regex(
    /^https:\/\/[a-z0-9.-]+(:[1-9]\d{0,4})?$/,
    'an https origin in lower case like "https://data.example:8443"',
  )
  .meta({ id: 'ServerAddress', examples: ['https://data.maker.example:8443'] });
