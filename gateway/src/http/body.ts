// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { Refusal } from '@thingledger/protocol';
import { parseStrictJson } from './json.js';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });
const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Whether the request brings a body at all (RFC 9112 section 6). */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** How many bytes a request may turn out to have: what it declares, else the limit. */
export function expectedBytes(request: IncomingMessage, limit: number): number {
  if (!hasBody(request)) return 0;
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  return Number.isSafeInteger(declared) ? Math.min(declared, limit) : limit;
}

/**
 * The JSON body of a request, of `application/json` unless said otherwise; undefined when there is none. Refuses with `TL-MEDIA-TYPE`, `TL-INPUT-TOO-LARGE`,
 * `TL-INPUT-MALFORMED`, `TL-INPUT-TOO-DEEP`.
 */
export async function readJsonBody(
  request: IncomingMessage,
  limits: { bytes: number; depth: number },
  mediaType = JSON_TYPE,
): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Refusal('TL-MEDIA-TYPE', { contentEncoding: encoding }, 'Compressed bodies are not taken');
  }
  const type = request.headers['content-type'] ?? '';
  if (!mediaType.test(type)) throw new Refusal('TL-MEDIA-TYPE', { contentType: type.slice(0, 100) });
  const bytes = await readBytes(request, limits.bytes);
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = UTF_8.decode(bytes);
  } catch {
    throw new Refusal('TL-INPUT-MALFORMED', {}, 'The body is not UTF-8');
  }
  return parseStrictJson(text, limits.depth);
}

/** How much of an oversized body is read and thrown away, so that its sender gets to read the answer. */
const DISCARD = 4 << 20;

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  // Events, not the async iterator: that destroys the stream on leaving, and costs more than all the rest of a request.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLarge = (): void => {
      reject(new Refusal('TL-INPUT-TOO-LARGE', { limit }));
    };
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else if (length > limit + DISCARD) {
        request.pause();
        tooLarge();
      }
    });
    request.once('end', () => {
      if (length > limit) tooLarge();
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    const broken = (): void => {
      if (!request.readableEnded) reject(new Refusal('TL-INPUT-MALFORMED', {}, 'The body broke off'));
    };
    request.once('error', broken);
    request.once('close', broken);
  });
}
