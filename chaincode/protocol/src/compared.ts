// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { RefusalSchema } from './operations/batch';
import { MemberName, Sha256 } from './values';

/** What another member's peer said to the same question. */
export const PeerAnswer = z
  .strictObject({
    member: MemberName,
    verdict: z
      .enum(['agrees', 'differs', 'silent'])
      .describe(
        'silent: its peer could not be asked; differs also when it refuses what the own peer answers',
      ),
    sha256: Sha256.optional().describe('Of its answer, in canonical JSON'),
    refusal: RefusalSchema.optional().describe('Why it gave none'),
  })
  .meta({ id: 'PeerAnswer' });
export type PeerAnswer = z.infer<typeof PeerAnswer>;

/** An answer of the own peer, held against those of the other members' (requirement X9): `?verify=peers`. */
export const Compared = z
  .strictObject({
    answer: z.unknown().describe('Just as without `verify`'),
    sha256: Sha256.describe('Of the answer, in canonical JSON'),
    peers: z.array(PeerAnswer).describe('Those of the other active members, by name'),
    agreed: z.boolean().describe('At least one other peer answered, and none otherwise'),
  })
  .meta({ id: 'Compared' });
export type Compared = z.infer<typeof Compared>;
