// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { canonicalJson } from './canonical';
import { parsePointer, POINTER_LENGTH } from './pointer';
import { Refusal } from './refusal';
import { Sha256 } from './values';

/** The most members a document may have, counted as its disclosure counts them. */
export const DOCUMENT_MEMBERS = 2000;
/** The most bytes that the pointers to all of them take. */
export const POINTER_BYTES = 256 * 1024;
/** How deep arrays and objects may be nested in a document. */
export const DOCUMENT_DEPTH = 32;

const Salt = z.string().regex(/^[A-Za-z0-9_-]{22}$/, '16 bytes, base64url');

/** One open member of a document: its salt, its JSON Pointer (RFC 6901), its value. */
export const Disclosed = z
  .tuple([Salt, z.string().max(POINTER_LENGTH), z.unknown()])
  .refine((member) => member[2] !== undefined, 'salt, pointer and value');
export type Disclosed = z.infer<typeof Disclosed>;

/**
 * A copy of a document in which some members may be hidden (requirements T3, T7), in the words of RFC 9901: open members
 * with their salts, hidden ones as digests, so that not even their names show. Together they give the hash that is on
 * the ledger; the full copy is the one that hides nothing.
 */
export const Disclosure = z
  .strictObject({
    type: z.literal('ThingLedgerDisclosure'),
    version: z.literal(1),
    disclosed: z
      .array(Disclosed)
      .max(DOCUMENT_MEMBERS)
      .describe('Open members: salt, JSON Pointer (RFC 6901), value; in the order of their pointers'),
    hidden: z.array(Sha256).max(DOCUMENT_MEMBERS).describe('Digests of the hidden members, in order'),
  })
  .meta({
    id: 'Disclosure',
    description:
      'Order is that of UTF-16 code units. A member’s digest is SHA-256 over the canonical JSON of [salt, pointer, value]; the document’s hash is that over the canonical JSON of {"digests":[…],"type":"ThingLedgerDocument"} with all digests in order',
  });
export type Disclosure = z.infer<typeof Disclosure>;

/** What is open of a document: its members as they stood in it, without its salt. */
export type OpenDocument = Readonly<Record<string, unknown>>;

/** A disclosure that was checked. */
export interface Opened {
  /** The hash that the disclosure comes to; what a mapping record holds as `dataHash`. */
  readonly hash: string;
  readonly document: OpenDocument;
  /** How many members are hidden. */
  readonly hidden: number;
}

/** SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits. */
export type Sha256Of = (text: string) => string;

/** The digest of a member. */
export function memberDigest([salt, pointer, value]: Disclosed, sha256: Sha256Of): string {
  return sha256(canonicalJson([salt, pointer, value]));
}

/** The hash of a document whose members have these digests. */
export function hashOfDigests(digests: readonly string[], sha256: Sha256Of): string {
  return sha256(canonicalJson({ digests: [...digests].sort(), type: 'ThingLedgerDocument' }));
}

/**
 * Checks a disclosure, whatever it is, and gives what is open of the document. Runs in browsers: the hash function is
 * the caller's. Refuses with `TL-VERIFY-HASH` what is no disclosure or does not come to `expected`, and with
 * `TL-VERIFY-DOCUMENT` what can not be a document: a member beneath another member's value, no pointer, too deep.
 *
 * @param expected the hash to compare with; left out, the one found is in the answer, for the caller to compare
 */
export function openWith(sha256: Sha256Of, disclosure: unknown, expected?: string): Opened {
  const { disclosed, hidden } = formOf(disclosure);
  const unreadable = disclosed.find(([, , value]) => !isReadable(value));
  if (unreadable) throw noDocument(unreadable[1]);
  const digests = [...disclosed.map((member) => memberDigest(member, sha256)), ...hidden];
  if (new Set(digests).size !== digests.length) throw noDisclosure('a digest stands twice');
  const hash = hashOfDigests(digests, sha256);
  if (expected !== undefined && hash !== expected) throw new Refusal('TL-VERIFY-HASH', { hash: expected });
  return { hash, document: assembled(disclosed), hidden: hidden.length };
}

function formOf(value: unknown): Disclosure {
  const parsed = Disclosure.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw noDisclosure(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'unreadable'}`);
  }
  const { disclosed, hidden } = parsed.data;
  if (disclosed.length + hidden.length > DOCUMENT_MEMBERS) throw noDisclosure('too many members');
  if (!isSorted(hidden)) throw noDisclosure('the hidden digests are not in order');
  if (!isSorted(disclosed.map(([, pointer]) => pointer)))
    throw noDisclosure('the members are not in the order of their pointers, each once');
  return parsed.data;
}

const noDisclosure = (problem: string): Refusal =>
  new Refusal('TL-VERIFY-HASH', { problem }, 'This is no disclosure of a document');

const isSorted = (texts: readonly string[]): boolean =>
  texts.every((text, at) => at === 0 || (texts[at - 1] ?? '') < text);

/** Whether a value is JSON and nested no deeper than a document may be; looked at before anything walks it to its end. */
export function isReadable(value: unknown, depth = DOCUMENT_DEPTH): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isReadable(inner, depth - 1));
}

function assembled(disclosed: readonly Disclosed[]): OpenDocument {
  const document: Record<string, unknown> = {};
  /** Objects on the way to members, apart from those that are a member's value. */
  const ways = new Set<unknown>([document]);
  for (const [, pointer, value] of disclosed) {
    const names = parsePointer(pointer);
    const last = names?.pop();
    if (names === undefined || last === undefined) throw noDocument(pointer);
    let parent = document;
    for (const name of names) {
      if (!Object.hasOwn(parent, name)) ways.add((parent[name] = {}));
      const inner = parent[name];
      if (!ways.has(inner)) throw noDocument(pointer);
      parent = inner as Record<string, unknown>;
    }
    // Pointers come in order and once, so nothing can lie beneath this member yet.
    parent[last] = value;
  }
  return document;
}

const noDocument = (pointer: string): Refusal =>
  new Refusal('TL-VERIFY-DOCUMENT', { pointer }, 'A member has no place in a document');
