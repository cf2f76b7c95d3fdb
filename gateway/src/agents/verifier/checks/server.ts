// SPDX-License-Identifier: Apache-2.0
import { memberOf } from '@thingledger/protocol';
import { fault } from '../../../information-server/client/fetch.js';
import { announcerOf, type Check } from './facts.js';

/** The information server is on the ledger and belongs to the member of the announcing account. */
export const checkServer: Check = ({ record, server }) => {
  const address = record.informationServer;
  if (!server) return fault('TL-VERIFY-ADDRESS', { address }, 'The address is registered to nobody');
  if (server.member === memberOf(announcerOf(record))) return undefined;
  return fault(
    'TL-VERIFY-IDENTITY',
    { address, member: server.member },
    'The information server belongs to another member',
  );
};
