// SPDX-License-Identifier: Apache-2.0
import { createVerify, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSignedBy, signMessage } from './signing.js';

describe('signing', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.from('a lot of timber');

  test('signatures are valid DER and always in the low-S form', () => {
    for (let n = 0; n < 200; n += 1) {
      const signature = signMessage(message, privateKey);
      expect(createVerify('sha256').update(message).verify(publicKey, signature)).toBe(true);
      expect(isSignedBy(message, signature, publicKey)).toBe(true);
    }
  });

  test('about half of the signatures of a plain signer are refused, as Fabric refuses them', () => {
    const accepted = Array.from({ length: 200 }, () => sign('sha256', message, privateKey)).filter(
      (signature) => isSignedBy(message, signature, publicKey),
    ).length;
    expect(accepted).toBeGreaterThan(40);
    expect(accepted).toBeLessThan(160);
  });

  test('another message, another key and rubbish are refused', () => {
    const signature = signMessage(message, privateKey);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(isSignedBy(Buffer.from('a lot of steel'), signature, publicKey)).toBe(false);
    expect(isSignedBy(message, signature, other)).toBe(false);
    expect(isSignedBy(message, Buffer.from('nonsense'), publicKey)).toBe(false);
    expect(isSignedBy(message, new Uint8Array(), publicKey)).toBe(false);
  });
});
