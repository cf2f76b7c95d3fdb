// SPDX-License-Identifier: Apache-2.0
export type { PeerConnection } from './connection.js';
export { connectFabric, type Deadlines } from './fabric-ledger.js';
export { nativeSigner } from './signer.js';
