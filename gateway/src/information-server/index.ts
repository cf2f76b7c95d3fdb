// SPDX-License-Identifier: Apache-2.0
export * from './client/fetch.js';
export type { Resolver, ResolvedAddress } from '../outbound/resolve.js';
export * from './directory.js';
export * from './entitlement.js';
export * from './server.js';
export * from './token.js';
export * from './view.js';
