// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { RequestHandler } from 'express';

/** Media types of EPCIS in JSON-LD (EPCIS 2.0, section 12.1). */
export const JSON_LD = /^application\/(ld\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** The versions that are spoken here, and that identifiers are given back as they were captured. */
const SPOKEN = {
  'GS1-EPCIS-Version': '2.0.0',
  'GS1-EPCIS-Min': '2.0.0',
  'GS1-EPCIS-Max': '2.0.0',
  'GS1-CBV-Version': '2.0.0',
  'GS1-CBV-Min': '2.0.0',
  'GS1-CBV-Max': '2.0.0',
  'GS1-EPC-Format': 'Never_Translates',
} as const;

/** The most a header may ask of versions. */
const VERSION = /^2\.0(\.\d{1,3})?$/;
const ACCEPTED = ['application/json', 'application/ld+json', 'application/problem+json'];

/**
 * Says in each answer which versions are spoken, and refuses with `TL-EPCIS-NOT-ACCEPTABLE` a request that wants
 * another, or an answer that is no JSON (EPCIS 2.0, section 12.4).
 */
export const negotiation: RequestHandler = (request, response, next) => {
  response.set(SPOKEN);
  for (const header of ['GS1-EPCIS-Version', 'GS1-CBV-Version']) {
    const asked = request.get(header);
    if (asked !== undefined && !VERSION.test(asked)) throw refusal(header, '2.0.0');
  }
  const format = request.get('GS1-EPC-Format');
  if (format !== undefined && format !== SPOKEN['GS1-EPC-Format'])
    throw refusal('GS1-EPC-Format', SPOKEN['GS1-EPC-Format']);
  if (request.accepts(ACCEPTED) === false) throw refusal('Accept', 'application/json');
  next();
};

const refusal = (header: string, supported: string): Refusal =>
  new Refusal('TL-EPCIS-NOT-ACCEPTABLE', { header, supported });
