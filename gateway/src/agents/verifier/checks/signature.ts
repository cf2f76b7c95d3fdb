// SPDX-License-Identifier: Apache-2.0
import { fault } from '../../../information-server/client/fetch.js';
import { announcerOf, type Check } from './facts.js';

/** The announcing account signed what the record says. */
export const checkSignature: Check = ({ record, announcer, signed }) => {
  // An account that nobody registered has no key to check with; the check of the accounts says so.
  if (!announcer || signed) return undefined;
  return fault('TL-VERIFY-SIGNATURE', { signer: announcerOf(record) });
};
