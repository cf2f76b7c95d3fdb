// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import { announcementToSign } from '@thingledger/protocol';
import { fault } from '../../../information-server/client/fetch.js';
import { announcerOf, type Check } from './facts.js';

/** The signature is that of the announcing account, with its key on the ledger, over what the record says. */
export const checkSignature: Check = ({ record, announcer }) => {
  // An account that nobody registered has no key to check with; the check of the accounts says so.
  if (!announcer) return undefined;
  const text = Buffer.from(announcementToSign(record), 'utf8');
  try {
    const key = createPublicKey({ key: announcer.publicKey, format: 'jwk' });
    const signature = Buffer.from(record.signature, 'base64url');
    if (verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature)) return undefined;
  } catch {
    // A registered key that is no point of the curve verifies nothing.
  }
  return fault('TL-VERIFY-SIGNATURE', { signer: announcerOf(record) });
};
