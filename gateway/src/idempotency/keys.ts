// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@thingledger/protocol';

/** A request, as its caller and key make it: what one Idempotency-Key stands for. */
export function scopeOf(caller: string, key: string): string {
  return sha256(`${caller}\n${key}`);
}

/** Names a request and its fingerprint, so that whoever holds it can tell which request it was. */
export function requestIdOf(scope: string, fingerprint: string): string {
  return `${scope}.${fingerprint}`;
}

/** The parts of {@link requestIdOf}. */
export function partsOf(requestId: string): { scope: string; fingerprint: string } {
  const [scope = '', fingerprint = ''] = requestId.split('.');
  return { scope, fingerprint };
}

/** Database keys. A retired prefix is not used again. */
export const at = {
  transaction: (txId: string): string => `transaction/${txId}`,
  envelope: (txId: string): string => `envelope/${txId}`,
  result: (txId: string): string => `result/${txId}`,
  request: (scope: string): string => `request/${scope}`,
  outcomes: (requestId: string, txId: string): string => `outcomes/${requestId}/${txId}`,
  probe: 'probe',
  expiry: (expires: number, scope: string): string => `expiry/${String(expires).padStart(15, '0')}/${scope}`,
};

/** All keys that begin so. */
export function under(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix}\uffff` };
}
