// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';

/** The value of `GS1-Signature`: HMAC-SHA-256 of the body under the subscriber's token, in base64 (EPCIS 2.0, section 12). */
export function signatureOf(token: string, body: Uint8Array): string {
  return createHmac('sha256', token).update(body).digest('base64');
}
