// SPDX-License-Identifier: Apache-2.0
import { Refusal, type DeletionCertificate } from '@thingledger/protocol';

/** What tests say of the bytes that they store. */
export const facts = {
  kind: 'bytes' as const,
  thing: 'https://id.gs1.org/01/09506000134352/10/LOT-7',
  owner: 'farm@maker',
};

/** The code with which something is refused. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

/** A certificate that the vault takes as it is. */
export const certificateOf = (hash: string): DeletionCertificate => ({
  hash,
  member: 'maker',
  deletedBy: 'farm@maker',
  deletedAt: '2026-01-01T00:00:00.000Z',
  reason: 'asked to',
  signedBy: 'PEM',
  signature: 'A'.repeat(86),
});
