// SPDX-License-Identifier: Apache-2.0
import { disclose, type Disclosure, type SaltedDocument } from '@thingledger/protocol';
import type { StoredObject } from '../vault/index.js';
import { fieldsFor, notEntitled, type Past, type Viewer } from './entitlement.js';

/** The document in a stored object. */
export function documentIn({ bytes }: StoredObject): SaltedDocument {
  return JSON.parse(bytes.toString('utf8')) as SaltedDocument;
}

/**
 * What somebody may see of a stored document (requirements T3, T7). Refuses with `TL-DATA-NOT-ENTITLED` when that is
 * nothing.
 */
export async function viewOf(
  viewer: Viewer,
  object: StoredObject,
  through: string | undefined,
  past: Past,
): Promise<Disclosure> {
  const document = documentIn(object);
  const { documentType } = document as { readonly documentType?: unknown };
  const subject = { ...object.facts, ...(typeof documentType === 'string' && { documentType }) };
  const view = disclose(document, await fieldsFor(viewer, subject, through, past));
  if (view.disclosed.length === 0) throw notEntitled(object.facts);
  return view;
}

/** Refuses with `TL-DATA-NOT-ENTITLED` whoever may not see all of an object that can not be shown in part. */
export async function requireWhole(
  viewer: Viewer,
  { facts }: StoredObject,
  through: string | undefined,
  past: Past,
): Promise<void> {
  if ((await fieldsFor(viewer, facts, through, past)) !== 'all') throw notEntitled(facts);
}
