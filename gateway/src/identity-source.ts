// SPDX-License-Identifier: Apache-2.0
import { CryptoError, enrol, readIdentity } from '@thingledger/network';
import type { IdentitySource } from './wallet/wallet.js';

/** The member's identities in its crypto folder, which its own certificate authority adds to. */
export function memberIdentities(cryptoDir: string, member: string): IdentitySource {
  return {
    async read(name) {
      try {
        return readIdentity(cryptoDir, member, name);
      } catch (error) {
        if (error instanceof CryptoError) return undefined;
        throw error;
      }
    },
    enrol: (name) => enrol(cryptoDir, member, name, 'client'),
  };
}
