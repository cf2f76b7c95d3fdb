// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { defineCollection } from '../collections';
import { Identifier } from '../identifiers/identifier';
import { defineOperation, type DataFlow } from '../operation';
import { Refusal } from '../refusal';
import { MemberName, ParticipantId, Place, Reason } from '../values';
import { Decision, participants } from './governance';

const GLN = /^https:\/\/id\.gs1\.org\/(417\/\d{13}|414\/\d{13}(\/254\/[^/]+)?)$/;

/**
 * The canonical identifier of a party (application identifier 417) or a location (414, with an extension 254 where there
 * is one); the EPC URNs are `urn:epc:id:pgln:…` and `urn:epc:id:sgln:…`. Anything else is refused with `TL-LOCATION-KIND`.
 */
export const LocationIdentifier = Identifier.superRefine((identifier, context) => {
  if (GLN.test(identifier)) return;
  const refusal = new Refusal('TL-LOCATION-KIND', { value: identifier.slice(0, 100) }).toData();
  context.addIssue({ code: 'custom', message: refusal.detail, params: { refusal } });
}).meta({
  id: 'LocationIdentifier',
  description:
    'GLN of a party (417) or a location (414, with extension 254), in any form; kept as GS1 Digital Link',
  examples: ['urn:epc:id:pgln:9506000.00000', 'https://id.gs1.org/414/9506000134369/254/dock-7'],
});

/** A party or location that EPCIS events name by its GLN, and whose account has custody there (requirements T2, T8). */
export const RegisteredLocation = z
  .strictObject({
    location: LocationIdentifier,
    member: MemberName,
    account: ParticipantId.describe('Has custody of what is handed to this party; of the same member'),
    coordinates: Place.omit({ gln: true })
      .optional()
      .describe('Where it is, WGS 84 degrees; needed where events name it as their place'),
    decision: Decision,
  })
  .meta({ id: 'RegisteredLocation' });
export type RegisteredLocation = z.infer<typeof RegisteredLocation>;

/** By canonical identifier. */
export const locations = defineCollection('location', RegisteredLocation);

const base = { contract: 'traceability', requirements: ['T2', 'T8'] } as const;

const flow = (activity: string, over: Partial<DataFlow>): DataFlow => ({
  useCase: 'Traceability',
  activity,
  scope: 'between',
  stakeholder: 'Accounting member',
  category: 'Directory entry',
  flow: 'D',
  dataType: 'GLN, account, coordinates',
  deviceType: 'Enterprise system',
  ...over,
});

export const registerLocation = defineOperation({
  ...base,
  mode: 'submit',
  name: 'registerLocation',
  summary: 'Register a party or location of the caller’s member by its GLN, or change it',
  callers: 'administrator',
  input: RegisteredLocation.omit({ member: true, decision: true }).extend({ reason: Reason }),
  output: RegisteredLocation,
  refusals: [
    'TL-LOCATION-KIND',
    'TL-LOCATION-FOREIGN',
    'TL-PARTICIPANT-FOREIGN',
    'TL-PARTICIPANT-UNKNOWN',
    'TL-ID-CHECK-DIGIT',
    'TL-ID-MALFORMED',
  ],
  rest: { method: 'post', path: '/locations', success: 201 },
  dataFlow: flow('Register a party or location', { stakeholder: 'Administrator of a member', flow: 'C' }),
  touches: ({ location, account }) => ({
    reads: [locations.key(location), participants.key(account)],
    writes: [locations.key(location)],
  }),
});

export const getLocation = defineOperation({
  ...base,
  mode: 'evaluate',
  name: 'getLocation',
  summary: 'The member, account and coordinates behind the GLN of a party or location',
  callers: 'participant',
  input: z.strictObject({ location: LocationIdentifier }),
  output: RegisteredLocation,
  refusals: ['TL-LOCATION-UNKNOWN', 'TL-LOCATION-KIND', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/locations/{location}' },
  dataFlow: flow('Look a party or location up', {}),
});
