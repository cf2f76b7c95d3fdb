// SPDX-License-Identifier: Apache-2.0
import { DeletionCertificate } from '@thingledger/protocol';
import { People } from '../information-server/testing/index.js';
import { issueDeletionCertificate, verifyDeletionCertificate } from './deletion.js';

let people: People;
beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());

const issue = (): DeletionCertificate =>
  issueDeletionCertificate(
    {
      hash: 'a'.repeat(64),
      member: 'maker',
      deletedBy: 'farm@maker',
      deletedAt: '2026-01-01T00:00:00.000Z',
      reason: 'the farmer asked',
    },
    people.principal('admin@maker').identity,
  );
test('a deletion certificate fits its schema and verifies against the member’s authority alone', async () => {
  const certificate = issue();
  expect(DeletionCertificate.parse(certificate)).toEqual(certificate);
  expect(verifyDeletionCertificate(certificate, await people.authority('maker'))).toBe(true);
});

test('it does not verify when changed, signed by another member, or unreadable', async () => {
  const certificate = issue();
  const maker = await people.authority('maker');
  expect(verifyDeletionCertificate({ ...certificate, reason: 'none' }, maker)).toBe(false);
  expect(verifyDeletionCertificate(certificate, await people.authority('carrier'))).toBe(false);
  expect(verifyDeletionCertificate({ ...certificate, signedBy: 'rubbish' }, maker)).toBe(false);
});
