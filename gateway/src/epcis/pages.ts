// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@thingledger/protocol';
import type { Position } from './position.js';

/** Where the next page of an answer begins. */
export interface NextPage extends Position {
  /** Events given on the pages before. */
  readonly given: number;
}

/**
 * The token of a next page. It belongs to one query, what is asked named by `asked`: nobody can make one up, and none
 * serves another query (EPCIS 2.0, section 12.3).
 */
export function pageToken(key: Uint8Array, asked: string, { time, key: at, given }: NextPage): string {
  const text = Buffer.from(JSON.stringify([time, at, given])).toString('base64url');
  return `${text}.${seal(key, asked, text)}`;
}

/** The page behind a token. Refuses with `TL-EPCIS-QUERY-PARAMETER` what {@link pageToken} did not make for it. */
export function pageOf(key: Uint8Array, asked: string, token: string): NextPage {
  const [text = '', sealed = ''] = token.split('.');
  const expected = Buffer.from(seal(key, asked, text));
  const given = Buffer.from(sealed);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Refusal('TL-EPCIS-QUERY-PARAMETER', {
      parameter: 'nextPageToken',
      problem: 'a token that this gateway gave for this query',
    });
  const [time, at, count] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [number, string, number];
  return { time, key: at, given: count };
}

function seal(key: Uint8Array, asked: string, text: string): string {
  return createHmac('sha256', key).update(`${text}\n${asked}`).digest('base64url');
}
