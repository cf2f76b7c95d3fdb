// SPDX-License-Identifier: Apache-2.0
import { disclose, type Disclosure, type Fields, type SaltedDocument } from '@thingledger/protocol';
import type { StoredObject } from '../vault/index.js';

/** A copy of a stored document that shows the members in `fields`. */
export function copyOf({ bytes }: StoredObject, fields: Fields): Disclosure {
  return disclose(JSON.parse(bytes.toString('utf8')) as SaltedDocument, fields);
}
