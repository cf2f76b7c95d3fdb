// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { nativeSigner, toLowS } from './signer.js';

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** r and s of a DER signature, after checking that it is the only DER form of them (X.690). */
function partsOf(der: Uint8Array): [r: bigint, s: bigint] {
  expect([der[0], der[1]]).toEqual([0x30, der.length - 2]);
  const integer = (at: number): { value: bigint; next: number } => {
    const length = der[at + 1] ?? 0;
    const digits = der.subarray(at + 2, at + 2 + length);
    expect(der[at]).toBe(0x02);
    expect(digits[0]).toBeLessThan(0x80);
    if (digits.length > 1 && digits[0] === 0) expect(digits[1]).toBeGreaterThan(0x7f);
    return { value: BigInt(`0x${Buffer.from(digits).toString('hex')}`), next: at + 2 + length };
  };
  const r = integer(2);
  const s = integer(r.next);
  expect(s.next).toBe(der.length);
  return [r.value, s.value];
}

describe('the native signer', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('gives signatures that verify, in strict DER, with the lower s', async () => {
    const sign = nativeSigner(pem);
    for (let n = 0; n < 500; n += 1) {
      const message = Buffer.from(`message ${n}`);
      const signature = await sign(message);
      expect(verify('sha256', message, createPublicKey(privateKey), signature)).toBe(true);
      const [, s] = partsOf(signature);
      expect(s <= ORDER / 2n).toBe(true);
    }
  });

  it.each([
    ['a high s', 1n, ORDER - 1n, 1n],
    ['the highest low s', 1n, ORDER / 2n, ORDER / 2n],
    ['the lowest high s', 1n, ORDER / 2n + 1n, ORDER / 2n],
    ['leading zeros', 0x7fn, 0x80n, 0x80n],
    ['a set top bit', ORDER - 1n, 5n, 5n],
  ])('writes %s rightly', (_name, r, s, low) => {
    const raw = Buffer.from(r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0'), 'hex');
    expect(partsOf(toLowS(raw))).toEqual([r, low]);
  });

  it('takes SEC 1 keys', async () => {
    const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    const signature = await nativeSigner(sec1)(Buffer.from('m'));
    expect(verify('sha256', Buffer.from('m'), createPublicKey(privateKey), signature)).toBe(true);
  });

  it('refuses keys on other curves', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    const text = other.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => nativeSigner(text)).toThrow('P-256');
  });
});
