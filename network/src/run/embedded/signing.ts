// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, type KeyObject, sign, verify } from 'node:crypto';

/** Order of the P-256 group (FIPS 186-5) and its half, above which Fabric refuses `s`. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const halfOrder = order >> 1n;

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Parsed keys, by PEM text: parsing costs more than signing. */
const keys = new Map<string, KeyObject>();
const mostKeys = 10_000;

export function privateKey(pem: string): KeyObject {
  const known = keys.get(pem);
  if (known) return known;
  if (keys.size >= mostKeys) keys.clear();
  const key = createPrivateKey(pem);
  keys.set(pem, key);
  return key;
}

/** ECDSA over SHA-256, DER, with the smaller of the two possible `s` as Fabric demands. */
export function signMessage(message: Uint8Array, key: KeyObject): Buffer {
  const raw = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const s = BigInt(`0x${raw.subarray(32).toString('hex')}`);
  if (s > halfOrder) Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex').copy(raw, 32);
  return der(raw);
}

/** Whether the signature is this key's, and in the low-S form that Fabric accepts. */
export function isSignedBy(message: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  try {
    return isLowS(signature) && verify('sha256', message, key, signature);
  } catch {
    return false;
  }
}

function isLowS(signature: Uint8Array): boolean {
  const bytes = Buffer.from(signature);
  const lengthOfR = bytes[3] ?? 0;
  const s = bytes.subarray(6 + lengthOfR);
  return s.length > 0 && BigInt(`0x${s.toString('hex')}`) <= halfOrder;
}

function der(raw: Buffer): Buffer {
  const parts = [integer(raw.subarray(0, 32)), integer(raw.subarray(32))];
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function integer(value: Buffer): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start += 1;
  const trimmed = value.subarray(start);
  const positive = (trimmed[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}
