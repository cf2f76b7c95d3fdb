// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import {
  DOCUMENT_DEPTH,
  DOCUMENT_MEMBERS,
  hashOfDigests,
  isReadable,
  memberDigest,
  openWith,
  POINTER_BYTES,
  type Disclosed,
  type Disclosure,
  type Opened,
} from './disclosure';
import { sha256 } from './hash';
import { parsePointer, pointerTo, within } from './pointer';
import { Refusal } from './refusal';

/** A whole document with its secret: who has the salt can hash any member's value and compare. */
export type SaltedDocument = Readonly<Record<string, unknown>> & { readonly salt: string };

/** Members that a copy may show: JSON Pointers, each with all beneath it; or all. */
export type Fields = 'all' | readonly string[];

/**
 * The hash of a document, by which its members can be shown one by one (requirement T7). Objects are walked; arrays,
 * texts, numbers and empty objects are members; `salt` is none. Refuses with `TL-DATA-MEMBERS` what has too many, too
 * deep ones, or one without a usable name.
 */
export function documentHash(document: SaltedDocument): string {
  return hashOfDigests(
    membersOf(document).map((member) => memberDigest(member, sha256)),
    sha256,
  );
}

/** A copy of a document that shows the members in `fields` and hides all others. Refuses as {@link documentHash} does. */
export function disclose(document: SaltedDocument, fields: Fields): Disclosure {
  const shows = ([, pointer]: Disclosed): boolean =>
    fields === 'all' || fields.some((field) => within(pointer, field));
  const members = membersOf(document);
  return {
    type: 'ThingLedgerDisclosure',
    version: 1,
    disclosed: members.filter(shows),
    hidden: members
      .filter((member) => !shows(member))
      .map((member) => memberDigest(member, sha256))
      .sort(),
  };
}

/** {@link openWith} in Node: checks a disclosure against the hash on the ledger. */
export function openDisclosure(disclosure: unknown, hash?: string): Opened {
  return openWith(sha256, disclosure, hash);
}

/** All members with their salts, in the order of their pointers. */
function membersOf({ salt, ...document }: SaltedDocument): Disclosed[] {
  const members: Disclosed[] = [];
  const walk = (value: unknown, names: readonly string[]): void => {
    if (names.length > DOCUMENT_DEPTH) throw new Refusal('TL-DATA-MEMBERS', { depth: DOCUMENT_DEPTH });
    const inner = isWalked(value) ? Object.entries(value).filter(([, one]) => one !== undefined) : [];
    for (const [name, one] of inner) walk(one, [...names, name]);
    if (inner.length === 0 && names.length > 0) members.push(memberOf(salt, names, value));
    if (members.length > DOCUMENT_MEMBERS) throw new Refusal('TL-DATA-MEMBERS', { limit: DOCUMENT_MEMBERS });
  };
  walk(document, []);
  const bytes = members.reduce((sum, [, pointer]) => sum + Buffer.byteLength(JSON.stringify(pointer)), 0);
  if (bytes > POINTER_BYTES) throw new Refusal('TL-DATA-MEMBERS', { bytes: POINTER_BYTES });
  return members.sort(([, a], [, b]) => (a < b ? -1 : 1));
}

const isWalked = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The salt of each member follows from the document's own, so that one secret is kept, and destroyed, for all. */
function memberOf(salt: string, names: readonly string[], value: unknown): Disclosed {
  const pointer = pointerTo(names);
  if (!parsePointer(pointer) || !isReadable(value))
    throw new Refusal('TL-DATA-MEMBERS', { pointer: pointer.slice(0, 100) });
  const own = createHmac('sha256', salt).update(pointer).digest().subarray(0, 16);
  return [own.toString('base64url'), pointer, value];
}
