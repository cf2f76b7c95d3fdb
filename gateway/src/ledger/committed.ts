// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CommittedTransaction } from './port.js';

const names = new LRUCache<string, { readonly name: string | undefined }>({ max: 1_000 });

/** Who signed a transaction, from the identity in its envelope; undefined where its certificate can not be read. */
export function creatorOf(mspId: string, certificatePem: string): CommittedTransaction['creator'] {
  let known = names.get(certificatePem);
  if (!known) {
    known = { name: commonNameOf(certificatePem) };
    names.set(certificatePem, known);
  }
  return known.name === undefined ? undefined : { member: mspId, name: known.name };
}

function commonNameOf(certificatePem: string): string | undefined {
  try {
    return /^CN=(.+)$/m.exec(new X509Certificate(certificatePem).subject)?.[1];
  } catch {
    return undefined;
  }
}

/** A time from its milliseconds since 1970; undefined where it is none that RFC 3339 can carry. */
export function timeOf(milliseconds: number): Date | undefined {
  const time = new Date(milliseconds);
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time : undefined;
}
