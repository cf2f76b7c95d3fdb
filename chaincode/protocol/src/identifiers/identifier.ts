// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Refusal } from '../refusal';
import { parseEpcUrn } from './epc-urn';
import { gs1Canonical, parseDigitalLink, parseElementString } from './gs1';

const ABSOLUTE_URI = /^([a-z][a-z0-9+.-]*):([!-~]{1,480})$/i;

/**
 * The one form of an identifier of a thing (requirement T1). GS1 identifiers, whether EPC URN, Digital Link on any
 * domain, bracketed element string or bare SSCC, become the Digital Link on the GS1 domain; any other absolute URI stays
 * as it is, its scheme and authority in lower case. Refuses with `TL-ID-MALFORMED` and `TL-ID-CHECK-DIGIT`.
 */
export function normaliseIdentifier(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > 512) throw new Refusal('TL-ID-MALFORMED', { limit: 512 });
  const elements =
    (/^\d{18}$/.test(trimmed) ? ([['00', trimmed]] as const) : undefined) ??
    parseElementString(trimmed) ??
    parseEpcUrn(trimmed) ??
    parseDigitalLink(trimmed);
  if (elements) return gs1Canonical(elements);
  const uri = ABSOLUTE_URI.exec(trimmed);
  if (!uri) throw new Refusal('TL-ID-MALFORMED', { value: trimmed.slice(0, 100) });
  const rest = (uri[2] ?? '').replace(/^\/\/[^/?#]*/, (authority) => authority.toLowerCase());
  return `${(uri[1] ?? '').toLowerCase()}:${rest}`;
}

const SSCC = 'https://id.gs1.org/00/';

/**
 * A canonical identifier as those share a neighbourhood whose serial numbers differ in the last character only: what
 * comes before it, and the character. An SSCC's serial number ends before the check digit, so its last two go together.
 */
export function neighbourhoodOf(identifier: string): readonly [row: string, place: string] {
  const end = identifier.length - (identifier.startsWith(SSCC) ? 2 : 1);
  return [identifier.slice(0, end), identifier.slice(end)];
}

/** An identifier in any accepted form; parsed, it is the canonical one. */
export const Identifier = z
  .string()
  .min(1)
  .max(512)
  .transform((text, context) => {
    try {
      return normaliseIdentifier(text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.addIssue({ code: 'custom', message: error.message, params: { refusal: error.toData() } });
      return z.NEVER;
    }
  })
  .meta({
    id: 'Identifier',
    description:
      'GS1 identifier (EPC URN, Digital Link, bracketed element string, bare SSCC) or any absolute URI; kept as GS1 Digital Link',
    examples: ['https://id.gs1.org/01/09506000134352/10/LOT-7', 'urn:epc:id:sscc:0614141.1234567890'],
  });
