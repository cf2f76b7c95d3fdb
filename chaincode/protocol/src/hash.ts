// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import { canonicalJson } from './canonical';

/** SHA-256 as 64 lower-case hexadecimal digits, of bytes or of a text's UTF-8 form. */
export function sha256(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** SHA-256 of a value's canonical JSON. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
