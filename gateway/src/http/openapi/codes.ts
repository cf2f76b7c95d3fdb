// SPDX-License-Identifier: Apache-2.0
import { catalogue, isProvable, type Operation, type RefusalCode } from '@thingledger/protocol';

const AUTHENTICATION: readonly RefusalCode[] = [
  'TL-AUTH-MISSING',
  'TL-AUTH-INVALID',
  'TL-AUTH-EXPIRED',
  'TL-AUTH-FOREIGN',
  'TL-AUTH-UNAVAILABLE',
];
const EVERYWHERE: readonly RefusalCode[] = [
  'TL-INPUT-INVALID',
  'TL-INPUT-MALFORMED',
  'TL-RATE-LIMITED',
  'TL-OVERLOADED',
  'TL-DRAINING',
  'TL-LEDGER-UNAVAILABLE',
  'TL-ANSWER-TIMEOUT',
  'TL-INTERNAL',
];
const WITH_BODY: readonly RefusalCode[] = ['TL-INPUT-TOO-DEEP', 'TL-INPUT-TOO-LARGE', 'TL-MEDIA-TYPE'];
const WRITES: readonly RefusalCode[] = [
  'TL-IDEMPOTENCY-MALFORMED',
  'TL-IDEMPOTENCY-RUNNING',
  'TL-IDEMPOTENCY-MISMATCH',
];
const SUBMITS: readonly RefusalCode[] = [
  'TL-OUTCOME-UNKNOWN',
  'TL-LEDGER-CONFLICT',
  'TL-LEDGER-MISMATCH',
  'TL-LEDGER-REFUSED',
];
const STANDING: readonly RefusalCode[] = [
  'TL-CALLER-SUSPENDED',
  'TL-MEMBER-UNKNOWN',
  'TL-MEMBER-SUSPENDED',
  'TL-GOVERNANCE-UNINITIALISED',
];

function standing({ callers }: Operation): readonly RefusalCode[] {
  if (callers === 'anyone') return ['TL-CALLER-UNKNOWN'];
  if (callers === 'administrator') return [...STANDING, 'TL-CALLER-NOT-ADMINISTRATOR', 'TL-CALLER-UNKNOWN'];
  return callers === 'participant'
    ? [...STANDING, 'TL-CALLER-UNKNOWN']
    : [...STANDING, 'TL-CALLER-UNKNOWN', 'TL-CALLER-ROLE'];
}

/** On whatever is read, `verify` can be asked for. */
function provingCodes(operation: Operation): readonly RefusalCode[] {
  if (isProvable(operation)) return ['TL-PROOF-TOO-LARGE'];
  return operation.rest.method === 'get' ? ['TL-PROOF-NONE'] : [];
}

/** Every code a request for the operation can be refused with, in the catalogue's order. */
export function codesOf(operation: Operation): RefusalCode[] {
  const writes = operation.rest.method !== 'get';
  const all = new Set<RefusalCode>([
    ...EVERYWHERE,
    ...AUTHENTICATION,
    ...standing(operation),
    ...(writes ? [...WITH_BODY, ...WRITES] : []),
    ...(operation.mode === 'submit' ? SUBMITS : []),
    ...provingCodes(operation),
    ...operation.refusals,
  ]);
  return inOrder(all);
}

/** The codes of requests that ask for no operation, such as the event stream. */
export function plainCodes(): RefusalCode[] {
  return inOrder(new Set([...EVERYWHERE, ...AUTHENTICATION, ...STANDING, 'TL-CALLER-UNKNOWN']));
}

function inOrder(codes: ReadonlySet<RefusalCode>): RefusalCode[] {
  return (Object.keys(catalogue) as RefusalCode[]).filter((code) => codes.has(code));
}
