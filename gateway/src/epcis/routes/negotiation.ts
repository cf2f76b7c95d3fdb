// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import type { RequestHandler } from 'express';
import { version } from '../../http/index.js';

/** Media types of EPCIS in JSON-LD (EPCIS 2.0, section 12.1). */
export const JSON_LD = /^application\/(ld\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** The versions that are spoken here, and that identifiers are given back as they were captured. */
export const SPOKEN = {
  'GS1-EPCIS-Version': '2.0.0',
  'GS1-EPCIS-Min': '2.0.0',
  'GS1-EPCIS-Max': '2.0.0',
  'GS1-CBV-Version': '2.0.0',
  'GS1-CBV-Min': '2.0.0',
  'GS1-CBV-Max': '2.0.0',
  'GS1-EPC-Format': 'Never_Translates',
  'GS1-Vendor-Version': version,
} as const;

const VERSION = /^(\d{1,3})\.(\d{1,3})(\.\d{1,3})?$/;
/** What a request may ask of the versions of an answer, by header: whether 2.0 will do. */
const ASKED: Readonly<Record<string, (asked: number) => boolean>> = {
  'GS1-EPCIS-Version': (asked) => asked === 2,
  'GS1-EPCIS-Min': (asked) => asked <= 2,
  'GS1-EPCIS-Max': (asked) => asked >= 2,
  'GS1-CBV-Version': (asked) => asked === 2,
  'GS1-CBV-Min': (asked) => asked <= 2,
  'GS1-CBV-Max': (asked) => asked >= 2,
};
/** Forms of identifiers that a request may ask for: as they were captured, or any. */
const FORMATS = [SPOKEN['GS1-EPC-Format'], 'No_Preference'];
/** Headers of a request that say what its answer is to be, and what they may say. */
export const NEGOTIATED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(ASKED).map((name) => [name, 'A version; 2.0 must fit it'])),
  'GS1-EPC-Format': FORMATS.map((format) => `\`${format}\``).join(' or '),
};
const ACCEPTED = ['application/json', 'application/ld+json', 'application/problem+json'];

/**
 * Says in each answer which versions are spoken, and refuses with `TL-EPCIS-NOT-ACCEPTABLE` a request that wants
 * another, or an answer that is no JSON (EPCIS 2.0, section 12.4).
 */
export const negotiation: RequestHandler = (request, response, next) => {
  response.set(SPOKEN);
  for (const [header, fits] of Object.entries(ASKED)) {
    const asked = request.get(header);
    if (asked === undefined) continue;
    const [, major = '', minor = ''] = VERSION.exec(asked) ?? [];
    if (major === '' || !fits(Number(`${major}.${minor}`))) throw refusal(header, '2.0.0');
  }
  const format = request.get('GS1-EPC-Format');
  if (format !== undefined && !FORMATS.includes(format))
    throw refusal('GS1-EPC-Format', SPOKEN['GS1-EPC-Format']);
  if (request.accepts(ACCEPTED) === false) throw refusal('Accept', 'application/json');
  next();
};

const refusal = (header: string, supported: string): Refusal =>
  new Refusal('TL-EPCIS-NOT-ACCEPTABLE', { header, supported });
