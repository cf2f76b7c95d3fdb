// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Signature tokens of subscribers: encrypted where they are kept (AES-256-GCM), bound to their subscription. */
export class Tokens {
  /** @param key 32 bytes, kept elsewhere than the sealed tokens */
  constructor(private readonly key: Uint8Array) {}

  seal(token: string, subscription: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(subscription));
    const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** The token. @throws when it was altered, or belongs to another subscription */
  open(sealed: string, subscription: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    const body = NONCE_BYTES + TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(subscription))
      .setAuthTag(bytes.subarray(NONCE_BYTES, body));
    return Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]).toString('utf8');
  }
}

/** The value of `GS1-Signature`: HMAC-SHA-256 of the body under the subscriber's token, in base64 (EPCIS 2.0, section 12). */
export function signatureOf(token: string, body: Uint8Array): string {
  return createHmac('sha256', token).update(body).digest('base64');
}
