// SPDX-License-Identifier: Apache-2.0
export { ApiKeys, isApiKey } from './api-keys.js';
export { publicKeyOf, signEs256 } from './signing.js';
export { principalOf, Wallet, type IdentitySource, type WalletOptions } from './wallet.js';
