// SPDX-License-Identifier: Apache-2.0
export { ApiKeys, isApiKey } from './api-keys.js';
export { writeAtomically } from './atomic-file.js';
export { publicKeyOf, signEs256 } from './signing.js';
export { principalOf, Wallet, type IdentitySource, type WalletOptions } from './wallet.js';
