// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import type { PublicKey } from './values';

/** Whether the base64url signature (r ‖ s) over the text's UTF-8 bytes was made with the key (RFC 7518, 3.4). */
export function verifyEs256(publicKey: PublicKey, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: publicKey, format: 'jwk' });
    const bytes = Buffer.from(signature, 'base64url');
    return verify('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }, bytes);
  } catch {
    // A point that is not on the curve: such a key verifies nothing.
    return false;
  }
}
