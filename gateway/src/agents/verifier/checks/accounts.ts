// SPDX-License-Identifier: Apache-2.0
import type { Participant } from '@thingledger/protocol';
import { fault } from '../../../information-server/client/fetch.js';
import { announcerOf, type Check, type Facts } from './facts.js';

function wrongWith(account: Participant | undefined, rules: Facts['rules']): string | undefined {
  if (!account) return 'unknown';
  if (account.status !== 'active') return account.status;
  if (!account.roles.includes('accounting')) return 'not accounting';
  const member = rules.members.find(({ name }) => name === account.member);
  return member?.status === 'active' ? undefined : 'member not active';
}

/** Both accounts are registered, active, of an active member, and may hold things. */
export const checkAccounts: Check = ({ record, announcer, recipient, rules }) => {
  for (const [id, account] of [
    [announcerOf(record), announcer],
    [record.to, recipient],
  ] as const) {
    const status = wrongWith(account, rules);
    if (status !== undefined) return fault('TL-VERIFY-ACCOUNT', { account: id, status });
  }
  return undefined;
};
